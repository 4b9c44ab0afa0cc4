"""``/callfilters/{id}/fallbacks``: where a call goes that nobody of the filter takes."""

from ovix_bus.catalogue import call_filters
from ovix_schema import CallFilter

from ...fallbacks import fallbacks_json, replace_fallbacks
from ...kit import ViewExample, ViewSpec, Work
from .resource import CALL_FILTERS, CATEGORY, FALLBACK_OF_EVENT, a_call_filter
from .schemas import CallFilterFallbacks


async def _replace(work: Work, call_filter: CallFilter, body: CallFilterFallbacks) -> None:
    await replace_fallbacks(work, CATEGORY, call_filter.id, FALLBACK_OF_EVENT, body)
    work.announce(call_filters.call_filter_fallback_edited(id=call_filter.id))


CALL_FILTER_FALLBACKS = ViewSpec(
    name="call_filter_fallbacks",
    parent=CALL_FILTERS,
    path="/fallbacks",
    shows=fallbacks_json(CATEGORY, CallFilter.id, FALLBACK_OF_EVENT),
    read=CallFilterFallbacks,
    write=CallFilterFallbacks,
    apply=_replace,
    example=ViewExample(
        a_call_filter,
        {"noanswer_destination": {"type": "extension", "exten": "1003", "context": "default"}},
    ),
)
