"""What goes over the wire, as reference/auth.md, A2, has it."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from ovix_web.bodies import text
from ovix_web.operations import UUID as UUID_PATTERN
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from .settings import TEN_YEARS_S
from .tokens import IssuedToken

LDAP_USER = "ldap_user"
ClientId = Annotated[str, text(max_length=1024, min_length=1)]
Uuid = Annotated[str, Field(pattern=f"^{UUID_PATTERN}$")]


class TokenRequest(BaseModel):
    """The body of POST /token; the credentials come in the Authorization header."""

    model_config = ConfigDict(extra="allow")  # a back end may ask for more

    backend: str | None = Field(
        None,
        description="One of GET /backends; needed unless a refresh_token, a saml_session_id,"
        " a domain_name or a tenant_id is given",
    )
    expiration: Annotated[
        Any,
        WithJsonSchema(
            {
                "anyOf": [
                    {"type": "integer", "minimum": 1, "maximum": TEN_YEARS_S},
                    {"type": "null"},
                ],
                "description": "Seconds the token lives; 7200 when absent",
            }
        ),
    ] = None
    access_type: Literal["online", "offline"] = Field(
        "online", description="offline: give a refresh_token too; needs a client_id"
    )
    client_id: ClientId | None = Field(None, description="Which program asks, by its own word")
    refresh_token: Uuid | None = Field(
        None, description="Instead of a password, with the client_id that it was given to"
    )
    saml_session_id: Annotated[str, text(max_length=1024, min_length=1)] | None = Field(
        None, description="Instead of a password, after a login begun by /saml/sso; works once"
    )

    domain_name: Annotated[str, text(max_length=253, min_length=1)] | None = Field(
        None, description="Of the tenant whose directory proves the password"
    )
    tenant_id: Uuid | None = Field(None, description="The tenant's uuid instead of its domain")

    @property
    def tenant_named(self) -> dict[str, str]:
        """What names the tenant."""
        named = {"domain_name": self.domain_name, "tenant_id": self.tenant_id}
        return {name: value for name, value in named.items() if value is not None}

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.saml_session_id is not None:
            if self.refresh_token is not None:
                raise ValueError("a refresh_token can't be used with a saml_session_id")
            self.backend = "saml"  # whatever is named: the session says how it was proven
        if self.refresh_token is None:
            if len(self.tenant_named) > 1:
                raise ValueError("domain_name and tenant_id exclude each other")
            if self.tenant_named and self.backend in (None, "wazo_user"):
                self.backend = LDAP_USER  # later versions heed no backend
            if self.backend is None:
                raise ValueError("backend is required")
            if self.access_type == "offline" and self.client_id is None:
                raise ValueError("access_type offline needs a client_id")
        else:
            if self.access_type == "offline":
                raise ValueError("a refresh_token can't be used with access_type offline")
            if self.client_id is None:
                raise ValueError("a refresh_token needs its client_id")
        return self


class Metadata(BaseModel):
    """Who holds a token, under the names of later versions."""

    uuid: str
    auth_id: str
    tenant_uuid: UUID | None = Field(description="The entity's uuid; null when of none")
    pbx_user_uuid: UUID | None
    xivo_uuid: UUID
    purpose: Literal["user", "internal", "external_api"]
    admin: bool


class TokenBody(BaseModel):
    """A token. Times have microseconds and no offset; those of ``utc_…`` are UTC."""

    token: UUID
    auth_id: str
    xivo_user_uuid: UUID | None
    pbx_user_uuid: UUID | None = Field(description="The same as xivo_user_uuid")
    xivo_uuid: UUID
    session_uuid: UUID
    issued_at: str
    expires_at: str
    utc_issued_at: str
    utc_expires_at: str
    acls: list[str]
    acl: list[str] = Field(description="The same as acls, under the name of later versions")
    metadata: Metadata
    remote_addr: str | None = Field(description="Where the token was asked for from")
    user_agent: str | None
    refresh_token: UUID | None = Field(None, description="Only in the answer to an offline login")


class TokenAnswer(BaseModel):
    """A token, wrapped as every answer of 0.1."""

    data: TokenBody


class BackendsAnswer(BaseModel):
    """The names POST /token takes as backend."""

    data: list[str]


class Message(BaseModel):
    """A text."""

    message: str


class MessageAnswer(BaseModel):
    """A text, wrapped."""

    data: Message


class TokenError(BaseModel):
    """Every error of auth."""

    reason: list[str]
    timestamp: list[float]
    status_code: int


class ScopesToCheck(BaseModel):
    """The scopes that shall be checked at once."""

    scopes: list[Annotated[str, text(max_length=1024)]] = Field(max_length=1000)
    tenant_uuid: Uuid | None = None


class CheckedScopes(BaseModel):
    """Each scope, and whether the token grants it."""

    scopes: dict[str, bool]


_PURPOSES = {"service": "external_api", "internal": "internal"}


def token_answer(token: IssuedToken, refresh_token: str | None = None) -> dict[str, Any]:
    """The body for a token."""
    data = {
        "token": token.token,
        "auth_id": token.auth_id,
        "xivo_user_uuid": token.user_uuid,
        "pbx_user_uuid": token.user_uuid,
        "xivo_uuid": token.installation_uuid,
        "session_uuid": token.session_uuid,
        "issued_at": _local(token.issued_at),
        "expires_at": _local(token.expires_at),
        "utc_issued_at": _utc(token.issued_at),
        "utc_expires_at": _utc(token.expires_at),
        "acls": token.acl,
        "acl": token.acl,
        "metadata": {
            "uuid": token.auth_id,
            "auth_id": token.auth_id,
            "tenant_uuid": token.tenant_uuid,
            "pbx_user_uuid": token.user_uuid,
            "xivo_uuid": token.installation_uuid,
            "purpose": _PURPOSES.get(token.kind or "", "user"),
            "admin": token.kind == "admin",
        },
        "remote_addr": token.remote_addr,
        "user_agent": token.user_agent,
    }
    if refresh_token is not None:
        data["refresh_token"] = refresh_token
    return {"data": data}


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def _local(moment: datetime) -> str:
    return moment.astimezone().replace(tzinfo=None).isoformat(timespec="microseconds")
