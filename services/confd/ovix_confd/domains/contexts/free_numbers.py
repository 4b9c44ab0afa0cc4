"""``GET /contexts/{id}/ranges/{kind}``: the numbers of a context that nobody has yet."""

from functools import partial

from ovix_schema import RANGE_KINDS, Context, ContextRange, Extension
from ovix_telephony.ranges import NumberRange, TooManyNumbers, free_ranges
from ovix_web import page_of, paging
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from ...kit import InputError, Operation, Schema, Work
from .resource import CONTEXTS
from .schemas import RangeRead


class FreeNumbers(Schema):
    """Contiguous ranges of numbers of equal length."""

    total: int
    items: list[RangeRead]


async def numbers_of(
    work: Work, given: object, kind: str, *, only_free: bool, search: str | None
) -> list[NumberRange]:
    """The numbers of that kind, merged into ranges; one statement. 404 without the context."""
    ranges = (
        select(
            func.json_agg(
                aggregate_order_by(
                    func.json_build_array(
                        ContextRange.start, ContextRange.end, ContextRange.did_length
                    ),
                    ContextRange.id,
                )
            )
        )
        .where(ContextRange.context_id == Context.id, ContextRange.kind == kind)
        .scalar_subquery()
    )
    taken = (
        select(func.array_agg(Extension.exten))
        .where(Extension.context == Context.name)
        .scalar_subquery()
    )
    statement = select(ranges, *([taken] if only_free else [])).where(*CONTEXTS.seen(work, given))
    found = (await work.session.execute(statement.select_from(Context))).one_or_none()
    if found is None:
        raise CONTEXTS.not_found(given)
    offered = [NumberRange(*each) for each in found[0] or ()]
    try:
        return free_ranges(offered, (found[1] or ()) if only_free else (), search or "")
    except TooManyNumbers as error:
        raise InputError(f"search: {error}") from error


async def _show(kind: str, work: Work) -> object:
    page = page_of(work.query, ("start", "end"), "start")
    availability = work.query.get("availability", "available")
    if availability not in ("available", "all"):
        raise InputError(f"parameter 'availability': '{availability}' is not valid")
    found = await numbers_of(
        work,
        work.path["context_id"],
        kind,
        only_free=availability == "available",
        search=page.search,
    )
    found.sort(key=lambda each: (len(each.start), getattr(each, page.order or "start")),
               reverse=page.direction == "desc")  # fmt: skip
    end = None if page.limit is None else page.offset + page.limit
    items = [{"start": each.start, "end": each.end} for each in found[page.offset : end]]
    return {"total": len(found), "items": items}


FREE_NUMBERS = tuple(
    Operation(
        "GET",
        f"{CONTEXTS.below('context_id')}/ranges/{kind}",
        f"list_context_{kind}_numbers",
        partial(_show, kind),
        (f"{CONTEXTS.scope}.{{context_id}}.ranges.{kind}.read",),
        answer=FreeNumbers,
        example={"total": 1, "items": [{"start": "1000", "end": "1099"}]},
        query=paging.PARAMETERS | {"availability": "available, or all"},
    )
    for kind in RANGE_KINDS
)
