"""What auth refuses, in the words of reference/auth.md, A3, B5 and C4."""

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from ovix_web import ApiError, Problem


class InvalidExpiration(ApiError):
    """Not a whole number of seconds between 1 and ten years."""

    status = 400
    template = "Invalid expiration"


class AuthenticationFailed(ApiError):
    """Any reason a login is refused for: none is told apart."""

    status = 401
    template = "Authentication Failed"


class MissingAccess(ApiError):
    """The token is good, and grants no such scope."""

    status = 403
    template = "Unauthorized for {scope}"

    def __init__(self, scope: str) -> None:
        plain = unicodedata.normalize("NFKD", scope).encode("ascii", "ignore").decode()
        super().__init__(scope=plain)


class NoSuchToken(ApiError):
    """Unknown, expired, revoked, or not a token at all."""

    status = 404
    template = "No such token"


class WrongTenant(ApiError):
    """The token is bound to another entity than the one asked about."""

    status = 403
    template = "Unauthorized for tenant {tenant}"


class TooManySessions(ApiError):
    """The holder has as many living tokens as one may have."""

    status = 429
    template = "User {auth_id} has exceeded the maximum number of active sessions"


class TooManyFailures(ApiError):
    """The account or the address failed too often; RFC 6585, section 4."""

    status = 429
    template = "Too many failed logins, try again in {seconds} seconds"

    def headers(self) -> Mapping[str, str]:
        """When to come back."""
        return {"Retry-After": str(self.details["seconds"])}


class ObjectError(ApiError):
    """An error in the shape of the newer resources, which names its resource (B5)."""

    resource: ClassVar[str] = ""

    def problem(self) -> Problem:
        """Marked, so that `renderer` knows the shape."""
        named = self.details.get("resource") or self.resource
        return replace(super().problem(), details={**self.details, "resource": named})


class InvalidData(ObjectError):
    """A body or a list's parameters are not acceptable."""

    status = 400
    template = "{message}"

    def __init__(self, resource: str, message: str, **fields: object) -> None:
        super().__init__(resource=resource, message=message, **fields)


class UnknownUser(ObjectError):
    """No user or account of that uuid that the caller may see."""

    status = 404
    resource = "users"
    template = 'No such user: "{uuid}"'


class PasswordManagedExternally(ObjectError):
    """Somebody logs in by another back end than that of passwords kept here."""

    status = 405
    resource = "users"
    template = "The password of {uuid} is managed by {method}"


class UnknownSession(ObjectError):
    """No living session of that uuid that the caller may see."""

    status = 404
    resource = "sessions"
    template = 'No such session: "{uuid}"'


class NoSuchRefreshToken(ObjectError):
    """The holder's client has none."""

    status = 404
    resource = "tokens"
    template = 'Cannot find a refresh token of client "{client_id}"'

    @classmethod
    def error_id(cls) -> str:
        """As in reference/auth.md, C4."""
        return "cannot-find-refresh-token-matching-client-id"


class InvalidPolicy(ApiError):
    """A policy's body or access is not acceptable (in the token shape, as all of policies')."""

    status = 400
    template = "{message}"


class NoSuchPolicy(ApiError):
    """None of that uuid or slug that the caller may see."""

    status = 404
    template = "No such policy {policy}"


class PolicyExists(ApiError):
    """Name or slug are taken."""

    status = 409
    template = 'Policy "{name}" already exists'


class ReadOnlyPolicy(ApiError):
    """One that comes with Ovix."""

    status = 403
    template = 'Forbidden policy {verb}: "{uuid}"'


class AccessIsThere(ApiError):
    """The policy has it already."""

    status = 409
    template = "Policy already associated to {access}"


class Conflict(ObjectError):
    """A value that must be unlike all others is taken."""

    status = 409
    template = 'The {column} "{value}" is already used'


class UnknownTenant(ObjectError):
    """No entity of that uuid that the caller reaches."""

    status = 404
    resource = "tenants"
    template = 'No such tenant: "{uuid}"'


class UnknownGroup(ObjectError):
    """No group of that uuid that the caller may see."""

    status = 404
    resource = "groups"
    template = 'No such group: "{uuid}"'


class MissmatchingTenant(ObjectError):
    """Somebody of another tenant than what he is to be linked to; spelt as wazo does."""

    status = 400
    resource = "users"
    template = 'The user "{user_uuid}" is of another tenant'


class ManagedByConfd(ObjectError):
    """A telephony user: what is asked is done in confd."""

    status = 403
    resource = "users"
    template = 'The user "{uuid}" is a telephony user, who is changed by confd'


class UnknownEmail(ObjectError):
    """No address of that uuid that the account has."""

    status = 404
    resource = "emails"
    template = 'No such email: "{uuid}"'


class EmailAlreadyConfirmed(ObjectError):
    """There is nothing to send a link for."""

    status = 409
    resource = "emails"
    template = 'The email "{uuid}" is confirmed already'


class TooManyMails(ObjectError):
    """The account or the address brought about as many mails as one may in an hour."""

    status = 429
    resource = "emails"
    template = "Too many mails were sent, try again later"

    def headers(self) -> Mapping[str, str]:
        """When to come back, at the latest."""
        return {"Retry-After": "3600"}


class UnknownExternalAuthType(ObjectError):
    """No such external service, or not offered here."""

    status = 404
    resource = "external"
    template = 'No such external auth type: "{type}"'


class UnknownExternalAuth(ObjectError):
    """The user has no account there, or has to consent again."""

    status = 404
    resource = "external"
    template = 'No such external auth: "{type}"'


class UnknownConfig(ObjectError):
    """The external service is not configured for the entity."""

    status = 404
    resource = "external"
    template = 'No config of external auth type "{type}"'


class ExternalAuthExists(ObjectError):
    """There is one already: it is changed by PUT."""

    status = 409
    resource = "external"
    template = 'The external auth "{type}" exists already'

    @classmethod
    def error_id(cls) -> str:
        """As of every other conflict."""
        return "conflict"


class ExternalProviderFailed(ObjectError):
    """The provider is away, or does not know our client: nothing the caller can mend."""

    status = 503
    resource = "external"
    template = 'The provider of external auth "{type}" does not answer as it should, try again'


class AlreadyInitialised(ObjectError):
    """There is an administrator: further ones are made by ``/users``."""

    status = 409
    resource = "init"
    template = "There is an administrator already"
