"""``/users/{id}/services``: do not disturb and call screening."""

from collections.abc import Mapping
from typing import Any

from ovix_bus import EventType
from ovix_bus.catalogue import users
from ovix_schema import User
from sqlalchemy.ext.asyncio import AsyncSession

from ...kit import Schema, ViewExample, ViewSpec, Work, json_object
from .reading import services_json
from .resource import USERS
from .schemas import Service, Services

EVENTS: Mapping[str, EventType[Any]] = {
    "dnd": users.users_services_dnd_updated,
    "incallfilter": users.users_services_incallfilter_updated,
}


class ServicesUpdate(Schema):
    """Services to switch; those that are not given stay as they are."""

    dnd: Service | None = None
    incallfilter: Service | None = None


def switch(work: Work, user: User, name: str, enabled: bool) -> None:
    """Switch one service; it is announced even when nothing changes."""
    setattr(user, f"{name}_enabled", enabled)
    work.announce(EVENTS[name](user_uuid=user.uuid, enabled=enabled))


async def _switch_several(work: Work, user: User, body: ServicesUpdate) -> None:
    for name in EVENTS:
        given: Service | None = getattr(body, name)
        enabled = getattr(user, f"{name}_enabled") if given is None else given.enabled
        switch(work, user, name, enabled)


async def a_user(session: AsyncSession, entity_id: int) -> object:
    """A user of that entity, for examples."""
    user = User(firstname="Jeanne", caller_id='"Jeanne"', entity_id=entity_id)
    session.add(user)
    await session.flush()
    return user.id


def _service(name: str) -> ViewSpec[User]:
    async def apply(work: Work, user: User, body: Service) -> None:
        switch(work, user, name, body.enabled)

    scope = f"confd.users.{{user_id}}.services.{name}"
    # XiVO asks for the access of dnd on both; integrators' policies say so.
    of_dnd = "confd.users.{user_id}.services.dnd"
    return ViewSpec(
        name=f"user_service_{name}",
        parent=USERS,
        own=True,
        path=f"/services/{name}",
        shows=json_object(enabled=getattr(User, f"{name}_enabled")),
        read=Service,
        write=Service,
        apply=apply,
        read_scopes=tuple(dict.fromkeys((f"{scope}.read", f"{of_dnd}.read"))),
        update_scopes=tuple(dict.fromkeys((f"{scope}.update", f"{of_dnd}.update"))),
        example=ViewExample(a_user, {"enabled": True}),
    )


SERVICES = (
    ViewSpec(
        name="user_services",
        parent=USERS,
        own=True,
        path="/services",
        shows=services_json(),
        read=Services,
        write=ServicesUpdate,
        apply=_switch_several,
        example=ViewExample(a_user, {"dnd": {"enabled": True}}),
    ),
    _service("dnd"),
    _service("incallfilter"),
)
