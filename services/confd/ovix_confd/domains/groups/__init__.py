"""Groups: people and numbers that are rung together, and what a group has.

Source: reference/confd/groups-queues-agents-skills.md, "Group fields".
"""

from .fallbacks import GROUP_FALLBACKS
from .links import GROUP_CALL_PERMISSIONS, GROUP_EXTENSIONS, GROUP_SCHEDULES
from .members import GROUP_MEMBER_EXTENSIONS, GROUP_MEMBER_USERS
from .resource import GROUPS

SPECS = (
    GROUPS,
    GROUP_MEMBER_USERS,
    GROUP_MEMBER_EXTENSIONS,
    GROUP_FALLBACKS,
    GROUP_EXTENSIONS,
    GROUP_SCHEDULES,
    GROUP_CALL_PERMISSIONS,
)

__all__ = ["GROUPS", "SPECS"]
