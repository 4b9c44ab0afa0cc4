"""What the renderers are given: rows of the database, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SipAccount:
    """A SIP endpoint with its options."""

    username: str
    secret: str
    type: str = "friend"
    host: str = "dynamic"
    native_options: Mapping[str, Any] = field(default_factory=dict)
    extra_options: Sequence[Sequence[str]] = ()
    transport: str | None = None
    """The name of the transport it was given."""
    templates: Sequence[UUID] = ()
    """What it inherits, in order."""

    @property
    def is_static(self) -> bool:
        """Whether it has an address of its own instead of registering."""
        return self.host.lower() != "dynamic"


@dataclass(frozen=True, slots=True)
class SipTransport:
    """Where Asterisk is to listen for SIP."""

    name: str
    options: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True)
class SipTemplate:
    """Options of PJSIP objects, by object, that devices inherit."""

    uuid: UUID
    transport: str | None = None
    parents: Sequence[UUID] = ()
    sections: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SipLine:
    """A line with a SIP endpoint: whose it is, its number and its owner's box."""

    account: SipAccount
    context: str
    user_id: int | None = None
    user_uuid: UUID | None = None
    caller_id: str | None = None
    language: str | None = None
    music_on_hold: str | None = None
    exten: str | None = None
    exten_context: str | None = None
    mailbox: str | None = None
    pickup_groups: Sequence[int] | None = None
    """Call pickups by which its owner may take calls of others."""
    call_groups: Sequence[int] | None = None
    """Call pickups by which others may take his."""


@dataclass(frozen=True, slots=True)
class SipTrunk:
    """A trunk with a SIP endpoint."""

    account: SipAccount
    context: str | None = None


@dataclass(frozen=True, slots=True)
class IaxPeer:
    """The IAX endpoint of a trunk."""

    name: str
    context: str | None = None
    type: str = "friend"
    host: str = "dynamic"
    native_options: Mapping[str, Any] = field(default_factory=dict)
    extra_options: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers of one kind that a context offers."""

    kind: str
    start: str
    end: str
    did_length: int = 0


@dataclass(frozen=True, slots=True)
class DialplanContext:
    """A context with what it includes, in order."""

    name: str
    type: str
    includes: Sequence[str] = ()
    ranges: Sequence[Range] = ()


@dataclass(frozen=True, slots=True)
class DialledNumber:
    """An enabled extension and the object it leads to; without one it leads nowhere."""

    id: int
    context: str
    exten: str
    type: str = "user"
    user_id: int | None = None
    outcall_extension_id: int | None = None
    hint: str | None = None
    """The devices to watch, joined by ``&``; none when the user is not supervised."""


@dataclass(frozen=True, slots=True)
class UserFallback:
    """What can be done for a user's call while agid can't answer."""

    user_id: int
    user_uuid: UUID
    interfaces: Sequence[str]


@dataclass(frozen=True, slots=True)
class RouteTrunk:
    """A trunk of a route: a SIP endpoint's name, or an IAX or custom interface and its suffix."""

    endpoint: str | None = None
    interface: str | None = None
    suffix: str | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """A dial pattern of an outgoing route, as far as emergency calls need it."""

    id: int
    country: str
    strip_digits: int = 0
    external_prefix: str | None = None
    trunks: Sequence[RouteTrunk] = ()


@dataclass(frozen=True, slots=True)
class Feature:
    """An enabled feature code."""

    feature: str
    exten: str


@dataclass(frozen=True, slots=True)
class WatchedKey:
    """A function key with a lamp for a service, a forward or a number that is no user's."""

    context: str
    """Where the user's phone is, and looks for hints."""
    user_id: int
    destination: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An enabled voicemail box."""

    context: str
    number: str
    name: str
    password: str | None = None
    email: str | None = None
    pager: str | None = None
    language: str | None = None
    zone: str | None = None
    attach_audio: bool | None = None
    delete_messages: bool = False
    max_messages: int | None = None
    options: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True)
class Zone:
    """A way of saying when a message came."""

    name: str
    timezone: str
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Settings of a file, or of the installation, as the configuration API was given them."""

    name: str
    content: Mapping[str, Any]

    @property
    def options(self) -> Mapping[str, str]:
        """The values by name."""
        return self.content.get("options") or {}

    @property
    def ordered(self) -> Sequence[Sequence[str]]:
        """Names and values of options that repeat, or whose order matters."""
        return self.content.get("ordered_options") or ()

    @property
    def items(self) -> Sequence[Mapping[str, Any]]:
        """The rows of a section that is a list."""
        return self.content.get("items") or ()


@dataclass(frozen=True, slots=True)
class Installation:
    """What is true of all files."""

    live_reload: bool
    """Whether Asterisk is asked to read what changes."""


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Something stored that Asterisk does not get, and why."""

    file: str
    object: str
    option: str
    value: str
    reason: str
