"""What a function key does: its kinds and their fields.

Source: reference/confd/devices-funckeys.md, "Function key templates".
"""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal, get_args, get_origin

from pydantic import BeforeValidator, Field

from ...kit import Id, Int32, Schema

PARKING_POSITIONS = range(701, 751)
"""``parkpos`` of the one parking lot there is."""


def _without_blanks(given: Any) -> Any:
    return given.replace(" ", "") if isinstance(given, str) else given


Exten = Annotated[
    str,
    BeforeValidator(_without_blanks),
    Field(pattern=r"^[A-Z0-9+*][^\x00\n\r\t;]*$", max_length=40),
]


class KeyDestination(Schema):
    """A kind of destination; ``type`` tells the kinds apart."""

    target: ClassVar[tuple[str, str] | None] = None
    """The field that names an object, and what errors call that object."""


class ToUser(KeyDestination):
    """Calls a user, and shows the state of his phone."""

    target = ("user_id", "User")
    type: Literal["user"]
    user_id: Id


class ToGroup(KeyDestination):
    """Calls a group."""

    target = ("group_id", "Group")
    type: Literal["group"]
    group_id: Id


class ToQueue(KeyDestination):
    """Calls a queue."""

    target = ("queue_id", "Queue")
    type: Literal["queue"]
    queue_id: Id


class ToConference(KeyDestination):
    """Joins a conference."""

    target = ("conference_id", "Conference")
    type: Literal["conference"]
    conference_id: Id


class ToPaging(KeyDestination):
    """Speaks through the phones of a paging."""

    target = ("paging_id", "Paging")
    type: Literal["paging"]
    paging_id: Id


class ToService(KeyDestination):
    """Dials the code of a service."""

    type: Literal["service"]
    service: Literal[
        "enablevm",
        "vmusermsg",
        "vmuserpurge",
        "phonestatus",
        "recsnd",
        "calllistening",
        "directoryaccess",
        "fwdundoall",
        "pickup",
        "callrecord",
        "incallfilter",
        "enablednd",
    ]


class ToCustom(KeyDestination):
    """Dials a number or code as it is."""

    type: Literal["custom"]
    exten: Exten


class ToForward(KeyDestination):
    """Switches a forward; without a number the phone asks for one."""

    type: Literal["forward"]
    forward: Literal["busy", "noanswer", "unconditional"]
    exten: Exten | None = None


class ToTransfer(KeyDestination):
    """Transfers the present call."""

    type: Literal["transfer"]
    transfer: Literal["blind", "attended"]


class ToParkPosition(KeyDestination):
    """Fetches the call that is parked there."""

    type: Literal["park_position"]
    position: Int32


class ToParking(KeyDestination):
    """Parks the present call."""

    type: Literal["parking"]


class ToFilterMember(KeyDestination):
    """Switches a member of a boss-secretary filter."""

    target = ("filter_member_id", "FilterMember")
    type: Literal["bsfilter"]
    filter_member_id: Id


class ToAgent(KeyDestination):
    """Logs an agent in or out."""

    target = ("agent_id", "Agent")
    type: Literal["agent"]
    agent_id: Id
    action: Literal["login", "logout", "toggle"]


class ToOnlineRecording(KeyDestination):
    """Records the present call."""

    type: Literal["onlinerec"]


class ToGroupMember(KeyDestination):
    """Joins or leaves a group."""

    target = ("group_id", "Group")
    type: Literal["groupmember"]
    group_id: Id
    action: Literal["join", "leave", "toggle"]


Destination = Annotated[
    ToUser
    | ToGroup
    | ToQueue
    | ToConference
    | ToPaging
    | ToService
    | ToCustom
    | ToForward
    | ToTransfer
    | ToParkPosition
    | ToParking
    | ToFilterMember
    | ToAgent
    | ToOnlineRecording
    | ToGroupMember,
    Field(discriminator="type"),
]
_KINDS: tuple[type[KeyDestination], ...] = get_args(get_args(Destination)[0])
KIND_OF: dict[str, type[KeyDestination]] = {
    get_args(kind.model_fields["type"].annotation)[0]: kind for kind in _KINDS
}


def described(base_url: str) -> Iterator[dict[str, Any]]:
    """All kinds with their parameters, the values to choose from, and where to find objects."""
    for name, kind in KIND_OF.items():
        parameters: list[dict[str, Any]] = []
        for field, info in kind.model_fields.items():
            if field == "type":
                continue
            parameter: dict[str, Any] = {"name": field}
            if get_origin(info.annotation) is Literal:
                parameter["values"] = list(get_args(info.annotation))
            if field == "user_id":
                parameter["collection"] = f"{base_url}/users"
            parameters.append(parameter)
        yield {"type": name, "parameters": parameters}
