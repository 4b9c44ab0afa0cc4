"""The context resource: what is read, stored and checked."""

from typing import Any

from ovix_bus.catalogue import numbering
from ovix_schema import (
    Context,
    ContextInclusion,
    ContextRange,
    Extension,
    Line,
    Setting,
    Trunk,
    Voicemail,
)
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import aliased

from ...kit import (
    Announces,
    Example,
    InputError,
    Key,
    ResourceSpec,
    Rows,
    Values,
    Work,
    associated,
    constant,
    in_use,
    json_list,
    json_object,
    link,
    links,
    taken,
)
from ...uses import Use, kept_by
from .schemas import ContextCreate, ContextRead, ContextUpdate

KIND_OF = {
    "user_ranges": "user",
    "group_ranges": "group",
    "queue_ranges": "queue",
    "conference_room_ranges": "conference",
    "incall_ranges": "incall",
}
"""The field of the API and the kind that is stored."""


def _ranges(kind: str) -> Any:
    members: dict[str, Any] = {"start": ContextRange.start, "end": ContextRange.end}
    if kind == "incall":
        members["did_length"] = ContextRange.did_length
    return json_list(
        json_object(**members),
        ContextRange.context_id == Context.id,
        ContextRange.kind == constant(kind),
        order=(ContextRange.id,),
    )


def _included() -> Any:
    included = aliased(Context)
    return json_list(
        json_object(
            id=included.id,
            name=included.name,
            label=included.label,
            links=links(link("contexts", "/contexts/", included.id)),
        ),
        ContextInclusion.context_id == Context.id,
        included.id == ContextInclusion.included_id,
        order=(ContextInclusion.position,),
    )


async def store_ranges(work: Work, context: Context, values: Values) -> None:
    """Replace the ranges of every kind that was given (features.md, F-141: a kind of its type)."""
    given = {KIND_OF[field]: values[field] for field in KIND_OF if values.get(field) is not None}
    await _kinds_fit(work, context, values, given)
    if not given:
        return
    await work.session.execute(
        delete(ContextRange).where(
            ContextRange.context_id == context.id, ContextRange.kind.in_(given)
        )
    )
    rows = [
        {"context_id": context.id, "kind": kind, "did_length": 0} | each
        for kind, ranges in given.items()
        for each in ranges
    ]
    if rows:
        await work.session.execute(insert(ContextRange), rows)


async def _kinds_fit(work: Work, context: Context, values: Values, given: Values) -> None:
    """User, group, queue and conference ranges are internal, DID ranges incall."""
    present = {kind for kind, ranges in given.items() if ranges}
    if "type" in values and len(given) < len(KIND_OF):
        stored = select(ContextRange.kind).where(ContextRange.context_id == context.id).distinct()
        present |= set(await work.session.scalars(stored)) - set(given)
    allowed = {"internal": set(KIND_OF.values()) - {"incall"}, "incall": {"incall"}}
    for kind in sorted(present - allowed.get(context.type, set())):
        raise InputError(
            f"a context of type '{context.type}' can't have {kind} ranges", context=context.name
        )


def _living_there(model: Any) -> Use:
    return Use(model.__name__, model.id, lambda context: model.context == context.name)


async def sip_does_not_name_it(work: Work, context: Context) -> None:
    """Calls of strangers would come into a context that is gone."""
    content = await work.session.scalar(
        select(Setting.content).where(Setting.name == "sip_general")
    )
    named = [*content["options"].items(), *content["ordered_options"]] if content else []
    if any(name == "context" and value == context.name for name, value in named):
        raise associated("Context", "SIP General", context_id=context.id)


CONTEXTS = ResourceSpec(
    name="context",
    title="Context",
    path="/contexts",
    model=Context,
    read=ContextRead,
    create=ContextCreate,
    update=ContextUpdate,
    rows=Rows(
        item={
            "id": Context.id,
            "name": Context.name,
            "label": Context.label,
            "type": Context.type,
            **{field: _ranges(kind) for field, kind in KIND_OF.items()},
            "description": Context.description,
            "enabled": Context.enabled,
            "contexts": _included(),
            "links": links(link("contexts", "/contexts/", Context.id)),
        },
        columns={
            "id": Context.id,
            "name": Context.name,
            "type": Context.type,
            "description": Context.description,
            "label": Context.label,
        },
        order="id",
        key=Key(Context.id),
        source=Context.__table__,
        entity=Context.entity_id,
    ),
    parts=(store_ranges,),
    deletion=(
        kept_by("Context", *map(_living_there, (Extension, Voicemail, Trunk, Line))),
        sip_does_not_name_it,
    ),
    announces=Announces(
        created=numbering.context_created,
        edited=numbering.context_edited,
        deleted=numbering.context_deleted,
    ),
    conflicts={
        "uq_contexts_name": taken("Context"),
        "fk_extensions_context": in_use("Context", "Extension"),
        "fk_voicemails_context": in_use("Context", "Voicemail"),
        "fk_trunks_context": in_use("Context", "Trunk"),
        "fk_lines_context": in_use("Context", "Line"),
    },
    example=Example(
        body={
            "name": "paris",
            "label": "Paris",
            "type": "internal",
            "user_ranges": [{"start": "1000", "end": "1999"}],
            "group_ranges": [{"start": "2000", "end": "2099"}, {"start": "2500"}],
            "queue_ranges": [],
            "conference_room_ranges": [],
            "incall_ranges": [],
            "description": "The first floor",
            "enabled": True,
        },
        change={"label": "Lyon", "user_ranges": [{"start": "3000", "end": "3099"}]},
        vary=lambda n: {"name": f"paris{n}", "label": f"Paris {n}"},
    ),
)
