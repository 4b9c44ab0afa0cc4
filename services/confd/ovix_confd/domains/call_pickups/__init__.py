"""Call pickups: interceptors take, by the code of group pickup, calls that ring at targets.

Source: reference/confd/call-permissions-filters-pickups.md, "Call pickup fields".
"""

from .members import MEMBERS
from .resource import CALL_PICKUPS

SPECS = (CALL_PICKUPS, *MEMBERS)

__all__ = ["CALL_PICKUPS", "SPECS"]
