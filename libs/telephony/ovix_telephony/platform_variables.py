"""Names of channel variables that only the platform sets: its own, and those Asterisk goes by."""

import re

RESERVED = re.compile(r"_*(XIVO|WAZO)_\w+", re.IGNORECASE)
ROUTING = re.compile(
    r"_*(TRANSFER_CONTEXT|FORWARD_CONTEXT|EXITCONTEXT|MACRO_\w+|GOTO_ON_BLINDXFR|DYNAMIC_\w+"
    r"|ATTENDED_?TRANSFER\w*|BLINDTRANSFER|PICKUPMARK|\w*MONITOR_EXEC\w*)",
    re.IGNORECASE,
)
"""What Asterisk itself goes by: where transfers are dialled, which keys and programs a call has."""

__all__ = ["RESERVED", "ROUTING"]
