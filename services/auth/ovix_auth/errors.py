"""What auth refuses, in the words of reference/auth.md, A3."""

import unicodedata
from collections.abc import Mapping

from ovix_web import ApiError


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


class TooManyFailures(ApiError):
    """The account or the address failed too often; RFC 6585, section 4."""

    status = 429
    template = "Too many failed logins, try again in {seconds} seconds"

    def headers(self) -> Mapping[str, str]:
        """When to come back."""
        return {"Retry-After": str(self.details["seconds"])}
