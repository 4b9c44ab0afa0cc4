"""Single keys by their position, and the kinds of destinations there are."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Request
from ovix_web.responses import OrjsonResponse
from pydantic import RootModel
from starlette.responses import Response

from ...kit import InputError, NotFound, Work, add_route, read_body, working
from ..users import USERS
from .destinations import described
from .schemas import DestinationKindRead, FuncKeyRead, FuncKeyWrite
from .storing import remove_key, set_key
from .templates import EXAMPLE_KEY, TEMPLATES
from .users import USER_KEYS, find_private_template, private_template

ROUTER = APIRouter(tags=["funckeys"])
_POSITIONS = range(1, 2**31)
_OF_TEMPLATE = "confd.funckeys.templates.{id}.{position}"
_OF_USER = "confd.users.{user_id}.funckeys.{position}"


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


async def _show_of_user(
    request: Request, work: Annotated[Work, working(f"{_OF_USER}.read")]
) -> Response:
    given = request.path_params["user_id"]
    found = await USER_KEYS.one(work, given)
    if found is None:
        raise USERS.not_found(given)
    return _key_at(found, request.path_params["position"])


async def _set_of_user(
    request: Request, work: Annotated[Work, working(f"{_OF_USER}.update")]
) -> Response:
    key = (await read_body(request, FuncKeyWrite)).model_dump()
    user = await USERS.find(work, request.path_params["user_id"])
    position = _position_of(request)
    await set_key(work, await private_template(work, user), position, key)
    return Response(status_code=204)


async def _remove_of_user(
    request: Request, work: Annotated[Work, working(f"{_OF_USER}.delete")]
) -> Response:
    user = await USERS.find(work, request.path_params["user_id"])
    position = _position_of(request)
    template = await find_private_template(work, user)
    if template is not None:
        await remove_key(work, template, position)
    return Response(status_code=204)


add_route(
    ROUTER, "GET", "/funckeys/destinations", _list_kinds, "list_func_key_destinations",
    answer=DestinationKinds,
)  # fmt: skip
for _path, _name, _show, _set, _remove in (
    (TEMPLATES.below(), "func_key_template_key",
     _show_of_template, _set_of_template, _remove_of_template),
    (USERS.below("user_id") + "/funckeys", "user_func_key",
     _show_of_user, _set_of_user, _remove_of_user),
):  # fmt: skip
    _key = f"{_path}/{{position:int}}"
    add_route(ROUTER, "GET", _key, _show, f"get_{_name}", answer=FuncKeyRead)
    add_route(
        ROUTER, "PUT", _key, _set, f"update_{_name}", status=204,
        body=FuncKeyWrite, example=EXAMPLE_KEY,
    )  # fmt: skip
    add_route(ROUTER, "DELETE", _key, _remove, f"delete_{_name}", status=204)
