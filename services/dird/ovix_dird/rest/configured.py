"""What sources, displays and profiles have in common: who sees which, and when changes apply."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

from ovix_schema import DirectoryDisplay, DirectoryProfile, DirectorySource, LdapServer
from ovix_web import ApiError, Work
from sqlalchemy import ColumnElement, event, or_, select

from ..engine.live import LiveConfiguration
from .listing import listing_of

Row = TypeVar("Row", DirectorySource, DirectoryDisplay, DirectoryProfile, LdapServer)
_USERINFO = re.compile(r"(?<=://)[^/?#@\s]*@")
_SECRET = re.compile(r"password|passwd|secret|token|key_file", re.IGNORECASE)


class Conflict(ApiError):
    """Names are unique in an entity."""

    status = 409
    template = 'The name "{name}" is already used'


class Unknown(ApiError):
    """None of this uuid; ``resource`` says of what kind."""

    status = 404
    template = 'No such {resource}: "{uuid}"'

    def problem(self) -> Any:
        """``unknown-source`` and so on."""
        return replace(super().problem(), error_id=f"unknown-{self.details['resource']}")


def live(work: Work) -> LiveConfiguration:
    """The configuration in force."""
    found: LiveConfiguration = work.request.app.state.live
    return found


def applies_on_commit(work: Work) -> None:
    """Have the next request see what this one changes."""
    configuration = live(work)
    event.listen(
        work.session.sync_session, "after_commit", lambda _: configuration.changed(), once=True
    )


def seen(work: Work, model: type[Row]) -> list[ColumnElement[bool]]:
    """The condition of the rows that the token's entity sees: its own, and those of all."""
    if work.entity_id is None:
        return []
    return [or_(model.entity_id == work.entity_id, model.entity_id.is_(None))]


async def rows(work: Work, model: type[Row], *conditions: ColumnElement[bool]) -> Sequence[Row]:
    """The rows that are seen, by name."""
    statement = select(model).where(*seen(work, model), *conditions).order_by(model.name)
    return (await work.session.scalars(statement)).all()


async def this_one(
    work: Work, model: type[Row], resource: str, *conditions: ColumnElement[bool]
) -> Row:
    """The row whose uuid is in the path; raises `Unknown`."""
    uuid: UUID = work.path["uuid"]
    found = await rows(work, model, model.uuid == uuid, *conditions)
    if not found:
        raise Unknown(resource=resource, uuid=str(uuid))
    return found[0]


async def to_change(
    work: Work, model: type[Row], resource: str, *conditions: ColumnElement[bool]
) -> Row:
    """The same, of one that the token may change: 401 for what belongs to all entities."""
    found = await this_one(work, model, resource, *conditions)
    work.must_reach(found.entity_id)
    applies_on_commit(work)
    return found


async def must_be_free(work: Work, model: type[Row], name: str, but: Row | None = None) -> None:
    """Raises `Conflict` where another row of the entity has the name."""
    entity_id = work.entity_id if but is None else but.entity_id
    of_entity = model.entity_id.is_not_distinct_from(entity_id)
    taken = select(model.uuid).where(of_entity, model.name == name)
    if but is not None:
        taken = taken.where(model.uuid != but.uuid)
    if await work.session.scalar(taken.limit(1)) is not None:
        raise Conflict(name=name)


def page(work: Work, items: list[dict[str, Any]]) -> dict[str, Any]:
    """The list as it was asked for; ``search`` looks at names, other parameters are filters."""
    asked = listing_of(work.query)
    found = [each for each in items if asked.search.lower() in str(each.get("name", "")).lower()]
    for name in ("name", "backend", "uuid"):
        if name in work.query:
            found = [each for each in found if str(each.get(name)) == work.query[name]]
    return {"total": len(items), "filtered": len(found), "items": asked.sorted(found)}


def without_secrets(value: Any) -> Any:
    """The value with null for every password in it, and URLs without theirs."""
    if isinstance(value, str):
        return _USERINFO.sub("", value)
    if isinstance(value, dict):
        return {
            key: None if _SECRET.search(str(key)) else without_secrets(each)
            for key, each in value.items()
        }
    return [without_secrets(each) for each in value] if isinstance(value, list) else value
