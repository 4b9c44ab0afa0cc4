"""Shapes that many events of the catalogue share: the life of a resource, a link of two."""

from collections.abc import Callable
from typing import ParamSpec
from uuid import UUID

from pydantic import Field

from .event import EventData, EventType

P = ParamSpec("P")


class Nothing(EventData):
    """No data: the name says it all."""


class ResourceId(EventData):
    """A resource by its integer id; read it again through confd for the rest."""

    id: int


class UserResource(EventData):
    """Something of a user."""

    user_uuid: UUID = Field(description="The user.")


def life(
    resource: str, key: str, data: Callable[P, EventData]
) -> tuple[EventType[P], EventType[P], EventType[P]]:
    """``<resource>_created``, ``_edited`` and ``_deleted``, on ``<key>.created`` and so on."""
    title = resource.replace("_", " ")
    return (
        EventType(f"{resource}_created", f"{key}.created", data, f"A {title} was created."),
        EventType(f"{resource}_edited", f"{key}.edited", data, f"A {title} was changed."),
        EventType(f"{resource}_deleted", f"{key}.deleted", data, f"A {title} was deleted."),
    )


def link(
    name: str, key: str, data: Callable[P, EventData], summary: str, *, verb: str = "updated"
) -> tuple[EventType[P], EventType[P]]:
    """``<name>_associated`` on ``<key>.<verb>`` and ``<name>_dissociated`` on ``<key>.deleted``.

    ``summary`` names the two ends: "A user and a line".
    """
    return (
        EventType(f"{name}_associated", f"{key}.{verb}", data, f"{summary} were linked."),
        EventType(f"{name}_dissociated", f"{key}.deleted", data, f"{summary} were unlinked."),
    )
