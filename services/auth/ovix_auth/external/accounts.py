"""People's accounts at external services, as they are stored and told of."""

from typing import Any
from uuid import UUID

from ovix_bus import Event
from ovix_bus.catalogue import auth as events
from ovix_schema import Account, ExternalAccount, User
from ovix_web.bodies import Schema
from ovix_web.work import Work
from pydantic import Field
from sqlalchemy import ARRAY, ColumnElement, Row, String, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from .. import audit
from ..audit import Action
from ..errors import UnknownExternalAuth
from ..everybody import Somebody, user_in_path
from ..listing import listed
from ..settings import AuthSettings
from .configs import TYPES, type_in_path


class ExternalRead(Schema):
    """An external service, and whether the user has an account there; never what reaches it."""

    type: str
    enabled: bool = Field(description="Whether the user has an account there")
    data: dict[str, Any] = Field(description="Of google and microsoft: the scope consented to")
    plugin_info: dict[str, Any]


class ConnectedUser(Schema):
    """A user who has an account at the service."""

    uuid: UUID


def holder_of(somebody: Somebody) -> dict[str, Any]:
    """Whose a row is: the account's, or the telephony user's."""
    if somebody.is_account:
        return {"account_id": somebody.account_id, "user_uuid": None}
    return {"account_id": None, "user_uuid": somebody.uuid}


def of(somebody: Somebody, service: str) -> tuple[ColumnElement[bool], ...]:
    """The condition on `ExternalAccount` that is somebody's at a service."""
    return (
        *(getattr(ExternalAccount, key) == value for key, value in holder_of(somebody).items()
          if value is not None),
        ExternalAccount.type == service,
    )  # fmt: skip


async def stored(
    session: AsyncSession, somebody: Somebody, service: str, *, lock: bool = False
) -> ExternalAccount | None:
    """Somebody's account at the service."""
    wanted = select(ExternalAccount).where(*of(somebody, service))
    return (await session.scalars(wanted.with_for_update() if lock else wanted)).one_or_none()


def safe(service: str, enabled: bool, scope: list[str] | None) -> dict[str, Any]:
    """What everybody with the right to lists may see."""
    data = {"scope": scope} if enabled and service != "mobile" else {}
    return {"type": service, "enabled": enabled, "data": data, "plugin_info": {}}


async def told(
    session: AsyncSession, whose: Row[Any], service: str, done: str, *, by: str | None, client: str
) -> Event:
    """The event of a link that was made, changed or ended, which is put into the audit trail.

    ``whose`` has the ``uuid`` and ``entity_id`` of the holder.
    """
    await audit.record(
        session,
        Action.EXTERNAL_ACCOUNT,
        auth_id=str(whose.uuid),
        by_auth_id=by,
        address=client,
        entity_id=whose.entity_id,
        details={"type": service, "done": done},
    )
    kind = {
        "added": events.auth_user_external_auth_added,
        "updated": events.auth_user_external_auth_updated,
        "deleted": events.auth_user_external_auth_deleted,
    }[done]
    return kind(user_uuid=whose.uuid, external_auth_name=service)


async def announce(work: Work, somebody: Somebody, service: str, done: str) -> None:
    """The same of what a caller did, and have it published."""
    by = work.identity.auth_id if work.identity else None
    client = work.request.scope["ovix.client"]
    work.announce(await told(work.session, somebody.row, service, done, by=by, client=client))


async def delete_account(work: Work) -> None:
    """Forget somebody's account at a service, whichever it is."""
    service = type_in_path(work)
    somebody = await user_in_path(work)
    found = await stored(work.session, somebody, service, lock=True)
    if found is None:
        raise UnknownExternalAuth(type=service)
    await work.session.delete(found)
    await announce(work, somebody, service, "deleted")


async def list_external(work: Work) -> Any:
    """All services that are offered, and which of them somebody has."""
    settings: AuthSettings = work.request.app.state.settings
    somebody = await user_in_path(work)
    offered = [each for each in TYPES if each in settings.external_auth_types]
    types = func.unnest(cast(offered, ARRAY(String))).table_valued("type").render_derived("types")
    rows = select(types.c.type, ExternalAccount.uuid, ExternalAccount.scope).select_from(
        types.outerjoin(
            ExternalAccount,
            (ExternalAccount.type == types.c.type) & _whose(somebody),
        )
    )

    def shown(row: Row[Any]) -> dict[str, Any]:
        return safe(row.type, row.uuid is not None, row.scope)

    return await listed(
        work, "external", rows, {"type": types.c.type}, searched=("type",), shown=shown
    )


def _whose(somebody: Somebody) -> ColumnElement[bool]:
    if somebody.is_account:
        return ExternalAccount.account_id == somebody.account_id
    return ExternalAccount.user_uuid == somebody.uuid


async def list_connected(work: Work) -> Any:
    """Who has an account at the service, of those the caller sees."""
    service = type_in_path(work)
    uuid = func.coalesce(Account.uuid, User.uuid).label("uuid")
    rows = (
        select(uuid)
        .select_from(ExternalAccount)
        .outerjoin(Account, Account.id == ExternalAccount.account_id)
        .outerjoin(User, User.uuid == ExternalAccount.user_uuid)
        .where(ExternalAccount.type == service)
        .where(*work.owned(func.coalesce(Account.entity_id, User.entity_id)))
    )
    columns: dict[str, ColumnElement[Any]] = {"uuid": func.coalesce(Account.uuid, User.uuid)}
    return await listed(
        work, "external", rows, columns, searched=("uuid",), shown=lambda row: {"uuid": row.uuid}
    )
