"""AMI without sockets: bytes in, messages out; actions in, bytes out.

Facts: the Asterisk documentation, "The Asterisk Manager TCP IP API" (AMI v2 and later: Asterisk 16
answers 5.x, 22 answers 11.x). A message is a block of ``Key: Value`` lines ended by an empty line;
keys may repeat (``Output``, ``ChanVariable``, ``Variable``) and their order is kept.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

BANNER = b"Asterisk Call Manager/"
END_OF_LINE = b"\r\n"
LONGEST_LINE_SENT = 1023
"""Bytes: Asterisk reads a line into 1,025 bytes and drops the message when it is longer."""
MOST_HEADERS_SENT = 126
"""``AST_MAX_MANHEADERS`` is 128; Action and ActionID are ours."""
ESCAPE = re.compile(r"\\(.)")
ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}

HeaderValue: TypeAlias = str | int | bool | Sequence[str] | None
Headers: TypeAlias = Mapping[str, HeaderValue]


class AmiError(Exception):
    """Something about AMI went wrong."""


class AmiUsageError(AmiError, ValueError):
    """Our fault: the action cannot be written as AMI."""


class AmiProtocolError(AmiError):
    """Their fault: what arrived is not AMI, or beyond the limits."""


class Message:
    """One AMI message: keys as sent, in order, read without regard to case."""

    __slots__ = ("_first", "fields")

    def __init__(self, fields: Sequence[tuple[str, str]]) -> None:
        self.fields = tuple(fields)
        self._first: dict[str, str] = {}
        for key, value in fields:
            self._first.setdefault(key.lower(), value)

    def __getitem__(self, key: str) -> str:
        return self._first[key.lower()]

    def __contains__(self, key: str) -> bool:
        return key.lower() in self._first

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.fields)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and self.fields == other.fields

    def __hash__(self) -> int:
        return hash(self.fields)

    def __repr__(self) -> str:
        return f"Message({', '.join(f'{key}: {value}' for key, value in self.fields)})"

    def get(self, key: str, default: str = "") -> str:
        """The first value of that key."""
        return self._first.get(key.lower(), default)

    def all(self, key: str) -> list[str]:
        """Every value of that key, in order."""
        wanted = key.lower()
        return [value for name, value in self.fields if name.lower() == wanted]

    @property
    def event(self) -> str:
        """Name of the event, empty for a response."""
        return self._first.get("event", "")

    @property
    def is_response(self) -> bool:
        """Whether this answers an action (a list's members are events)."""
        return bool(self.fields) and self.fields[0][0].lower() == "response"

    @property
    def action_id(self) -> str:
        """Id of the action this belongs to, empty for none."""
        return self._first.get("actionid", "")

    def variables(self, key: str = "ChanVariable") -> dict[str, str]:
        """The ``name=value`` fields of that key, as ``channelvars`` of manager.conf gives them.

        Asterisk writes these values with C escapes (measured on 16.28 and 22.10); others as is.
        """
        found = (value.partition("=") for value in self.all(key))
        return {name: ESCAPE.sub(_unescaped, value) for name, _, value in found}


class AmiParser:
    """Cuts a stream of bytes into messages; a message is never read before it is complete."""

    def __init__(self, longest_line: int = 1 << 20, longest_message: int = 32 << 20) -> None:
        self.version: str | None = None
        """What the banner says ("5.0.5"); None before it came."""
        self._longest_line = longest_line
        self._longest_message = longest_message
        self._rest = b""
        self._fields: list[tuple[str, str]] = []
        self._size = 0

    def feed(self, data: bytes) -> list[Message]:
        """The messages completed by ``data``."""
        lines = (self._rest + data).split(END_OF_LINE)
        self._rest = lines.pop()
        messages: list[Message] = []
        for line in lines:
            self._check(line)
            if self.version is None:
                self._read_banner(line)
            elif line:
                self._size += len(line)
                if self._size > self._longest_message:
                    raise AmiProtocolError(f"a message of more than {self._longest_message} bytes")
                self._fields.append(_field(line))
            elif self._fields:
                messages.append(Message(self._fields))
                self._fields, self._size = [], 0
        self._check(self._rest)
        return messages

    def _check(self, line: bytes) -> None:
        if len(line) > self._longest_line:
            raise AmiProtocolError(f"a line of more than {self._longest_line} bytes")
        if self.version is None and not (line.startswith(BANNER) or BANNER.startswith(line)):
            raise AmiProtocolError(f"this is not an Asterisk manager: {line[:60]!r}")

    def _read_banner(self, line: bytes) -> None:
        if not line.startswith(BANNER):
            raise AmiProtocolError(f"this is not an Asterisk manager: {line[:60]!r}")
        self.version = line.removeprefix(BANNER).decode(errors="replace")


def _unescaped(escape: re.Match[str]) -> str:
    return ESCAPED.get(escape[1], escape[1])


def _field(line: bytes) -> tuple[str, str]:
    key, colon, value = line.decode(errors="replace").partition(":")
    if not colon:
        return "", key
    return key, value.removeprefix(" ")


def action(name: str, action_id: str, headers: Headers) -> bytes:
    """The bytes of an action. A sequence repeats its key, None leaves it out.

    Line ends in a value are refused: they would smuggle in headers, or a second action.
    """
    lines = [("Action", name), ("ActionID", action_id), *_flat(headers)]
    if len(lines) > MOST_HEADERS_SENT + 2:
        raise AmiUsageError(f"{name}: more than {MOST_HEADERS_SENT} headers")
    written = [_line(key, value) for key, value in lines]
    return b"".join([*written, END_OF_LINE])


def variable(name: str, value: str) -> str:
    """A ``Variable`` header's value for Originate, whatever characters the variable's value has.

    Asterisk splits the header at commas and takes quotes and backslashes away, as for the
    arguments of an application.
    """
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{name}="{quoted}"' if value else f"{name}="


def _flat(headers: Headers) -> Iterable[tuple[str, str]]:
    for key, value in headers.items():
        if value is None:
            continue
        if isinstance(value, bool):
            yield key, "true" if value else "false"
        elif isinstance(value, str | int):
            yield key, str(value)
        else:
            for one in value:
                yield key, one


def _line(key: str, value: str) -> bytes:
    if any(character in key + value for character in "\r\n\0"):
        raise AmiUsageError(f"a line end or NUL in the header {key!r}")
    if not key or ":" in key:
        raise AmiUsageError(f"not a header's name: {key!r}")
    line = f"{key}: {value}".encode()
    if len(line) > LONGEST_LINE_SENT:
        raise AmiUsageError(f"the header {key!r} has more than {LONGEST_LINE_SENT} bytes")
    return line + END_OF_LINE


@dataclass(frozen=True)
class Answer:
    """What an action got: its response, and the members if it was a list."""

    response: Message
    members: tuple[Message, ...] = ()

    @property
    def succeeded(self) -> bool:
        """Whether the response is neither Error nor a list that was cut short."""
        return self.response.get("Response") != "Error" and not (
            self.members and self.members[-1].get("EventList").lower() == "cancelled"
        )


@dataclass(frozen=True)
class Answered:
    """An action is complete."""

    action_id: str
    answer: Answer


@dataclass(frozen=True)
class Happened:
    """An event that belongs to no list."""

    message: Message


Effect: TypeAlias = Answered | Happened


@dataclass
class AmiMachine:
    """One connection's dialogue: gives ids to actions, and matches what comes back.

    An event that carries the id of an action is a member of its answer only while that action's
    list is open: OriginateResponse comes long after the response, and is an event like any other.
    """

    parser: AmiParser = field(default_factory=AmiParser)
    prefix: str = ""
    """Begins every ActionID, so that actions of several connections can be told apart in logs."""
    _number: int = 0
    _waiting: set[str] = field(default_factory=set)
    _lists: dict[str, tuple[Message, list[Message]]] = field(default_factory=dict)

    def send(self, name: str, headers: Headers) -> tuple[str, bytes]:
        """The new action's id and bytes."""
        self._number += 1
        action_id = f"{self.prefix}{self._number}"
        data = action(name, action_id, headers)
        self._waiting.add(action_id)
        return action_id, data

    def forget(self, action_id: str) -> None:
        """Its answer is no longer waited for; when it comes, it is dropped."""
        self._waiting.discard(action_id)

    def receive(self, data: bytes) -> list[Effect]:
        """What ``data`` completes."""
        effects: list[Effect] = []
        for message in self.parser.feed(data):
            if message.is_response:
                effects += self._responded(message)
            elif message.action_id in self._lists:
                effects += self._listed(message)
            else:
                effects.append(Happened(message))
        return effects

    def _responded(self, message: Message) -> list[Effect]:
        action_id = message.action_id
        if message.get("EventList").lower() == "start":
            self._lists[action_id] = (message, [])
            return []
        return self._complete(action_id, Answer(message))

    def _listed(self, message: Message) -> list[Effect]:
        response, members = self._lists[message.action_id]
        end = message.get("EventList").lower()
        if end == "complete":
            del self._lists[message.action_id]
            return self._complete(message.action_id, Answer(response, tuple(members)))
        members.append(message)
        if end == "cancelled":
            del self._lists[message.action_id]
            return self._complete(message.action_id, Answer(response, tuple(members)))
        return []

    def _complete(self, action_id: str, answer: Answer) -> list[Effect]:
        if action_id not in self._waiting:
            return []
        self._waiting.discard(action_id)
        return [Answered(action_id, answer)]
