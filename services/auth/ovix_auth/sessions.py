"""Sessions and refresh tokens, listed and revoked (reference/auth.md, C3).

A session is a token, named by a uuid that is no secret. What a caller of one entity sees is that
entity's.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from ovix_schema import RefreshToken, Token
from ovix_web import Operation
from ovix_web.bodies import Schema
from ovix_web.work import Work
from pydantic import Field
from sqlalchemy import ColumnElement, Row, Select, delete, func, select

from . import audit
from .audit import Action
from .entities import in_reach
from .errors import NoSuchRefreshToken, UnknownSession
from .listing import QUERY, list_answer, listed, uuid_of_tenant


class SessionRead(Schema):
    """A token that has not expired, without the token."""

    uuid: UUID
    user_uuid: str = Field(description="Who holds it: its auth_id")
    tenant_uuid: UUID | None
    mobile: bool
    remote_addr: str | None
    user_agent: str | None
    created_at: datetime
    expires_at: datetime


class RefreshTokenRead(Schema):
    """A refresh token, without the token."""

    client_id: str
    user_uuid: str
    tenant_uuid: UUID | None
    mobile: bool
    created_at: datetime
    metadata: dict[str, str | None] = Field(description="remote_addr and user_agent of the login")


_SESSION_COLUMNS: dict[str, ColumnElement[Any]] = {
    "created_at": Token.issued_at.expression,
    "expires_at": Token.expires_at.expression,
    "uuid": Token.session_uuid.expression,
    "user_uuid": Token.auth_id.expression,
    "mobile": Token.mobile.expression,
    "remote_addr": Token.remote_addr.expression,
    "user_agent": Token.user_agent.expression,
}
_REFRESH_COLUMNS: dict[str, ColumnElement[Any]] = {
    "created_at": RefreshToken.created_at.expression,
    "client_id": RefreshToken.client_id.expression,
    "user_uuid": RefreshToken.auth_id.expression,
    "mobile": RefreshToken.mobile.expression,
}


def holder_in_path(work: Work) -> str:
    """The auth_id that the path names; ``me`` is the caller."""
    named = str(work.path["user"])
    assert work.identity is not None, "every such path asks for a token"
    return work.identity.auth_id if named == "me" else named.lower()


def _sessions(work: Work, *conditions: ColumnElement[bool]) -> Select[Any]:
    return (
        select(
            Token.session_uuid,
            Token.auth_id,
            uuid_of_tenant(Token.entity_id.expression),
            Token.mobile,
            Token.remote_addr,
            Token.user_agent,
            Token.issued_at,
            Token.expires_at,
        )
        .where(Token.expires_at > func.now(), *conditions)
        .where(*in_reach(work, Token.entity_id))
    )


def _shown_session(row: Row[Any]) -> dict[str, Any]:
    return {
        "uuid": row.session_uuid,
        "user_uuid": row.auth_id,
        "tenant_uuid": row.tenant_uuid,
        "mobile": row.mobile,
        "remote_addr": row.remote_addr,
        "user_agent": row.user_agent,
        "created_at": row.issued_at,
        "expires_at": row.expires_at,
    }


async def _list_sessions(work: Work, *conditions: ColumnElement[bool]) -> object:
    return await listed(
        work,
        "sessions",
        _sessions(work, *conditions),
        _SESSION_COLUMNS,
        searched=("uuid", "user_uuid", "remote_addr", "user_agent"),
        shown=_shown_session,
    )


async def list_sessions(work: Work) -> object:
    """Everybody's."""
    return await _list_sessions(work)


async def list_user_sessions(work: Work) -> object:
    """One holder's."""
    return await _list_sessions(work, Token.auth_id == holder_in_path(work))


async def _revoke(work: Work, *conditions: ColumnElement[bool]) -> None:
    revoked = await work.session.execute(
        delete(Token)
        .where(Token.session_uuid == work.path["session"], *conditions)
        .where(*in_reach(work, Token.entity_id))
        .returning(Token.token_hash, Token.auth_id, Token.entity_id)
        .execution_options(synchronize_session=False)
    )
    gone = revoked.one_or_none()
    if gone is None:
        raise UnknownSession(uuid=work.path["session"])
    await audit.record(
        work.session,
        Action.REVOKED,
        auth_id=gone.auth_id,
        by_auth_id=work.identity.auth_id if work.identity else None,
        address=work.request.scope["ovix.client"],
        entity_id=gone.entity_id,
        details={"session_uuid": str(work.path["session"])},
    )
    work.request.app.state.guard.forget(gone.token_hash)


