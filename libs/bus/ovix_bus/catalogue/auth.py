"""Sessions, refresh tokens, tenants, accounts at external services (reference/auth.md, C10).

``auth_session_deleted`` and ``auth_refresh_token_deleted`` are written by triggers of the database,
where tokens die with the accounts and users that hold them; a test compares the two forms.
"""

from hashlib import sha256
from typing import Any
from uuid import UUID

from pydantic import Field

from ..event import EventData, EventType
from ..topic import escaped

CLIENT_MAX_BYTES = 128
"""A longer client id would not fit into a routing key; its hash stands there instead."""


class SessionEnd(EventData):
    """A session, whose it is, and of which entity; ``tenant_uuid`` null: of none."""

    uuid: UUID
    user_uuid: str = Field(description="Who holds the token: its auth_id.")
    tenant_uuid: UUID | None = Field(description="The entity's uuid.")


class Session(SessionEnd):
    """The same, and whether a telephone's application holds it."""

    mobile: bool


class RefreshToken(EventData):
    """A refresh token by its client."""

    client_id: str
    mobile: bool
    user_uuid: str = Field(description="Who holds it: the auth_id of its tokens.")
    tenant_uuid: UUID | None = Field(description="The entity's uuid.")
    client: str = Field("", exclude=True)

    def model_post_init(self, context: Any, /) -> None:
        """The routing key's word for the client."""
        word = self.client_id
        if len(escaped(word).encode()) > CLIENT_MAX_BYTES:
            word = sha256(word.encode()).hexdigest()
        object.__setattr__(self, "client", word)


class TenantEnd(EventData):
    """A tenant: what confd calls an entity."""

    uuid: UUID


class TenantName(TenantEnd):
    """The same, and what it is called."""

    name: str


class Tenant(TenantName):
    """The same, and what it is known by."""

    slug: str = Field(description="The entity's name.")
    domain_names: list[str]


class ExternalAuth(EventData):
    """Whose account at which service; never what reaches it."""

    user_uuid: UUID
    external_auth_name: str = Field(description="google, microsoft or mobile.")


auth_session_created = EventType(
    name="auth_session_created",
    routing_key="auth.sessions.{uuid}.created",
    data=Session,
    summary="A token was issued.",
)
auth_session_deleted = EventType(
    name="auth_session_deleted",
    routing_key="auth.sessions.{uuid}.deleted",
    data=SessionEnd,
    summary="A token was revoked, with or without its holder's password or account, or expired.",
)
auth_session_expire_soon = EventType(
    name="auth_session_expire_soon",
    routing_key="auth.users.{user_uuid}.sessions.{uuid}.expire_soon",
    data=SessionEnd,
    summary="A token is near its end: get another one.",
)
auth_refresh_token_created = EventType(
    name="auth_refresh_token_created",
    routing_key="auth.users.{user_uuid}.tokens.{client}.created",
    data=RefreshToken,
    summary="A client got a refresh token.",
)
auth_refresh_token_deleted = EventType(
    name="auth_refresh_token_deleted",
    routing_key="auth.users.{user_uuid}.tokens.{client}.deleted",
    data=RefreshToken,
    summary="A refresh token was revoked, and the tokens it gave with it.",
)
auth_tenant_added = EventType(
    name="auth_tenant_added",
    routing_key="auth.tenants.{uuid}.created",
    data=Tenant,
    summary="An entity was created, here or in confd.",
)
auth_tenant_updated = EventType(
    name="auth_tenant_updated",
    routing_key="auth.tenants.{uuid}.updated",
    data=TenantName,
    summary="A tenant was changed, or put below another one.",
)
auth_tenant_deleted = EventType(
    name="auth_tenant_deleted",
    routing_key="auth.tenants.{uuid}.deleted",
    data=TenantEnd,
    summary="An entity was deleted, here or in confd.",
)
auth_user_external_auth_added = EventType(
    name="auth_user_external_auth_added",
    routing_key="auth.users.{user_uuid}.external.{external_auth_name}.created",
    data=ExternalAuth,
    summary="A user linked an account at an external service.",
)
auth_user_external_auth_authorized = EventType(
    name="auth_user_external_auth_authorized",
    routing_key="auth.users.{user_uuid}.external.{external_auth_name}.authorized",
    data=ExternalAuth,
    summary="A user consented at the provider: there is an access token now.",
)
auth_user_external_auth_updated = EventType(
    name="auth_user_external_auth_updated",
    routing_key="auth.users.{user_uuid}.external.{external_auth_name}.updated",
    data=ExternalAuth,
    summary="The account, or what it grants, is another one.",
)
auth_user_external_auth_deleted = EventType(
    name="auth_user_external_auth_deleted",
    routing_key="auth.users.{user_uuid}.external.{external_auth_name}.deleted",
    data=ExternalAuth,
    summary="A user's account at an external service is linked no more.",
)
