"""How the phones' routes are described to those who read the API's description."""

from http import HTTPStatus
from typing import Any

from starlette.responses import Response

_SCREENS: dict[str, Any] = {
    kind: {"schema": {"type": "string"}} for kind in ("text/xml", "text/html")
}
_JSON: dict[str, Any] = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}


def _described(*statuses: int, content: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    return {
        status: {"description": f"{HTTPStatus(status).phrase}, told on the screen",
                 "content": content}
        for status in statuses
    }  # fmt: skip


_SHOWN: dict[int | str, dict[str, Any]] = {
    200: {"description": "A screen in the vendor's format", "content": _SCREENS}
}
_REFUSED: dict[int | str, dict[str, Any]] = {
    403: {"description": "The phone's address is in no authorized network"}
}

SCREEN: dict[str, Any] = {
    "response_class": Response,
    "responses": _SHOWN | _REFUSED | _described(400, 404, 503, content=_SCREENS | _JSON),
}
"""Of routes that name the vendor: errors are screens, too, where phones have one for them."""
SCREEN_OR_JSON: dict[str, Any] = {
    "response_class": Response,
    "responses": _SHOWN | _REFUSED | {404: {"description": "Not Found"}},
}
