"""Single keys by their position, and the kinds of destinations there are."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Request
from ovix_web.responses import OrjsonResponse
from pydantic import RootModel
from starlette.responses import Response

from ...kit import InputError, NotFound, Work, add_route, read_body, working
from .destinations import described
from .schemas import DestinationKindRead, FuncKeyRead, FuncKeyWrite
from .storing import remove_key, set_key
from .templates import EXAMPLE_KEY, TEMPLATES

ROUTER = APIRouter(tags=["funckeys"])
_POSITIONS = range(1, 2**31)
_OF_TEMPLATE = "confd.funckeys.templates.{id}.{position}"


class DestinationKinds(RootModel[list[DestinationKindRead]]):
    """All kinds of destinations."""


async def _list_kinds(
    work: Annotated[Work, working("confd.funckeys.destinations.read")],
) -> Response:
    return OrjsonResponse(list(described(work.base_url)))


def _key_at(keys: str, position: int) -> Response:
    found = orjson.loads(keys)["keys"].get(str(position))
    if found is None:
        raise NotFound("FuncKey", position=position)
    return OrjsonResponse(found)


def _position_of(request: Request) -> int:
    position = int(request.path_params["position"])
    if position not in _POSITIONS:
        raise InputError("field 'position': wrong type. Should be a positive number")
    return position


async def _show_of_template(
    request: Request, work: Annotated[Work, working(f"{_OF_TEMPLATE}.read")]
) -> Response:
    given = request.path_params["id"]
    found = await TEMPLATES.rows.one(work, given)
    if found is None:
        raise TEMPLATES.not_found(given)
    return _key_at(found, request.path_params["position"])


async def _set_of_template(
    request: Request, work: Annotated[Work, working(f"{_OF_TEMPLATE}.update")]
) -> Response:
    key = (await read_body(request, FuncKeyWrite)).model_dump()
    template = await TEMPLATES.find(work, request.path_params["id"])
    await set_key(work, template, _position_of(request), key)
    return Response(status_code=204)


async def _remove_of_template(
    request: Request, work: Annotated[Work, working(f"{_OF_TEMPLATE}.delete")]
) -> Response:
    template = await TEMPLATES.find(work, request.path_params["id"])
    await remove_key(work, template, _position_of(request))
    return Response(status_code=204)


add_route(
    ROUTER, "GET", "/funckeys/destinations", _list_kinds, "list_func_key_destinations",
    answer=DestinationKinds,
)  # fmt: skip
_TEMPLATE_KEY = TEMPLATES.below() + "/{position:int}"
add_route(
    ROUTER, "GET", _TEMPLATE_KEY, _show_of_template, "get_func_key_template_key",
    answer=FuncKeyRead,
)  # fmt: skip
add_route(
    ROUTER, "PUT", _TEMPLATE_KEY, _set_of_template, "update_func_key_template_key", status=204,
    body=FuncKeyWrite, example=EXAMPLE_KEY,
)  # fmt: skip
add_route(
    ROUTER, "DELETE", _TEMPLATE_KEY, _remove_of_template, "delete_func_key_template_key",
    status=204,
)  # fmt: skip
