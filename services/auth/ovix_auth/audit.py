"""The audit trail: every grant, refusal and change with who, when and from where.

What accounts, policies and users' logins become is written by triggers (``audit_change``). Nothing
here takes a password, a token or a hash.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from ovix_schema import AuditRecord
from ovix_web import Identity, Operation
from ovix_web.work import Work
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

ADDRESS_MAX, LOGIN_MAX, USER_AGENT_MAX = 45, 254, 255


class Action(StrEnum):
    """What happened; triggers add ``<thing>_created``, ``_updated`` and ``_deleted``."""

    GRANTED = "token_granted"
    REVOKED = "token_revoked"
    LOGIN_REFUSED = "login_refused"
    LOGIN_BLOCKED = "login_blocked"
    LOGIN_HELD_BACK = "login_held_back"
    BLOCK_RELEASED = "block_released"
    PASSWORD_REFUSED = "password_refused"  # noqa: S105 - the name of an action
    PASSWORD_EXPIRED = "password_expired"  # noqa: S105
    PASSWORD_RESET_ASKED = "password_reset_asked"  # noqa: S105
    PASSWORD_RESET = "password_reset"  # noqa: S105
    EMAILS_UPDATED = "emails_updated"
    EMAIL_CONFIRMATION_ASKED = "email_confirmation_asked"
    EMAIL_CONFIRMED = "email_confirmed"
    EXTERNAL_CONFIG = "external_config_changed"
    EXTERNAL_ACCOUNT = "external_account_changed"


def row(
    action: Action,
    *,
    cause: str | None = None,
    backend: str | None = None,
    login: str | None = None,
    auth_id: str | None = None,
    by_auth_id: str | None = None,
    address: str | None = None,
    user_agent: str | None = None,
    entity_id: int | None = None,
    repeats: int = 1,
    details: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The columns of a record, of texts that anybody may have sent."""
    return {
        "action": action,
        "cause": cause,
        "backend": _kept(backend, 64),
        "login": _kept(login, LOGIN_MAX),
        "auth_id": auth_id,
        "by_auth_id": by_auth_id,
        "address": _kept(address, ADDRESS_MAX),
        "user_agent": _kept(user_agent, USER_AGENT_MAX),
        "entity_id": entity_id,
        "repeats": repeats,
        "details": details or {},
    }


async def record(session: AsyncSession, action: Action, **columns: Any) -> None:
    """Write one record (see `row`), within the transaction that it tells of."""
    await session.execute(insert(AuditRecord).values(**row(action, **columns)))


async def act_as(session: AsyncSession, identity: Identity, address: str) -> None:
    """Tell the triggers who makes the changes of this transaction."""
    await session.execute(
        select(
            func.set_config("ovix.auth_id", identity.auth_id, True),
            func.set_config("ovix.address", address[:ADDRESS_MAX], True),
        )
    )


def audited(operation: Operation) -> Operation:
    """The operation, which tells the triggers who makes its changes if it makes any."""
    if operation.method in ("GET", "HEAD"):
        return operation

    async def does(work: Work) -> object:
        if work.identity is not None:
            await act_as(work.session, work.identity, work.request.scope["ovix.client"])
        return await operation.does(work)

    return replace(operation, does=does)


def _kept(text: str | None, longest: int) -> str | None:
    """What PostgreSQL can store of a text that anybody may have sent."""
    if text is None:
        return None
    return text[:longest].replace("\x00", "�").encode("utf-8", "replace").decode()
