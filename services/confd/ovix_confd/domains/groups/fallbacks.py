"""``/groups/{id}/fallbacks``: where a call goes that no member takes."""

from ovix_bus.catalogue import groups
from ovix_schema import Group

from ...fallbacks import fallbacks_json, replace_fallbacks
from ...kit import ViewExample, ViewSpec, Work
from .resource import FALLBACK_OF_EVENT, GROUPS, a_group
from .schemas import GroupFallbacks


async def _replace(work: Work, group: Group, body: GroupFallbacks) -> None:
    await replace_fallbacks(work, "group", group.id, FALLBACK_OF_EVENT, body)
    work.announce(groups.group_fallback_edited(id=group.id))


GROUP_FALLBACKS = ViewSpec(
    name="group_fallbacks",
    parent=GROUPS,
    path="/fallbacks",
    shows=fallbacks_json("group", Group.id, FALLBACK_OF_EVENT),
    read=GroupFallbacks,
    write=GroupFallbacks,
    apply=_replace,
    example=ViewExample(
        a_group,
        {
            "noanswer_destination": {"type": "extension", "exten": "1003", "context": "default"},
            "congestion_destination": {"type": "hangup", "cause": "busy", "timeout": 5},
        },
    ),
)
