"""``GET /contexts/{id}/ranges/{kind}``: the numbers of a context that nobody has yet."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from ovix_schema import RANGE_KINDS, Context, ContextRange, Extension
from ovix_telephony.ranges import NumberRange, TooManyNumbers, free_ranges
from ovix_web import OrjsonResponse, Page, paging
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from starlette.responses import Response

from ...kit import InputError, Schema, Work, add_route, working
from .resource import CONTEXTS
from .schemas import RangeRead

ROUTER = APIRouter(tags=["contexts"])
Availability = Literal["available", "all"]


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


def _add(kind: str) -> None:
    sorted_page = paging(("start", "end"), "start")
    scope = f"{CONTEXTS.scope}.{{context_id}}.ranges.{kind}.read"

    async def show(
        request: Request,
        page: Annotated[Page, sorted_page],
        work: Annotated[Work, working(scope)],
        availability: str = "available",
    ) -> Response:
        if availability not in ("available", "all"):
            raise InputError(f"parameter 'availability': '{availability}' is not valid")
        only_free = availability == "available"
        given = request.path_params["context_id"]
        found = await numbers_of(work, given, kind, only_free=only_free, search=page.search)
        found.sort(key=lambda each: (len(each.start), getattr(each, page.order or "start")),
                   reverse=page.direction == "desc")  # fmt: skip
        end = None if page.limit is None else page.offset + page.limit
        items = [{"start": each.start, "end": each.end} for each in found[page.offset : end]]
        return OrjsonResponse({"total": len(found), "items": items})

    path = f"{CONTEXTS.below('context_id')}/ranges/{kind}"
    add_route(ROUTER, "GET", path, show, f"list_context_{kind}_numbers", answer=FreeNumbers)


for _kind in RANGE_KINDS:
    _add(_kind)
