"""Call permissions and schedules. Source: reference/confd/events.md."""

from ..shapes import ResourceId, life

call_permission_created, call_permission_edited, call_permission_deleted = life(
    "call_permission", "config.callpermission", ResourceId
)
schedule_created, schedule_edited, schedule_deleted = life(
    "schedule", "config.schedules", ResourceId
)
