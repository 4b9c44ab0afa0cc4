"""The machine's words: what it is fed (channel events) and what it gives (changes of calls)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    CREATED = "call_created"
    UPDATED = "call_updated"
    ANSWERED = "call_answered"
    ENDED = "call_ended"
    HELD = "call_held"
    RESUMED = "call_resumed"
    MISSED = "user_missed_call"


@dataclass(frozen=True, slots=True)
class ChannelEvent:
    """An AMI event: its name, its headers, and the channel variables that came with it."""

    name: str
    headers: Mapping[str, str]
    variables: Mapping[str, str]

    def text(self, header: str) -> str:
        """The header's value; Asterisk writes ``<unknown>`` for a number or name it hasn't."""
        value = self.headers.get(header, "")
        return "" if value == "<unknown>" else value


@dataclass(frozen=True, slots=True)
class Change:
    """Something integrators are told."""

    kind: Kind
    call_id: str
    user_uuid: str | None
    data: Mapping[str, Any]


def coalesced(changes: Sequence[Change]) -> list[Change]:
    """Without the updates that a later one of the same call and status makes pointless.

    Events that come in one piece (several variables set, a bridge entered by both ends) would
    otherwise send clients, the outbox and the bus each intermediate look of a call.
    """
    kept: list[Change] = []
    following: dict[str, Any] = {}
    for change in reversed(changes):
        status = change.data.get("status")
        if change.kind is Kind.UPDATED and following.get(change.call_id) == status:
            continue
        following[change.call_id] = status if change.kind is Kind.UPDATED else None
        kept.append(change)
    kept.reverse()
    return kept
