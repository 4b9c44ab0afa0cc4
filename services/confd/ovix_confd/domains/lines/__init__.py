"""Lines, and their links to endpoints, extensions and users; the deprecated view of SIP lines.

Source: reference/confd/lines-endpoints-extensions.md.
"""

from .endpoints import LINE_ENDPOINT_VIEWS, LINE_ENDPOINTS
from .extensions import LINE_EXTENSION_FORMS, LINE_EXTENSION_VIEWS, LINE_EXTENSIONS
from .lines_sip import LINES_SIP
from .new_numbers import NEW_NUMBER
from .resource import LINES
from .users import USER_LINE_POST, USER_LINE_VIEWS, USER_LINES
from .users_sip import USERS_SIP

SPECS = (
    LINES,
    *LINE_ENDPOINTS,
    *LINE_ENDPOINT_VIEWS,
    LINE_EXTENSIONS,
    *LINE_EXTENSION_FORMS,
    NEW_NUMBER,
    *LINE_EXTENSION_VIEWS,
    USER_LINES,
    USER_LINE_POST,
    *USER_LINE_VIEWS,
    *LINES_SIP,
    *USERS_SIP,
)

__all__ = ["LINES", "SPECS"]
