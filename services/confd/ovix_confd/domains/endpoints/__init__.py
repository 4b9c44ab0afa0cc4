"""SIP, SCCP, custom and IAX endpoints; SIP templates and transports.

Source: reference/confd/lines-endpoints-extensions.md.
"""

from .custom import CUSTOM_VIEWS, ENDPOINTS_CUSTOM
from .iax import ENDPOINTS_IAX
from .sccp import ENDPOINTS_SCCP, SCCP_VIEWS
from .sip import ENDPOINTS_SIP, SIP_VIEWS
from .sip_templates import SIP_TEMPLATES
from .sip_transports import SIP_TRANSPORTS

SPECS = (
    ENDPOINTS_SIP,
    *SIP_VIEWS,
    SIP_TEMPLATES,
    SIP_TRANSPORTS,
    ENDPOINTS_SCCP,
    *SCCP_VIEWS,
    ENDPOINTS_CUSTOM,
    *CUSTOM_VIEWS,
    ENDPOINTS_IAX,
)

__all__ = [
    "ENDPOINTS_CUSTOM",
    "ENDPOINTS_IAX",
    "ENDPOINTS_SCCP",
    "ENDPOINTS_SIP",
    "ROUTER",
    "SPECS",
]
