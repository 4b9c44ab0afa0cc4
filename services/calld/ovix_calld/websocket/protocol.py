"""The websocket's protocol, versions 1 and 2, without sockets (reference/events.md 7).

Version 1 is what XiVO 16.16 and HEAD's version 1 have in common, with the keys of both: replies
to ``subscribe`` and ``token`` come before ``start`` only, as afterwards a version 1 client takes
every frame for an event. Version 2 answers everything and wraps events.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import orjson

VERSIONS = (1, 2)
EVERYTHING = "*"
MAX_SUBSCRIPTIONS = 1000


class CloseCode(IntEnum):
    """Why a connection is closed, and what the client should do."""

    NO_TOKEN = 4001
    AUTHENTICATION_FAILED = 4002
    TOKEN_EXPIRED = 4003
    PROTOCOL_ERROR = 4004
    TRY_AGAIN = 1011
    """The bus was lost, or the client is too slow: reconnect with back-off, and resync."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A frame to send."""

    text: str


@dataclass(frozen=True, slots=True)
class Renew:
    """The client brings a new token; ``reply`` is sent once it was found good."""

    token: str
    reply: Reply | None


class ProtocolError(Exception):
    """The client broke the protocol; its connection closes with 4004."""


class Session:
    """One client: what it subscribed to, and whether it has started."""

    def __init__(self, version: int = 1) -> None:
        if version not in VERSIONS:
            raise ProtocolError(f"unsupported version {version}")
        self.version = version
        self.started = False
        self.subscriptions: set[str] = set()

    def hello(self) -> Reply:
        return _reply("init", {"version": self.version})

    def wants(self, event_name: str) -> bool:
        """Events before ``start`` are dropped, not kept."""
        return self.started and (
            event_name in self.subscriptions or EVERYTHING in self.subscriptions
        )

    def receive(self, frame: str | bytes) -> Reply | Renew | None:
        """Take a frame of the client; `ProtocolError` when it is none."""
        op, data = _parse(frame)
        answers = self.version > 1 or not self.started
        match op:
            case "subscribe":
                name = _text(data, "event_name")
                if len(self.subscriptions) >= MAX_SUBSCRIPTIONS:
                    raise ProtocolError(f"more than {MAX_SUBSCRIPTIONS} subscriptions")
                self.subscriptions.add(name)
                return _reply("subscribe") if answers else None
            case "unsubscribe" if self.version > 1:
                self.subscriptions.discard(_text(data, "event_name"))
                return _reply("unsubscribe")
            case "start":
                self.started = True
                return _reply("start")
            case "token":
                return Renew(_text(data, "token"), _reply("token") if answers else None)
            case "ping":
                if self.version > 1:
                    return _reply("pong", {"payload": _text(data, "payload")})
                return None
        raise ProtocolError(f"unknown operation {op[:80]!r}")


def event_frame(version: int, envelope: Mapping[str, Any]) -> str:
    """An event as that version's clients get it."""
    if version == 1:
        return orjson.dumps(envelope).decode()
    return orjson.dumps({"op": "event", "code": 0, "data": envelope}).decode()


def _reply(op: str, data: Mapping[str, Any] | None = None) -> Reply:
    # 16.16 has "msg", HEAD has "data"; clients of either find theirs
    return Reply(orjson.dumps({"op": op, "code": 0, "msg": "", "data": data}).decode())


def _parse(frame: str | bytes) -> tuple[str, Mapping[str, Any]]:
    if not isinstance(frame, str):
        raise ProtocolError("not a text frame")
    try:
        message = orjson.loads(frame)
    except orjson.JSONDecodeError as error:
        raise ProtocolError("not JSON") from error
    if not isinstance(message, dict):
        raise ProtocolError("not an object")
    op, data = message.get("op"), message.get("data")
    if not isinstance(op, str):
        raise ProtocolError("no operation")
    return op, data if isinstance(data, dict) else {}


def _text(data: Mapping[str, Any], member: str) -> str:
    value = data.get(member)
    if not isinstance(value, str) or len(value) > 512:
        raise ProtocolError(f"data without {member}")
    return value
