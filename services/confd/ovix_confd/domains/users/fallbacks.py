"""``/users/{id}/fallbacks``: where a call goes that the user does not take."""

from ovix_bus.catalogue import users
from ovix_schema import User

from ...fallbacks import fallbacks_json, replace_fallbacks
from ...kit import ViewExample, ViewSpec, Work
from .reading import FALLBACK_OF_EVENT
from .resource import USERS
from .schemas import Fallbacks
from .services import a_user


async def _replace(work: Work, user: User, body: Fallbacks) -> None:
    await replace_fallbacks(work, "user", user.id, FALLBACK_OF_EVENT, body)
    work.announce(users.user_fallback_edited(id=user.id, uuid=user.uuid))


USER_FALLBACKS = ViewSpec(
    name="user_fallbacks",
    parent=USERS,
    path="/fallbacks",
    shows=fallbacks_json("user", User.id, FALLBACK_OF_EVENT),
    read=Fallbacks,
    write=Fallbacks,
    apply=_replace,
    example=ViewExample(
        a_user,
        {
            "noanswer_destination": {"type": "extension", "exten": "1003", "context": "default"},
            "busy_destination": {"type": "hangup", "cause": "busy", "timeout": 5},
            "congestion_destination": None,
            "fail_destination": {"type": "none"},
        },
    ),
)
