"""One channel of Asterisk as calld knows it, and the Call that integrators see of it.

Call object: reference/calls.md 6.1 (keys of calld HEAD) and reference/events.md 5.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, Self

CLICK_PREFIX = "click-"
"""Unique ids that calld chose for the first leg of a click-to-call begin so."""

HIDDEN_TECHNOLOGIES = frozenset(
    {"Local", "Message", "Surrogate", "Recorder", "Announcer", "Snoop", "AsyncGoto", "CBAnn"}
)
"""Channels that Asterisk makes for itself; nobody holds a phone at their end."""

HIDDEN_CONTEXTS = frozenset({"xivo-provisioning"})

UP = "Up"

SIP_CALL_ID = "CHANNEL(pjsip,call-id)"
"""Dialplan function that gives a PJSIP channel's SIP Call-ID."""


@dataclass(frozen=True, slots=True)
class Party:
    """Whom an endpoint belongs to, as the configuration says."""

    user_uuid: str | None = None
    line_id: int | None = None
    name: str = ""
    number: str = ""
    userfield: str = ""
    external: bool = False
    """The endpoint is no line: a trunk, or something the configuration does not know."""


@dataclass(slots=True)
class Channel:
    """A channel, from its ``Newchannel`` to its ``Hangup``."""

    call_id: str
    name: str
    linkedid: str
    created_at: datetime
    state: str = "Down"
    context: str = ""
    extension: str = ""
    caller_name: str = ""
    caller_number: str = ""
    connected_name: str = ""
    connected_number: str = ""
    user_uuid: str | None = None
    line_id: int | None = None
    own_name: str = ""
    own_number: str = ""
    external: bool = False
    is_caller: bool = False
    dialed_extension: str = ""
    on_hold: bool = False
    bridge_id: str | None = None
    peer_id: str | None = None
    """The other end of an answered Dial, or the channel that rings this one."""
    dialing: list[str] = field(default_factory=list)
    """The channels that this one rings."""
    dial_status: str = ""
    """How the Dial that rings this channel ended."""
    peer_user_uuid: str | None = None
    """The last single user at the other end; kept to the end of the call."""
    contact: dict[str, Any] | None = None
    """Whom the peer's number belongs to, as the directories say."""
    contact_number: str = ""
    """The number that the directories were last asked about."""
    direction: str = "internal"
    answered_at: datetime | None = None
    sip_call_id: str | None = None
    announced: bool = False
    seq: int = 0

    @property
    def technology(self) -> str:
        return self.name.partition("/")[0]

    @property
    def is_hidden(self) -> bool:
        return self.technology in HIDDEN_TECHNOLOGIES or self.context in HIDDEN_CONTEXTS

    @property
    def endpoint(self) -> str:
        return endpoint_of(self.name)

    @property
    def is_click_to_call(self) -> bool:
        return self.call_id.startswith(CLICK_PREFIX)

    def to_json(self) -> dict[str, Any]:
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read what ``to_json`` of this or an earlier release wrote."""
        known = {each.name for each in fields(cls)}
        values = {name: value for name, value in stored.items() if name in known}
        for name in ("created_at", "answered_at"):
            if values.get(name) is not None:
                values[name] = datetime.fromisoformat(values[name])
        return cls(**values)


def endpoint_of(channel_name: str) -> str:
    """``PJSIP/abc-0000000e`` → ``PJSIP/abc``."""
    return channel_name.rpartition("-")[0] or channel_name


def real_extension(extension: str) -> str:
    """``s`` is where channels start that dialled nothing."""
    return "" if extension == "s" else extension


def call_of(
    channel: Channel,
    *,
    talking_to: Mapping[str, str | None],
    hangup_time: datetime | None = None,
) -> dict[str, Any]:
    """The Call object.

    ``peer_user_uuid`` is ours: HEAD tells the peer's user only once bridged (``talking_to``), too
    late for a screen pop. The peer's number is the extension that was dialled until Asterisk knows
    a connected line (HEAD's rule); the caller of a channel falls back on its line's own identity.
    """
    caller_name, caller_number = own_identity(channel)
    return {
        "call_id": channel.call_id,
        "conversation_id": channel.linkedid,
        "user_uuid": channel.user_uuid,
        "peer_user_uuid": channel.peer_user_uuid,
        "status": channel.state,
        "direction": channel.direction,
        "is_caller": channel.is_caller,
        "caller_id_name": caller_name,
        "caller_id_number": caller_number,
        "peer_caller_id_name": channel.connected_name,
        "peer_caller_id_number": channel.connected_number
        or (channel.dialed_extension if channel.is_caller else ""),
        "contact": channel.contact,
        "dialed_extension": channel.dialed_extension,
        "creation_time": channel.created_at.isoformat(),
        "answer_time": None if channel.answered_at is None else channel.answered_at.isoformat(),
        "hangup_time": None if hangup_time is None else hangup_time.isoformat(),
        "on_hold": channel.on_hold,
        "muted": False,
        "parked": False,
        "record_state": "inactive",
        "is_video": False,
        "bridges": [] if channel.bridge_id is None else [channel.bridge_id],
        "talking_to": dict(talking_to),
        "line_id": channel.line_id,
        "sip_call_id": channel.sip_call_id,
    }


def own_identity(channel: Channel) -> tuple[str, str]:
    """Name and number of the person at this end.

    A phone that rings for a click-to-call carries the dialled number as its caller id, so that it
    shows whom it is about to call (reference/calls.md 4.1); integrators want to know who calls.
    """
    shows_target = channel.is_click_to_call and channel.caller_number == channel.dialed_extension
    if channel.own_number and (shows_target or not channel.caller_number):
        return channel.own_name, channel.own_number
    return channel.caller_name, channel.caller_number
