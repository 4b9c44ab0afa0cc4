"""``/dev_mgr/selections``: many devices told the same, as one operation. New beside XiVO."""

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from .. import selections
from ..access import Caller, granted
from ..errors import NoSuchResource, Refused
from ..operations import Operations
from ..selections import MOST_IDS, Action, Selection
from ..selectors import InvalidSelector, Selector
from .exchange import ANY_OBJECT, Document, add, answer, created, read_body, wrapped
from .operations import add_operations

router = APIRouter(tags=["devices"])
SELECTIONS = "/dev_mgr/selections"
BODY = {
    "type": "object",
    "required": ["action"],
    "properties": {
        "action": {"enum": [each.value for each in Action]},
        "q": ANY_OBJECT,
        "ids": {"type": "array", "items": {"type": "string"}, "maxItems": MOST_IDS},
    },
}
REPORT = wrapped(
    "report",
    {
        "type": "object",
        "properties": {
            "action": {"enum": [each.value for each in Action]},
            "state": {"type": "string"},
            "total": {"type": "integer"},
            "done": {"type": "integer"},
            "failed": {"type": "integer"},
            "failures": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"id": {"type": "string"}, "reason": {"type": "string"}},
                },
            },
        },
    },
)


async def create_selection(
    request: Request, _: Annotated[Caller, granted("provd.dev_mgr.selections.create")]
) -> Response:
    body = await read_body(request)
    try:
        chosen = selections.selection(Action(str(body.get("action"))))
    except ValueError as error:
        known = ", ".join(Action)
        raise Refused(f"Wrong information in entity: 'action' is one of {known}") from error
    wanted = _wanted(body)
    state = request.app.state
    running: Operations = state.operations[SELECTIONS]
    number = running.start(selections.work(state, chosen, wanted), chosen.operation)
    state.selections[number] = chosen
    _forget(state.selections, running)
    return created(request, f"{SELECTIONS}/{number}")


async def get_selection_report(
    request: Request,
    operation_id: int,
    _: Annotated[Caller, granted("provd.operation.read")],
) -> Response:
    """How far it is, and which devices could not be told; the first thousand of them by id."""
    if request.app.state.operations[SELECTIONS].get(operation_id) is None:
        raise NoSuchResource
    chosen: Selection = request.app.state.selections[operation_id]
    return answer(request, {"report": chosen.report})


def _wanted(body: Document) -> Selector | list[str]:
    """Either of the two: a selector, as in the find parameters, or ids."""
    if ("q" in body) is ("ids" in body):
        raise Refused("Wrong information in entity: either 'q' or 'ids' is needed")
    if "q" in body:
        try:
            return Selector.of(body["q"])
        except InvalidSelector as error:
            raise Refused(str(error)) from error
    ids = body["ids"]
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise Refused("Wrong information in entity: 'ids' must be a list of texts")
    if len(ids) > MOST_IDS:
        raise Refused(f"Wrong information in entity: at most {MOST_IDS} ids")
    return ids


def _forget(known: dict[int, Selection], running: Operations) -> None:
    """Selections live as long as their operations."""
    for number in [each for each in known if running.get(each) is None]:
        del known[number]


add(
    router, "POST", SELECTIONS, create_selection, "Reconfigure, synchronize or delete many devices",
    status=201, body=BODY, example={"action": "reconfigure", "q": {"plugin": "ovix-yealink"}},
    description="Of the devices that the selector `q` finds, or of those of `ids`. What `Location`"
    " names goes on in the background; those that failed are below it, in `report`.",
)  # fmt: skip
add_operations(router, SELECTIONS, "selection", lambda it: it.app.state.operations[SELECTIONS])
add(
    router, "GET", f"{SELECTIONS}/{{operation_id:int}}/report", get_selection_report,
    "Which devices failed", shows=REPORT,
)  # fmt: skip
