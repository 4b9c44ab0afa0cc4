"""``POST /users/{id}/voicemails``: a box made for one user, by one request."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Request
from ovix_web.responses import OrjsonResponse
from starlette.responses import Response

from ...kit import Work, add_route, read_body, working
from ..voicemails import VOICEMAILS
from ..voicemails.resource import VoicemailCreate, VoicemailRead
from .nested import linked
from .resource import USERS
from .voicemails import USER_VOICEMAILS

ROUTER = APIRouter(tags=["users"])


async def _create(
    request: Request, work: Annotated[Work, working("confd.users.{user_id}.voicemails.create")]
) -> Response:
    values = (await read_body(request, VoicemailCreate)).model_dump()
    user = await USERS.find(work, request.path_params["user_id"])
    box = await VOICEMAILS.make(work, values)
    await linked(work, USER_VOICEMAILS, user, box)
    headers = {"Location": f"{work.base_url}{VOICEMAILS.path}/{box.id}"}
    return OrjsonResponse(orjson.Fragment(await VOICEMAILS.shown(work, box.id)), 201, headers)


add_route(
    ROUTER,
    "POST",
    f"{USERS.below('user_id')}/voicemails",
    _create,
    "create_user_voicemail",
    status=201,
    answer=VoicemailRead,
    body=VoicemailCreate,
    example=VOICEMAILS.example.body,
)
