"""Lines, and their links to endpoints, extensions and users.

Source: reference/confd/lines-endpoints-extensions.md.
"""

from .endpoints import LINE_ENDPOINT_VIEWS, LINE_ENDPOINTS
from .extensions import LINE_EXTENSION_VIEWS, LINE_EXTENSIONS
from .resource import LINES
from .users import USER_LINE_VIEWS, USER_LINES
from .users_sip import ROUTER

SPECS = (
    LINES,
    *LINE_ENDPOINTS,
    *LINE_ENDPOINT_VIEWS,
    LINE_EXTENSIONS,
    *LINE_EXTENSION_VIEWS,
    USER_LINES,
    *USER_LINE_VIEWS,
)

__all__ = ["LINES", "ROUTER", "SPECS"]
