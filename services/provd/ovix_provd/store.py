"""Documents in PostgreSQL: devices, configs, and the registrars among these."""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import orjson
from ovix_schema import (
    Device,
    Line,
    ProvdConfig,
    ProvdReconfiguration,
    Registrar,
)
from sqlalchemy import (
    ColumnElement,
    Text,
    and_,
    any_,
    cast,
    func,
    literal,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession

from . import registrars
from .finding import Query
from .selectors import Document, Selector

PLUGINS_CHANNEL = "ovix_provd_plugins"
"""Notified when there is something to load, or a device to write files of."""
ROWS_AT_ONCE = 200
CONFIG_WRITE_LOCK = 0x0F1C8
"""Whoever writes a config has it alone; who writes a device shares it with others who do."""

_CONFIGS = union_all(
    select(ProvdConfig.id, ProvdConfig.document),
    select(Registrar.id, registrars.shown_as_document().label("document")),
).subquery("configs")
_DEVICES = select(Device.id, Device.document).subquery("devices")


async def lock_configs(session: AsyncSession, *, shared: bool = False) -> None:
    """Wait for whoever writes configs; held until the transaction ends."""
    name = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    await session.execute(text(f"SELECT {name}({CONFIG_WRITE_LOCK})"))


async def found(session: AsyncSession, source: Any, query: Query) -> list[Any]:
    """The documents of a find; as JSON text, untouched, where nothing of them is looked at."""
    statement = select(cast(source.c.document, Text)).order_by(source.c.id)
    if query.is_plain:
        statement = statement.offset(query.skip).limit(query.limit or None)
        rows = await session.scalars(statement)
        return [orjson.Fragment(row) for row in rows]
    rows = await session.scalars(statement.where(_may_match(source, query.selector)))
    return query.shown(orjson.loads(row) for row in rows)


def _may_match(source: Any, selector: Selector) -> ColumnElement[bool]:
    """What the database can tell of a selector, by its indexes."""
    conditions = [
        or_(*(source.c.document.op("@>")(literal(part, JSONB)) for part in parts))
        for parts in (each.contained() for each in selector.conditions)
        if parts
    ]
    return and_(*conditions) if conditions else text("true")  # type: ignore[return-value]


async def found_devices(session: AsyncSession, query: Query) -> list[Any]:
    """Devices."""
    return await found(session, _DEVICES, query)


async def device_ids(session: AsyncSession, selector: Selector) -> AsyncIterator[str]:
    """Ids of the devices that a selector finds; other requests get their turn meanwhile."""
    statement = select(_DEVICES.c.id, _DEVICES.c.document).order_by(_DEVICES.c.id)
    if selector.conditions:
        statement = statement.where(_may_match(_DEVICES, selector))
    rows = await session.stream(statement, execution_options={"yield_per": ROWS_AT_ONCE})
    async for device_id, document in rows:
        if selector.matches(document):
            yield device_id


async def found_configs(session: AsyncSession, query: Query) -> list[Any]:
    """Configs, registrars among them."""
    return await found(session, _CONFIGS, query)


async def device(session: AsyncSession, device_id: str, *, locked: bool = False) -> Device | None:
    """One device."""
    if "\0" in device_id:
        return None
    statement = select(Device).where(Device.id == device_id)
    return await session.scalar(statement.with_for_update() if locked else statement)


async def devices_using(
    session: AsyncSession, config_ids: Iterable[str], most: int
) -> Sequence[Device]:
    """Devices whose config is one of these, the first ones, locked in one order for all."""
    statement = select(Device).where(Device.config == any_(_texts(config_ids)))
    statement = statement.order_by(Device.id).limit(most).with_for_update()
    return (await session.scalars(statement)).all()


async def mark_devices_using(session: AsyncSession, config_ids: Iterable[str]) -> list[str]:
    """Have the devices whose config is one of these written anew later; their ids."""
    return await _mark(session, Device.config == any_(_texts(config_ids)))


async def mark_devices(session: AsyncSession, ids: Iterable[str]) -> list[str]:
    """Have these devices written anew later; the ids of those that are there."""
    return await _mark(session, Device.id == any_(_texts(ids)))


async def _mark(session: AsyncSession, condition: ColumnElement[bool]) -> list[str]:
    which = select(Device.id).where(condition).order_by(Device.id)
    marked = insert(ProvdReconfiguration).from_select(["device_id"], which)
    await session.execute(marked.on_conflict_do_nothing())
    await session.execute(select(func.pg_notify(PLUGINS_CHANNEL, "")))
    return list(await session.scalars(which))


def _texts(values: Iterable[str]) -> ColumnElement[Sequence[str]]:
    """An array of them; no row has one with a NUL."""
    return literal([each for each in values if "\0" not in each], ARRAY(Text))


async def is_used(session: AsyncSession, config_id: str) -> bool:
    """Whether some device has the config."""
    statement = select(Device.id).where(Device.config == config_id).limit(1)
    return await session.scalar(statement) is not None


async def config(session: AsyncSession, config_id: str) -> Document | None:
    """One config's document."""
    return (await configs(session, [config_id])).get(config_id)


async def configs(session: AsyncSession, ids: Iterable[str]) -> dict[str, Document]:
    """Documents of configs by id; those that are not there are left out."""
    wanted = [each for each in ids if "\0" not in each]
    rows = await session.execute(select(_CONFIGS).where(_CONFIGS.c.id.in_(wanted)))
    return {row.id: row.document for row in rows}


async def ancestry(session: AsyncSession, config_ids: Iterable[str]) -> dict[str, Document]:
    """The configs and all they descend from, one statement for each generation."""
    known: dict[str, Document] = {}
    asked: set[str] = set()
    wanted = set(config_ids)
    while wanted:
        asked |= wanted
        generation = await configs(session, wanted)
        known |= generation
        wanted = {p for each in generation.values() for p in each["parent_ids"]} - asked
    return known


async def descendants(session: AsyncSession, config_id: str) -> set[str]:
    """The config's id and those of all that descend from it."""
    children = text(
        "WITH RECURSIVE line (id) AS (SELECT CAST(:id AS text) UNION"
        " SELECT CAST(child.id AS text) FROM line JOIN provd_configs AS child"
        " ON child.document @> jsonb_build_object('parent_ids', jsonb_build_array(line.id)))"
        " SELECT id FROM line"
    )
    return set(await session.scalars(children, {"id": config_id}))


async def autocreate_config(session: AsyncSession) -> Document | None:
    """The config that new devices' ones descend from; at most one should have the role."""
    statement = select(ProvdConfig.document).where(ProvdConfig.role == "autocreate")
    return await session.scalar(statement.order_by(ProvdConfig.id).limit(1))


async def is_registrar_of_a_line(session: AsyncSession, config_id: str) -> bool:
    """Whether lines register there."""
    statement = select(Line.id).where(Line.registrar == config_id).limit(1)
    return await session.scalar(statement) is not None
