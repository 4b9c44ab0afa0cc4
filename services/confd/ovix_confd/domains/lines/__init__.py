"""Lines, and their links to endpoints, extensions and users; the deprecated view of SIP lines.

Source: reference/confd/lines-endpoints-extensions.md.
"""

from fastapi import APIRouter

from . import lines_sip, users_sip
from .endpoints import LINE_ENDPOINT_VIEWS, LINE_ENDPOINTS
from .extensions import LINE_EXTENSION_VIEWS, LINE_EXTENSIONS
from .resource import LINES
from .users import USER_LINE_VIEWS, USER_LINES

SPECS = (
    LINES,
    *LINE_ENDPOINTS,
    *LINE_ENDPOINT_VIEWS,
    LINE_EXTENSIONS,
    *LINE_EXTENSION_VIEWS,
    USER_LINES,
    *USER_LINE_VIEWS,
)

ROUTER = APIRouter()
ROUTER.include_router(lines_sip.ROUTER)
ROUTER.include_router(users_sip.ROUTER)

__all__ = ["LINES", "ROUTER", "SPECS"]
