"""SIP, SCCP and custom endpoints. Source: reference/confd/lines-endpoints-extensions.md."""

from .custom import CUSTOM_VIEWS, ENDPOINTS_CUSTOM
from .sccp import ENDPOINTS_SCCP, SCCP_VIEWS
from .sip import ENDPOINTS_SIP, SIP_VIEWS

SPECS = (
    ENDPOINTS_SIP,
    *SIP_VIEWS,
    ENDPOINTS_SCCP,
    *SCCP_VIEWS,
    ENDPOINTS_CUSTOM,
    *CUSTOM_VIEWS,
)

__all__ = ["ENDPOINTS_CUSTOM", "ENDPOINTS_SCCP", "ENDPOINTS_SIP", "SPECS"]
