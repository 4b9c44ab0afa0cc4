"""The extension resource: what is read, stored and checked."""

from typing import Any

from ovix_bus.catalogue import lines
from ovix_schema import (
    Context,
    ContextRange,
    Extension,
    FeatureCode,
    Group,
    Line,
    LineExtension,
    Outcall,
    OutcallExtension,
)
from ovix_telephony.extensions import is_number
from ovix_telephony.ranges import matching_range
from sqlalchemy import (
    ColumnElement,
    Text,
    func,
    not_,
    null,
    or_,
    select,
    union,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from ...kit import (
    Announces,
    Example,
    InputError,
    Key,
    ResourceError,
    ResourceSpec,
    Rows,
    Values,
    Work,
    among,
    associated,
    constant,
    in_use,
    json_list,
    json_object,
    json_one,
    link,
    links,
    not_permitted,
    set_columns,
    taken,
)
from ...line_caller_ids import refresh_caller_ids
from ...relations import named_relation
from ...uses import Use, kept_by
from ..contexts import context_named, entity_of_context, in_context_of_entity
from .features import FEATURES_CONTEXT
from .schemas import ExtensionCreate, ExtensionRead, ExtensionUpdate, enabled_of

SHOWN = union_all(
    select(
        Extension.id,
        Extension.exten,
        Extension.context,
        Extension.enabled,
    ),
    select(
        FeatureCode.id,
        FeatureCode.exten,
        constant(FEATURES_CONTEXT).label("context"),
        FeatureCode.enabled,
    ),
).subquery("shown")
"""Extensions and feature codes: one table for XiVO's clients, sharing their ids."""

CONTEXT_TYPE_OF = {"incall": "incall", "outcall": "outcall"}
"""The type of context that what an extension leads to must be in; all others: internal."""


def found_by(pattern: ColumnElement[str]) -> ColumnElement[bool]:
    """A search in numbers and the names of contexts; each branch of extensions uses an index."""
    contexts = select(Context.name).where(func.ovix_search(Context.name, type_=Text).like(pattern))
    by_number = select(Extension.id).where(Extension.exten.ilike(pattern))
    by_context = select(Extension.id).where(among(Extension.context, contexts))
    codes = select(FeatureCode.id).where(
        or_(FeatureCode.exten.ilike(pattern), constant(FEATURES_CONTEXT).like(pattern))
    )
    return among(SHOWN.c.id, union(by_number, by_context, codes))


def fill(extension: Extension, values: Values) -> None:
    """``commented`` is the opposite of the stored ``enabled``."""
    enabled = enabled_of(values)
    set_columns(extension, {k: v for k, v in values.items() if k != "enabled"})
    if enabled is not None:
        extension.enabled = enabled


async def place_is_right(work: Work, extension: Extension) -> None:
    """The context exists, suits what the extension leads to, and offers the number."""
    place = await context_named(work, extension.context)
    entities_of_lines = entities_of_groups = None
    if extension in work.session:  # nothing is linked to a new one yet
        of_lines = (
            select(func.array_agg(entity_of_context(Line.context)))
            .where(LineExtension.line_id == Line.id)
            .where(LineExtension.extension_id == extension.id)
            .scalar_subquery()
        )
        of_groups = (
            select(func.array_agg(Group.entity_id))
            .where(Group.extension_id == extension.id)
            .scalar_subquery()
        )
        found = await work.session.execute(select(of_lines, of_groups))
        entities_of_lines, entities_of_groups = found.one()
    leads_to = extension.type or "user"
    wanted = CONTEXT_TYPE_OF.get(leads_to, "internal")
    if (entities_of_lines or leads_to != "user") and place.type != wanted:
        raise context_type_refused(place.type, extension)
    for name, entities in (("line", entities_of_lines), ("group", entities_of_groups)):
        if any(entity != place.entity_id for entity in entities or ()):
            raise not_permitted(f"The {name} of the extension is of another entity")
    if place.type == "outcall" or not is_number(extension.exten):
        return
    if matching_range(place.ranges, extension.exten) is None:
        raise InputError(
            f"Extension '{extension.exten}' is outside of range for context '{extension.context}'"
        )


def context_type_refused(context_type: str, extension: Extension) -> ResourceError:
    """What an extension leads to can't be in a context of that type."""
    return ResourceError(
        f"ContextType '{context_type}' cannot be associated",
        extension_id=extension.id,
        context=extension.context,
    )


async def lines_follow(work: Work, extension: Extension, values: Values) -> None:
    """A line is in the context of its main extension, and shows that number."""
    if values.keys().isdisjoint(("context", "exten")):
        return
    of_this = select(LineExtension.line_id).where(
        LineExtension.extension_id == extension.id, LineExtension.main_extension
    )
    await work.session.execute(
        update(Line)
        .where(Line.id.in_(of_this), Line.context != extension.context)
        .values(context=extension.context)
    )
    await refresh_caller_ids(work, extension_id=extension.id)


async def leads_nowhere(_work: Work, extension: Extension) -> None:
    """Only a free extension can be deleted; lines are asked for next."""
    if extension.type != "user":
        raise associated("Extension", extension.type, extension_id=extension.id)


def _relations() -> dict[str, Any]:
    """What the extension leads to; null where no resource of that kind exists yet."""
    return {
        "conference": null(),
        "parking_lot": null(),
        "group": json_one(named_relation(Group, "/groups"), Group.extension_id == SHOWN.c.id),
        "incall": null(),
        "lines": json_list(
            json_object(id=Line.id, links=links(link("lines", "/lines/", Line.id))),
            LineExtension.extension_id == SHOWN.c.id,
            Line.id == LineExtension.line_id,
            order=(LineExtension.main_extension.desc(), Line.id),
        ),
        "outcall": json_one(
            named_relation(Outcall, "/outcalls"),
            OutcallExtension.extension_id == SHOWN.c.id,
            Outcall.id == OutcallExtension.outcall_id,
        ),
        "queue": null(),
    }


async def _a_context(session: AsyncSession, entity_id: int) -> Values:
    context = Context(name=f"extensions{entity_id}", type="internal", entity_id=entity_id)
    session.add(context)
    await session.flush()
    session.add(
        ContextRange(context_id=context.id, kind="user", start="1000", end="9999", did_length=0)
    )
    return {"context": context.name}


EXTENSIONS = ResourceSpec(
    name="extension",
    title="Extension",
    path="/extensions",
    model=Extension,
    entity=entity_of_context(Extension.context),
    read=ExtensionRead,
    create=ExtensionCreate,
    update=ExtensionUpdate,
    rows=Rows(
        item={
            "id": SHOWN.c.id,
            "exten": SHOWN.c.exten,
            "context": SHOWN.c.context,
            "commented": not_(SHOWN.c.enabled),
            "enabled": SHOWN.c.enabled,
            **_relations(),
            "links": links(link("extensions", "/extensions/", SHOWN.c.id)),
        },
        columns={
            "exten": SHOWN.c.exten,
            "context": SHOWN.c.context,
            "type": select(Context.type).where(Context.name == SHOWN.c.context).scalar_subquery(),
        },
        order="exten",
        key=Key(SHOWN.c.id),
        source=SHOWN,
        entity=entity_of_context(SHOWN.c.context),
        in_entity=in_context_of_entity(SHOWN.c.context),
        searched=(SHOWN.c.exten, SHOWN.c.context),
        search=found_by,
    ),
    fill=fill,
    rules=(place_is_right,),
    entails=(lines_follow,),
    deletion=(
        leads_nowhere,
        kept_by(
            "Extension",
            Use(
                "Line",
                LineExtension.line_id,
                lambda extension: LineExtension.extension_id == extension.id,
            ),
        ),
    ),
    announces=Announces(
        created=lines.extension_created,
        edited=lines.extension_edited,
        deleted=lines.extension_deleted,
        data=lambda row: {"id": row.id, "exten": row.exten, "context": row.context},
    ),
    conflicts={
        "uq_extensions_exten_context": taken("Extension"),
        "fk_line_extensions_extension_id": in_use("Extension", "Line"),
        "fk_outcall_extensions_extension_id": in_use("Extension", "outcall"),
    },
    example=Example(
        body={"exten": "1000", "context": "default", "commented": False},
        change={"commented": True},
        vary=lambda n: {"exten": str(1000 + n)},
        prepare=_a_context,
    ),
)
