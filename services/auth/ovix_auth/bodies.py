"""What goes over the wire, as reference/auth.md, A2, has it."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field, WithJsonSchema

from .settings import TEN_YEARS_S
from .tokens import IssuedToken


class TokenRequest(BaseModel):
    """The body of POST /token; the credentials come in the Authorization header."""

    backend: str = Field(description="xivo_user, xivo_service or xivo_admin")
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


class TokenBody(BaseModel):
    """A token. Times have microseconds and no offset; those of ``utc_…`` are UTC."""

    token: UUID
    auth_id: str
    xivo_user_uuid: UUID | None
    xivo_uuid: UUID
    session_uuid: UUID
    issued_at: str
    expires_at: str
    utc_issued_at: str
    utc_expires_at: str
    acls: list[str]
    acl: list[str] = Field(description="The same as acls, under the name of later versions")


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


def token_answer(token: IssuedToken) -> dict[str, Any]:
    """The body for a token."""
    return {
        "data": {
            "token": token.token,
            "auth_id": token.auth_id,
            "xivo_user_uuid": token.user_uuid,
            "xivo_uuid": token.installation_uuid,
            "session_uuid": token.session_uuid,
            "issued_at": _local(token.issued_at),
            "expires_at": _local(token.expires_at),
            "utc_issued_at": _utc(token.issued_at),
            "utc_expires_at": _utc(token.expires_at),
            "acls": token.acl,
            "acl": token.acl,
        }
    }


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def _local(moment: datetime) -> str:
    return moment.astimezone().replace(tzinfo=None).isoformat(timespec="microseconds")