async def revoke_session(work: Work) -> None:
    """Anybody's."""
    await _revoke(work)


async def revoke_user_session(work: Work) -> None:
    """One holder's."""
    await _revoke(work, Token.auth_id == holder_in_path(work))


def _shown_refresh_token(row: Row[Any]) -> dict[str, Any]:
    return {
        "client_id": row.client_id,
        "user_uuid": row.auth_id,
        "tenant_uuid": row.tenant_uuid,
        "mobile": row.mobile,
        "created_at": row.created_at,
        "metadata": {"remote_addr": row.remote_addr, "user_agent": row.user_agent},
    }


async def _list_refresh_tokens(work: Work, *conditions: ColumnElement[bool]) -> object:
    rows = (
        select(
            RefreshToken.client_id,
            RefreshToken.auth_id,
            uuid_of_tenant(RefreshToken.entity_id.expression),
            RefreshToken.mobile,
            RefreshToken.created_at,
            RefreshToken.remote_addr,
            RefreshToken.user_agent,
        )
        .where(*conditions)
        .where(*in_reach(work, RefreshToken.entity_id))
    )
    return await listed(
        work,
        "tokens",
        rows,
        _REFRESH_COLUMNS,
        searched=("client_id", "user_uuid"),
        shown=_shown_refresh_token,
    )


async def list_refresh_tokens(work: Work) -> object:
    """Everybody's."""
    return await _list_refresh_tokens(work)


async def list_user_refresh_tokens(work: Work) -> object:
    """One holder's."""
    return await _list_refresh_tokens(work, RefreshToken.auth_id == holder_in_path(work))


async def revoke_refresh_token(work: Work) -> None:
    """A client's; the sessions it gave end with it."""
    client_id = str(work.path["client_id"])
    revoked = await work.session.execute(
        delete(RefreshToken)
        .where(
            RefreshToken.auth_id == holder_in_path(work),
            func.md5(RefreshToken.client_id) == func.md5(client_id),
            RefreshToken.client_id == client_id,
        )
        .where(*in_reach(work, RefreshToken.entity_id))
        .returning(RefreshToken.id)
        .execution_options(synchronize_session=False)
    )
    if revoked.scalar_one_or_none() is None:
        raise NoSuchRefreshToken(client_id=client_id)


_Sessions, _RefreshTokens = list_answer(SessionRead), list_answer(RefreshTokenRead)
_USER = "/users/{user:uuid_or_me}"

OPERATIONS = (
    Operation(
        "GET", "/sessions", "list_sessions", list_sessions, ("auth.sessions.read",),
        answer=_Sessions, query=QUERY, summary="Who is logged in, from where, until when",
    ),
    Operation(
        "DELETE", "/sessions/{session:uuid}", "revoke_session", revoke_session,
        ("auth.sessions.{session}.delete",), status=204,
        summary="End a session: its token is refused by every service within a second",
    ),
    Operation(
        "GET", f"{_USER}/sessions", "list_user_sessions", list_user_sessions,
        ("auth.users.{user}.sessions.read",), answer=_Sessions, query=QUERY,
        summary="The sessions of one holder; me is the caller",
    ),
    Operation(
        "DELETE", f"{_USER}/sessions/{{session:uuid}}", "revoke_user_session",
        revoke_user_session, ("auth.users.{user}.sessions.{session}.delete",), status=204,
        summary="End a session of one holder",
    ),
    Operation(
        "GET", "/tokens", "list_refresh_tokens", list_refresh_tokens, ("auth.tokens.read",),
        answer=_RefreshTokens, query=QUERY, summary="The refresh tokens of everybody",
    ),
    Operation(
        "GET", f"{_USER}/tokens", "list_user_refresh_tokens", list_user_refresh_tokens,
        ("auth.users.{user}.tokens.read",), answer=_RefreshTokens, query=QUERY,
        summary="The refresh tokens of one holder",
    ),
    Operation(
        "DELETE", f"{_USER}/tokens/{{client_id}}", "revoke_refresh_token", revoke_refresh_token,
        ("auth.users.{user}.tokens.{client_id}.delete",), status=204,
        summary="Revoke a client's refresh token, and the sessions it gave",
    ),
)  # fmt: skip
"""What is routed."""
