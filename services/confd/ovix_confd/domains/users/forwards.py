"""``/users/{id}/forwards``: on busy, on no answer, unconditional."""

from collections.abc import Mapping
from typing import Annotated, Any

from ovix_bus import EventType
from ovix_bus.catalogue import users
from ovix_schema import User
from pydantic import Field

from ...kit import ResourceError, Schema, Strict, ViewExample, ViewSpec, Work
from .reading import forward_json, forwards_json
from .resource import USERS
from .schemas import Forward, Forwards
from .services import a_user

EVENTS: Mapping[str, EventType[Any]] = {
    "busy": users.users_forwards_busy_updated,
    "noanswer": users.users_forwards_noanswer_updated,
    "unconditional": users.users_forwards_unconditional_updated,
}

# Blanks between digits are not dialled; a comma would lead out of the user's context.
Dialled = Annotated[str, Field(pattern=r"^[0-9A-Za-z*#+.@_ -]*$", max_length=128)]


class ForwardUpdate(Schema):
    """What changes of a forward; keys that are not given stay as they are."""

    enabled: Strict = False
    destination: Dialled | None = None


class ForwardsUpdate(Schema):
    """The forwards to change."""

    busy: ForwardUpdate | None = None
    noanswer: ForwardUpdate | None = None
    unconditional: ForwardUpdate | None = None


def redirect(work: Work, user: User, name: str, change: ForwardUpdate | None) -> None:
    """Change one forward; it is announced even when nothing changes."""
    given = change.model_fields_set if change is not None else frozenset()
    enabled = bool(getattr(user, f"{name}_enabled"))
    destination: str | None = getattr(user, f"{name}_destination")
    if change is not None and "enabled" in given:
        enabled = change.enabled
    if change is not None and "destination" in given:
        # An empty number leads nowhere: the dialplan would take the forward for disabled.
        destination = change.destination or None
    if enabled and destination is None:
        raise ResourceError("Forward must be disabled to remove destination", forward=name)
    setattr(user, f"{name}_enabled", enabled)
    setattr(user, f"{name}_destination", destination)
    work.announce(EVENTS[name](user_uuid=user.uuid, enabled=enabled, destination=destination))


async def _redirect_several(work: Work, user: User, body: ForwardsUpdate) -> None:
    for name in EVENTS:
        redirect(work, user, name, getattr(body, name))


def _forward(name: str) -> ViewSpec[User]:
    async def apply(work: Work, user: User, body: ForwardUpdate) -> None:
        redirect(work, user, name, body)

    return ViewSpec(
        name=f"user_forward_{name}",
        parent=USERS,
        own=True,
        path=f"/forwards/{name}",
        shows=forward_json(name),
        read=Forward,
        write=ForwardUpdate,
        apply=apply,
        example=ViewExample(a_user, {"enabled": True, "destination": "1003"}),
    )


FORWARDS = (
    ViewSpec(
        name="user_forwards",
        parent=USERS,
        own=True,
        path="/forwards",
        shows=forwards_json(),
        read=Forwards,
        write=ForwardsUpdate,
        apply=_redirect_several,
        example=ViewExample(a_user, {"busy": {"enabled": True, "destination": "1003"}}),
    ),
    *(_forward(name) for name in EVENTS),
)
