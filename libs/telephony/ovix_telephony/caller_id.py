"""Caller ids: their text, their rewriting, and what leaves or enters the company.

Grammar and rewriting: reference/agid.md 3.3 and 3.4; outgoing and incoming numbers: part 12.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

_NUMBER = re.compile(r"\+?[0-9*#]+")
_TEXT = re.compile(
    r"""\s*(?:"(?P<quoted>[^"]*)"|(?P<bare>[^\W_](?:[\w.!%*+`'~ -]*[\w.!%*+`'~-])?|[\w.!%*+`'~-]+))?
        \s*(?:<(?P<number>\+?[0-9*#]+)>)?\s*""",
    re.VERBOSE,
)
UNKNOWN = "unknown"
ANONYMOUS, DEFAULT = "anonymous", "default"


@dataclass(frozen=True, slots=True)
class CallerId:
    """A name, a number, or both."""

    name: str | None = None
    number: str | None = None

    @property
    def shown_name(self) -> str:
        return self.name or self.number or ""

    def __str__(self) -> str:
        """As ``CALLERID(all)`` takes it; the name defaults to the number."""
        if self.number is None:
            return f'"{self.shown_name}"'
        return f'"{self.shown_name}" <{self.number}>'


def parse(text: str | None) -> CallerId | None:
    """A caller id text; what does not fit the grammar is ignored entirely."""
    if not text:
        return None
    found = _TEXT.fullmatch(text)
    if not found:
        return None
    quoted, bare, number = found["quoted"], found["bare"], found["number"]
    name = quoted if quoted is not None else bare
    if not name and number is None:
        return None
    if bare and number is None and _NUMBER.fullmatch(bare):
        return CallerId(bare, bare)
    return CallerId(name or None, number)


class RewriteMode(StrEnum):
    """How an object changes the name of who calls through it."""

    PREPEND = "prepend"
    APPEND = "append"
    OVERWRITE = "overwrite"


def rewritten(
    mode: RewriteMode, display: CallerId, current_name: str, current_number: str
) -> CallerId:
    """The caller id shown after an incoming call, group, queue or filter has put its text on it."""
    number = display.number or current_number or UNKNOWN
    name = current_name.strip('"') or number
    text = display.shown_name
    if mode is RewriteMode.OVERWRITE:
        return CallerId(text, number)
    if text == name == number:
        return CallerId(name, number)
    if mode is RewriteMode.PREPEND:
        return CallerId(f"{text} - {name}", number)
    return CallerId(f"{name} - {text}", number)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What a call shows outside: nothing (anonymous), a caller id, or what it has (neither)."""

    anonymous: bool = False
    caller_id: CallerId | None = None


def outgoing(*, internal: bool, user: str | None, route: str | None) -> Outgoing:
    """The caller id that leaves by a route (reference/agid.md 12.1).

    ``user`` is the caller's ``outgoing_caller_id`` (null: caller unknown or nothing set, the same
    as ``default``), ``route`` the one of the dial pattern; an ``internal`` route changes nothing.
    """
    if internal:
        return Outgoing()
    if user is None or user in ("", DEFAULT):
        return Outgoing(caller_id=parse(route))
    if user == ANONYMOUS:
        return Outgoing(anonymous=True)
    return Outgoing(caller_id=parse(user))


@dataclass(frozen=True, slots=True)
class IncomingRule:
    """A form of number a provider may send, and how it becomes one that can be called back."""

    name: str
    pattern: re.Pattern[str]
    strip: int = 0
    add: str = ""


INCOMING_RULES = (
    IncomingRule("national1", re.compile(r"0[1-9]\d{8}", re.ASCII)),
    IncomingRule("national2", re.compile(r"[1-9]\d{8}", re.ASCII), add="0"),
    IncomingRule("national3", re.compile(r"\+33[1-9]\d{8}", re.ASCII), strip=3, add="0"),
    IncomingRule("international1", re.compile(r"\+(?!33)\d{4,}", re.ASCII), strip=1, add="00"),
    IncomingRule("international2", re.compile(r"00\d{6,}", re.ASCII)),
    IncomingRule("international3", re.compile(r"(?![0+])\d{11,}", re.ASCII), add="00"),
)
"""XiVO's shipped table (reference/agid.md 12.2), first match wins."""


def normalised_incoming(number: str, rules: Sequence[IncomingRule] = INCOMING_RULES) -> str | None:
    """The number as it would be dialled from here; nothing when no rule knows its form."""
    for rule in rules:
        if rule.pattern.fullmatch(number):
            return rule.add + number[rule.strip :]
    return None


__all__ = [
    "ANONYMOUS",
    "DEFAULT",
    "INCOMING_RULES",
    "UNKNOWN",
    "CallerId",
    "IncomingRule",
    "Outgoing",
    "RewriteMode",
    "normalised_incoming",
    "outgoing",
    "parse",
    "rewritten",
]
