"""``/asterisk/<file>/<section>``: the general settings of Asterisk's files."""

from .pjsip_documentation import PJSIP_DOCUMENTATION
from .sections import SECTIONS
from .zone_messages import ZONE_MESSAGES

SPECS = (*SECTIONS, ZONE_MESSAGES, PJSIP_DOCUMENTATION)

__all__ = ["SPECS"]
