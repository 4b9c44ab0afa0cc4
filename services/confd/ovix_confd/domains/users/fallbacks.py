"""``/users/{id}/fallbacks``: where a call goes that the user does not take."""

from ovix_bus.catalogue import users
from ovix_schema import DialAction, User
from sqlalchemy import delete, insert

from ...destinations import destination_exists, stored_destination
from ...kit import ViewExample, ViewSpec, Work
from .reading import FALLBACK_OF_EVENT, fallbacks_json
from .resource import USERS
from .schemas import Fallbacks
from .services import a_user


async def _replace(work: Work, user: User, body: Fallbacks) -> None:
    rows = []
    for event, name in FALLBACK_OF_EVENT.items():
        destination = getattr(body, name)
        if destination is None:
            continue
        await destination_exists(work, destination)
        stored = stored_destination(destination)
        rows.append(
            {
                "category": "user",
                "category_id": user.id,
                "event": event,
                "action": stored.action,
                "arg1": stored.arg1,
                "arg2": stored.arg2,
            }
        )
    await work.session.execute(
        delete(DialAction).where(
            DialAction.category == "user",
            DialAction.category_id == user.id,
            DialAction.event.in_(FALLBACK_OF_EVENT),
        )
    )
    if rows:
        await work.session.execute(insert(DialAction), rows)
    work.announce(users.user_fallback_edited(id=user.id, uuid=user.uuid))


USER_FALLBACKS = ViewSpec(
    name="user_fallbacks",
    parent=USERS,
    path="/fallbacks",
    shows=fallbacks_json(),
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
