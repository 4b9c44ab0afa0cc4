"""``PUT /contexts/{id}/contexts``: the contexts that a context includes, in order."""

from typing import Any

from ovix_bus.catalogue import numbering
from ovix_schema import Context, ContextInclusion
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...kit import Id, Schema, ViewExample, ViewSpec, Work, not_permitted, param_not_found
from .resource import CONTEXTS


class ContextId(Schema):
    """A context by its id."""

    id: Id


class ContextInclusions(Schema):
    """All the contexts to include, the first one searched first."""

    contexts: list[ContextId]


async def replace_inclusions(work: Work, context: Context, body: ContextInclusions) -> None:
    """Replace the included contexts; refuses doubles, itself and those of other entities."""
    wanted = [each.id for each in body.contexts]
    if len(set(wanted)) < len(wanted):
        raise not_permitted("A context can be included once", contexts=wanted)
    if context.id in wanted:
        raise not_permitted("A context can't include itself", id=context.id)
    known = select(Context.id, Context.entity_id).where(
        Context.id.in_(wanted), *work.owned(Context.entity_id)
    )
    entities: dict[int, Any] = {row.id: row.entity_id for row in await work.session.execute(known)}
    for included in wanted:
        if included not in entities:
            raise param_not_found("contexts", "Context", id=included)
        if entities[included] != context.entity_id:
            raise not_permitted("The contexts are of different entities", id=included)
    await work.session.execute(
        delete(ContextInclusion).where(ContextInclusion.context_id == context.id)
    )
    rows = [
        {"context_id": context.id, "included_id": included, "position": position}
        for position, included in enumerate(wanted)
    ]
    if rows:
        await work.session.execute(insert(ContextInclusion), rows)
    work.announce(numbering.contexts_associated(context_id=context.id, context_ids=wanted))


async def _a_context(session: AsyncSession, entity_id: int) -> object:
    context = Context(name=f"including{entity_id}", type="internal", entity_id=entity_id)
    session.add(context)
    await session.flush()
    return context.id


CONTEXT_INCLUSIONS = ViewSpec(
    name="context_contexts",
    parent=CONTEXTS,
    path="/contexts",
    write=ContextInclusions,
    apply=replace_inclusions,
    example=ViewExample(prepare=_a_context, body={"contexts": []}),
)
