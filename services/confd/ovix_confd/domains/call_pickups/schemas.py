"""Bodies of call pickups."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from ...kit import Id, Link, Schema, Strict, Text, partial_of, text
from ...relations import NamedRelation, UserRelation

MOST_MEMBERS = 1000


class CallPickupCreate(Schema):
    """A call pickup to create."""

    name: Annotated[str, text(128, 1)]
    description: Text | None = None
    enabled: Strict = True


CallPickupUpdate = partial_of(CallPickupCreate)


class CallPickupSideRead(Schema):
    """One side of a call pickup."""

    groups: list[NamedRelation]
    users: list[UserRelation]


class CallPickupRead(Schema):
    """A call pickup."""

    id: int
    name: str
    description: str | None
    enabled: bool
    interceptors: CallPickupSideRead = Field(description="Who may pick up.")
    targets: CallPickupSideRead = Field(description="Whose calls may be picked up.")
    links: list[Link]


class PickupUser(Schema):
    """A user, by his uuid."""

    uuid: UUID


class PickupUsers(Schema):
    """All users of one side."""

    users: Annotated[list[PickupUser], Field(max_length=MOST_MEMBERS)]


class PickupGroup(Schema):
    """A group, by its id."""

    id: Id


class PickupGroups(Schema):
    """All groups of one side; all their users are meant, now and later."""

    groups: Annotated[list[PickupGroup], Field(max_length=MOST_MEMBERS)]
