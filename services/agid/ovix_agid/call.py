"""What a handler is, and what it sees of a call: values in, channel variables out.

A handler never talks to Asterisk while it decides: the variables it ``reads`` are fetched before in
one command, and the variables it returns are set after it in one. ``Call.execute`` is the exception
for the rare application that must run in between (asking for a password).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from ovix_web.caller_names import CallerContact

Variables: TypeAlias = dict[str, str]
"""Channel variables or functions to set, in order."""

Row: TypeAlias = Mapping[str, Any]

INT32_MAX = 2**31 - 1


class DialplanBreak(Exception):
    """An expected refusal: the call goes on at ``agi_fail,s,1`` (reference/agid.md 2.4)."""


class Database(Protocol):
    """One statement at a time, prepared, within the time limit of a question."""

    async def row(self, statement: str, *arguments: object) -> Row | None:
        """The first row, or nothing."""

    async def rows(self, statement: str, *arguments: object) -> list[Row]:
        """All rows."""

    async def shared_row(self, statement: str, *arguments: object) -> Row | None:
        """The row of one question; questions of the same moment share an execution.

        ``statement`` takes an array in the place of each argument, and gives at most one row for
        each place in the arrays, numbered by ``nth``, from 1.
        """

    async def change(self, statement: str, *arguments: object) -> Row | None:
        """The first row of a statement that writes; never repeated, whatever happens."""


Whose: TypeAlias = Callable[[str, str | None], Awaitable[CallerContact | None]]
"""Whose number it is, for the user of a uuid, within the patience of a call; None also when nobody
can tell."""


async def nobody_knows(_number: str, _user_uuid: str | None) -> CallerContact | None:
    """Where there is no directory."""
    return None


Execute: TypeAlias = Callable[[str, str], Awaitable[bool]]
"""Runs a dialplan application; false when it failed or the caller hung up."""


@dataclass(slots=True)
class Call:
    """One question of Asterisk about one call."""

    arguments: tuple[str, ...]
    request: Mapping[str, str]
    """The ``agi_…`` lines, without that prefix."""
    variables: Mapping[str, str]
    """What the handler ``reads``; unset ones are empty."""
    database: Database
    now: datetime
    execute: Execute
    whose: Whose = nobody_knows
    notes: list[str] = field(default_factory=list)
    """Sentences for the log of Asterisk, sent in one line when the handler has answered."""

    def argument(self, index: int) -> str:
        """The argument at ``index``, empty when it was not given."""
        return self.arguments[index] if index < len(self.arguments) else ""

    def id(self, variable: str) -> int | None:
        """The id in a variable; nothing when it is unset or no id."""
        return as_id(self.variables.get(variable, ""))


@dataclass(frozen=True, slots=True)
class Handler:
    """A question agid can answer, under the name the dialplan uses."""

    name: str
    reads: tuple[str, ...]
    answer: Callable[[Call], Awaitable[Variables]]
    unavailable: Mapping[str, str] | None = None
    """What is set when there is no answer (docs/dialplan.md); nothing: the call breaks."""
    says: str = ""
    """A line that is written instead of any command."""


def handler(
    *reads: str, unavailable: Mapping[str, str] | None = None
) -> Callable[[Callable[[Call], Awaitable[Variables]]], Handler]:
    """Make a handler of a function; its name is the one the dialplan uses."""

    def made(answer: Callable[[Call], Awaitable[Variables]]) -> Handler:
        return Handler(answer.__name__, reads, answer, unavailable)

    return made


def as_id(text: str) -> int | None:
    """An id as a column can hold it; nothing for any other text."""
    if text.isascii() and text.isdecimal() and len(text) <= 10 and 0 < int(text) <= INT32_MAX:
        return int(text)
    return None


def flag(value: object) -> str:
    """A boolean as the dialplan reads it."""
    return "1" if value else "0"


def text(value: object) -> str:
    """A value as the dialplan reads it; null is empty."""
    return "" if value is None else str(value)


__all__ = [
    "Call",
    "Database",
    "DialplanBreak",
    "Execute",
    "Handler",
    "Row",
    "Variables",
    "Whose",
    "as_id",
    "flag",
    "handler",
    "nobody_knows",
    "text",
]
