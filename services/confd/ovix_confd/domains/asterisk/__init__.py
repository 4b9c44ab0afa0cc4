"""``/asterisk/<file>/<section>``: the general settings of Asterisk's files."""

from .pjsip_documentation import ROUTER
from .sections import SECTIONS
from .zone_messages import ZONE_MESSAGES

SPECS = (*SECTIONS, ZONE_MESSAGES)

__all__ = ["ROUTER", "SPECS"]
