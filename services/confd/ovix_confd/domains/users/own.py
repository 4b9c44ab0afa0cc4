"""``/users/me``: what a user reads and changes of himself, with his own token.

Beside XiVO's API: an intranet lets people help themselves. Names, caller id, rights, numbers and
passwords are not theirs to change; those members of a body are passed over like unknown ones.
"""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Request
from ovix_web.responses import OrjsonResponse
from pydantic import create_model
from starlette.responses import Response

from ...kit import Schema, Work, add_route, read_body, working
from ...kit.view import NO_PARENT
from .resource import USERS
from .schemas import UserRead, UserUpdate

THEIRS = ("email", "language", "timezone", "mobile_phone_number", "description")
"""The fields that a user may change of himself."""

_FIELDS: dict[str, Any] = {
    name: (UserUpdate.model_fields[name].annotation, UserUpdate.model_fields[name])
    for name in THEIRS
}
OwnUserUpdate: type[Schema] = create_model(
    "OwnUserUpdate",
    __base__=Schema,
    __doc__="What a user changes of himself; keys that are not given stay as they are.",
    **_FIELDS,
)
ROUTER = APIRouter(tags=["users"])


async def _show(work: Annotated[Work, working("confd.users.me.read")]) -> Response:
    return OrjsonResponse(orjson.Fragment(await USERS.shown(work, work.own_uuid(USERS.title))))


async def _edit(
    request: Request, work: Annotated[Work, working("confd.users.me.update")]
) -> Response:
    values = (await read_body(request, OwnUserUpdate)).model_dump(exclude_unset=True)
    user = await USERS.find(work, work.own_uuid(USERS.title))
    await USERS.edit(work, user, values)
    return Response(status_code=204)


add_route(ROUTER, "GET", "/users/me", _show, "get_own_user", answer=UserRead, errors=NO_PARENT)
add_route(
    ROUTER,
    "PUT",
    "/users/me",
    _edit,
    "update_own_user",
    status=204,
    body=OwnUserUpdate,
    example={"language": "fr_FR"},
    errors=NO_PARENT,
)
