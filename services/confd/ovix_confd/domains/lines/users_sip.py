"""``/users/{uuid}/lines/{id}/associated/endpoints/sip``: what a softphone needs to register."""

from typing import Any
from uuid import UUID

from orjson import Fragment
from ovix_schema import Line, User, UserLine
from ovix_web import OrjsonResponse
from ovix_web.bodies import INT32_MAX
from sqlalchemy import select

from ...kit import Operation, Work
from ..endpoints import ENDPOINTS_SIP
from ..endpoints.sip import SipEndpointRead

MAIN = "main"
"""Stands for the id of the user's main line."""
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


async def _sip_of(work: Work) -> object:
    user_uuid: UUID = work.path["user_uuid"]
    line_id: int | None = work.path.get("line_id")
    the_line: Any = UserLine.main_line
    if line_id is not None:
        the_line = UserLine.line_id == min(line_id, INT32_MAX)
    statement = (
        select(Line.endpoint_sip_id)
        .join(UserLine, UserLine.line_id == Line.id)
        .join(User, User.id == UserLine.user_id)
        .where(User.uuid == user_uuid, the_line, *work.owned(User.entity_id))
    )
    endpoint_id = await work.session.scalar(statement)
    if endpoint_id is None:
        # XiVO's clients know this 404 by its shape: a text, where others are a list of texts.
        return OrjsonResponse("Resource Not Found.", 404)
    return Fragment(await ENDPOINTS_SIP.shown(work, endpoint_id))


USERS_SIP = tuple(
    Operation(
        "GET",
        _PATH % path,
        name,
        _sip_of,
        (_SCOPE % scope,),
        answer=SipEndpointRead,
        example=ENDPOINTS_SIP.example.body,
        described={"responses": {"404": _NO_SUCH_LINE}},
    )
    for path, scope, name in (
        ("{line_id:int}", "{line_id}", "get_user_line_associated_endpoint_sip"),
        (MAIN, MAIN, "get_user_main_line_associated_endpoint_sip"),
    )
)
