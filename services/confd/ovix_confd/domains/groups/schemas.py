"""Bodies of groups."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from ...destinations import Destination
from ...kit import Count, Link, Schema, Strict, partial_of, text
from ...relations import ExtensionRelation, NamedRelation, UserRelation

MOST_MEMBERS = 1000


class GroupCreate(Schema):
    """A group to create."""

    name: Annotated[str, text(128, 1)]
    label: Annotated[str, Field(pattern=r"^[-_.a-zA-Z0-9 ]{1,128}$")] | None = Field(
        None, description="What people read; not given: the name."
    )
    preprocess_subroutine: Annotated[str, text(39)] | None = None
    ring_strategy: Literal[
        "all",
        "random",
        "least_recent",
        "linear",
        "fewest_calls",
        "memorized_round_robin",
        "weight_random",
    ] = "all"
    caller_id_mode: Literal["prepend", "overwrite", "append"] | None = None
    caller_id_name: Annotated[str, text(80)] | None = None
    timeout: Count | None = Field(None, description="Seconds before the fallback.")
    user_timeout: Count | None = Field(15, description="Seconds a member is rung.")
    retry_delay: Count | None = 5
    music_on_hold: Annotated[str, text(128)] | None = None
    ring_in_use: Strict = True
    enabled: Strict = True
    dtmf_record_toggle: Strict = False
    mark_answered_elsewhere: Strict = False
    ignore_forward: Strict = True
    max_calls: Count | None = Field(0, description="Waiting calls; 0: any number.")


GroupUpdate = partial_of(GroupCreate)


class MemberUserRead(UserRelation):
    """A user who is a member."""

    priority: int


class MemberExtensionRead(Schema):
    """A number that is a member."""

    exten: str
    context: str
    priority: int


class MembersRead(Schema):
    """All members of a group."""

    users: list[MemberUserRead]
    extensions: list[MemberExtensionRead]


class GroupFallbacks(Schema):
    """Where calls go that no member takes; PUT replaces them all."""

    noanswer_destination: Destination | None = None
    congestion_destination: Destination | None = None


class GroupRead(Schema):
    """A group."""

    id: int
    uuid: str
    name: str
    label: str
    preprocess_subroutine: str | None
    ring_strategy: str
    caller_id_mode: str | None
    caller_id_name: str | None
    timeout: int | None
    user_timeout: int | None
    retry_delay: int | None
    music_on_hold: str | None
    ring_in_use: bool
    enabled: bool
    dtmf_record_toggle: bool
    mark_answered_elsewhere: bool
    ignore_forward: bool
    max_calls: int | None
    extensions: list[ExtensionRelation]
    fallbacks: GroupFallbacks
    incalls: list[Any]
    members: MembersRead
    schedules: list[NamedRelation]
    call_permissions: list[NamedRelation]
    links: list[Link]


class MemberUser(Schema):
    """A user to be a member."""

    uuid: UUID
    priority: Count | None = Field(None, description="Not given: the place in the list, from 0.")


class MemberUsers(Schema):
    """All users who are to be members."""

    users: Annotated[list[MemberUser], Field(max_length=MOST_MEMBERS)]


class MemberExtension(Schema):
    """A number to be a member; it need not exist."""

    exten: Annotated[str, Field(pattern=r"^[0-9*#+]{1,40}$")]
    context: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,39}$")]
    priority: Count | None = Field(None, description="Not given: the place in the list, from 0.")


class MemberExtensions(Schema):
    """All numbers that are to be members."""

    extensions: Annotated[list[MemberExtension], Field(max_length=MOST_MEMBERS)]
