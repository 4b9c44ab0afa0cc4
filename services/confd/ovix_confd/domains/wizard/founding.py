"""What the wizard writes into the database, in one transaction."""

import re
from typing import Any
from uuid import UUID

from ovix_bus.catalogue import installation
from ovix_schema import Account, Context, ContextInclusion, Entity, Installation, Setting
from sqlalchemy import exists, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from ...kit import Work
from ..contexts import CONTEXTS
from ..entities import ENTITIES
from .schemas import WizardRun

ADMINISTRATOR = "root"
NETWORK = "network"
"""The name among settings under which what is said of the network is kept."""
LANGUAGES_OF = ("sip_general", "iax_general", "sccp_general")


async def is_configured(work: Work, *, locked: bool = False) -> bool:
    """Whether somebody has begun: by the wizard, with an administrator's account, or a context.

    Otherwise whoever comes first would get the installation of another.
    """
    begun = select(
        Installation.configured,
        exists().where(Account.kind == "admin"),
        exists().where(Context.id.is_not(None)),
    )
    if locked:
        # Two at once: the second waits here, and finds what the first has done.
        await work.session.execute(select(Installation.id).with_for_update())
    return any((await work.session.execute(begun)).one())


async def found(work: Work, body: WizardRun, password_hash: str, prefix: str) -> UUID:
    """All rows; the installation's uuid. The transaction holds the installation's row."""
    await work.session.execute(
        insert(Account).values(
            kind="admin", name=ADMINISTRATOR, login=ADMINISTRATOR, password_hash=password_hash
        )
    )
    entity = await _entity(work, body.entity_name)
    await _contexts(work, body, entity)
    await _settings(work, body, prefix)
    uuid: UUID = (
        await work.session.scalars(
            update(Installation)
            .values(configured=True, timezone=body.timezone)
            .returning(Installation.uuid)
        )
    ).one()
    work.announce(installation.wizard_created())
    return uuid


async def _entity(work: Work, display_name: str) -> Entity:
    """The first entity is the one that objects without another belong to."""
    name = re.sub(r"[^a-z0-9]", "", display_name.lower())
    known = await work.session.scalar(select(Entity).where(Entity.name == name))
    if known is not None:
        return known
    return await ENTITIES.make(work, {"name": name, "display_name": display_name})


async def _contexts(work: Work, body: WizardRun, entity: Entity) -> None:
    internal, incall = body.context_internal, body.context_incall
    incall_ranges = []
    if incall.number_start is not None:
        numbers = {"start": incall.number_start, "end": incall.number_end}
        incall_ranges.append({**numbers, "did_length": incall.did_length})
    user_ranges = [{"start": internal.number_start, "end": internal.number_end}]
    wanted: tuple[dict[str, Any], ...] = (
        {"name": "__switchboard_directory", "type": "others", "label": "Switchboard"},
        {
            "name": "from-extern",
            "type": "incall",
            "label": incall.display_name,
            "incall_ranges": incall_ranges,
        },
        {
            "name": "default",
            "type": "internal",
            "label": internal.display_name,
            "user_ranges": user_ranges,
        },
        {"name": "to-extern", "type": "outcall", "label": body.context_outcall.display_name},
    )
    made = {each["name"]: await CONTEXTS.make(work, each, entity=entity.id) for each in wanted}
    work.session.add(
        ContextInclusion(
            context_id=made["default"].id, included_id=made["to-extern"].id, position=0
        )
    )
    await work.session.flush()


async def _settings(work: Work, body: WizardRun, prefix: str) -> None:
    options = {"language": body.language}
    for name in LANGUAGES_OF:
        more = {"autocreate_prefix": prefix} if name == "sip_general" else {}
        content: Any = Setting.content
        path = text("'{options}'")
        merged = func.jsonb_set(content, path, content.op("->")("options").concat(options | more))
        await work.session.execute(
            update(Setting).where(Setting.name == name).values(content=merged)
        )
    network = insert(Setting).values(name=NETWORK, content=body.network.model_dump())
    await work.session.execute(
        network.on_conflict_do_update(
            index_elements=["name"], set_={"content": network.excluded.content}
        )
    )
