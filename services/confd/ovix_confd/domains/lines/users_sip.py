"""``/users/{uuid}/lines/{id}/associated/endpoints/sip``: what a softphone needs to register."""

from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Request
from ovix_schema import Line, User, UserLine
from ovix_web.responses import OrjsonResponse
from sqlalchemy import select
from starlette.responses import Response

from ...kit import Work, add_route, working
from ...kit.schema import INT32_MAX
from ..endpoints import ENDPOINTS_SIP
from ..endpoints.sip import SipEndpointRead

MAIN = "main"
"""Stands for the id of the user's main line."""
ROUTER = APIRouter(tags=["users"])
_PATH = "/users/{user_uuid:uuid}/lines/%s/associated/endpoints/sip"
_SCOPE = "confd.users.{user_uuid}.lines.%s.associated.endpoints.sip.read"

_NO_SUCH_LINE: dict[str, Any] = {
    "description": "Not Found",
    "content": {
        "application/json": {
            "schema": {"anyOf": [{"type": "string"}, {"$ref": "#/components/schemas/Error"}]}
        }
    },
}


async def _sip_of(request: Request, work: Work, line_id: int | None) -> Response:
    user_uuid: UUID = request.path_params["user_uuid"]
    statement = (
        select(Line.endpoint_sip_id)
        .join(UserLine, UserLine.line_id == Line.id)
        .join(User, User.id == UserLine.user_id)
        .where(User.uuid == user_uuid, *work.owned(User.entity_id))
        .where(UserLine.main_line if line_id is None else UserLine.line_id == line_id)
    )
    endpoint_id = await work.session.scalar(statement)
    if endpoint_id is None:
        # XiVO's clients know this 404 by its shape: a text, where others are a list of texts.
        return OrjsonResponse("Resource Not Found.", 404)
    return OrjsonResponse(orjson.Fragment(await ENDPOINTS_SIP.shown(work, endpoint_id)))


async def _of_a_line(
    request: Request, work: Annotated[Work, working(_SCOPE % "{line_id}")]
) -> Response:
    return await _sip_of(request, work, min(request.path_params["line_id"], INT32_MAX))


async def _of_the_main_line(
    request: Request, work: Annotated[Work, working(_SCOPE % MAIN)]
) -> Response:
    return await _sip_of(request, work, None)


for handler, named, operation in (
    (_of_a_line, "{line_id:int}", "get_user_line_associated_endpoint_sip"),
    (_of_the_main_line, MAIN, "get_user_main_line_associated_endpoint_sip"),
):
    add_route(
        ROUTER,
        "GET",
        _PATH % named,
        handler,
        operation,
        answer=SipEndpointRead,
        errors={404: _NO_SUCH_LINE},
    )
