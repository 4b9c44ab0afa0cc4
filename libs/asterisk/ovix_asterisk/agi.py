"""AGI without sockets: the request block and answers in, command lines out.

Facts: Asterisk's AGI documentation and measurements on 16.28 and 22.10 (agid reference, part 2).
Asterisk sends one block of ``key: value`` lines ended by an empty line, then answers one command
at a time: one line each, save for the usage text of a 520.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

LONGEST_COMMAND = 1999
"""Bytes: beyond 2,047 Asterisk 16 reads the rest of the line as another command."""
LONGEST_SHARED_VALUE = 1000
"""Bytes: a longer value is set by a command of its own."""
_SHARED = LONGEST_COMMAND - len('EXEC MSet ""')
"""Bytes of assignments in one command, each with the comma behind it."""
SEPARATOR = "\x1f"
"""ASCII unit separator, between the values of a joint read: no phone types it."""
VALUE_BEGINS = b"200 result=1 ("
CLOSING = ord(")")
NEEDS_CARE = re.compile(r'[\\"\n\r\0]').search
IS_SPECIAL = re.compile(r'[\\"\n\r\0()\[\]]').search
BRACKET = re.compile(r"([()\[\]])")
HAS_BRACKET = BRACKET.search
WORDS_FOLLOW = re.compile(rb"\)(?: \w+=\S*)+$")


class AgiError(Exception):
    """A conversation with Asterisk went wrong."""


class AgiUsageError(AgiError, ValueError):
    """Our fault: this can't be written as an AGI command."""


class AgiProtocolError(AgiError):
    """Their fault: what arrived is not AGI, or beyond the limits."""


class AgiCommandError(AgiError):
    """Asterisk did not do a command."""

    def __init__(self, command: str, answer: str) -> None:
        self.command, self.answer = command, answer
        super().__init__(f"{command}: {answer}")


class AgiUnknownCommand(AgiCommandError):
    """510: Asterisk has no such command."""


class AgiDeadChannel(AgiCommandError):
    """511: the caller has hung up, and this command needs them."""


class AgiWrongUsage(AgiCommandError):
    """520: the command's arguments are wrong; the usage text is in ``answer``."""


ERRORS = {510: AgiUnknownCommand, 511: AgiDeadChannel, 520: AgiWrongUsage}


@dataclass(frozen=True)
class Limits:
    """What a peer may send before it is refused."""

    line: int = 8192
    lines: int = 256
    block: int = 65536
    answer: int = 1 << 20


@dataclass(frozen=True)
class AgiRequest:
    """What Asterisk asks: the ``agi_…`` variables without that prefix."""

    variables: dict[str, str]

    @property
    def handler(self) -> str:
        """The URL's path (``agi://host/HANDLER``)."""
        return self.variables.get("network_script", "")

    @property
    def arguments(self) -> tuple[str, ...]:
        """``agi_arg_1``… up to the first missing one; empty ones in between are kept."""
        found: list[str] = []
        while (value := self.variables.get(f"arg_{len(found) + 1}")) is not None:
            found.append(value)
        return tuple(found)

    @property
    def channel(self) -> str:
        """Name of the channel that runs AGI()."""
        return self.variables.get("channel", "")


@dataclass(frozen=True)
class AgiAnswer:
    """``200 result=<result> (<data>)``; other words (``endpos=``) are in ``text``."""

    code: int
    result: str
    data: str | None
    text: str


Effect: TypeAlias = AgiRequest | AgiAnswer


@dataclass
class AgiMachine:
    """One connection: a request, then answers."""

    limits: Limits = field(default_factory=Limits)
    _buffer: bytes = b""
    _has_request: bool = False
    _usage: list[str] | None = None

    def receive(self, data: bytes) -> list[Effect]:
        """What ``data`` completes."""
        self._buffer += data
        effects: list[Effect] = []
        if not self._has_request:
            request = self._read_request()
            if request is None:
                return effects
            effects.append(request)
        while (answer := self._read_answer()) is not None:
            effects.append(answer)
        return effects

    def _read_request(self) -> AgiRequest | None:
        end = self._buffer.find(b"\n\n")
        if (len(self._buffer) if end < 0 else end) > self.limits.block:
            raise AgiProtocolError(f"a request of more than {self.limits.block} bytes")
        lines = self._buffer[: end if end >= 0 else None].decode(errors="replace").split("\n")
        if end < 0:
            # Refuse what can't become a request without waiting for its end.
            _check(lines, self.limits)
            return None
        self._buffer = self._buffer[end + 2 :]
        self._has_request = True
        _check(lines, self.limits)
        return AgiRequest(dict(_variables(lines)))

    def _read_answer(self) -> AgiAnswer | None:
        while True:
            end = self._buffer.find(b"\n")
            if end >= 0 and self._buffer.startswith(VALUE_BEGINS):
                end = self._end_of_value(end)
            if (len(self._buffer) if end < 0 else end) > self.limits.answer:
                raise AgiProtocolError(f"an answer of more than {self.limits.answer} bytes")
            if end < 0:
                return None
            line = self._buffer[:end].decode(errors="replace")
            self._buffer = self._buffer[end + 1 :]
            answer = self._answer(line)
            if answer is not None:
                return answer

    def _end_of_value(self, end: int) -> int:
        """Where an answer with a value ends, which may hold line ends itself.

        After the value come ``)`` and the line end, or words such as ``endpos=8000``.
        """
        if self._buffer[end - 1] == CLOSING or WORDS_FOLLOW.search(self._buffer, 0, end):
            return end
        closing = self._buffer.find(b")\n", end)
        return closing + 1 if closing >= 0 else -1

    def _answer(self, line: str) -> AgiAnswer | None:
        if self._usage is not None:
            self._usage.append(line)
            if not line.startswith("520 "):
                return None
            text, self._usage = "\n".join(self._usage), None
            return AgiAnswer(520, "", None, text)
        if line.startswith("HANGUP"):
            # Unasked, and only where AGISIGHUP is not "no": it is the answer to nothing.
            return None
        if line.startswith("520-"):
            self._usage = [line]
            return None
        return _parsed(line)


def _check(lines: Sequence[str], limits: Limits) -> None:
    if len(lines) > limits.lines:
        raise AgiProtocolError(f"a request of more than {limits.lines} lines")
    if len(max(lines, key=len)) > limits.line:
        raise AgiProtocolError(f"a line of more than {limits.line} bytes")
    if not "agi_".startswith(lines[0][:4]):
        raise AgiProtocolError(f"this is not AGI: {lines[0][:60]!r}")


def _variables(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        key, colon, value = line.partition(":")
        if not colon:
            raise AgiProtocolError(f"this is not AGI: {line[:60]!r}")
        yield key.removeprefix("agi_"), value.removeprefix(" ")


def _parsed(line: str) -> AgiAnswer:
    code, _, rest = line.partition(" ")
    if len(code) != 3 or not (code.isascii() and code.isdigit()):
        raise AgiProtocolError(f"this is not an answer: {line[:60]!r}")
    result, data = "", None
    if rest.startswith("result="):
        result = rest[7:].split(" ", 1)[0]
        first, last = rest.find("("), rest.rfind(")")
        if 0 <= first < last:
            data = rest[first + 1 : last]
    return AgiAnswer(int(code), result, data, line)


def check(command: str, answer: AgiAnswer) -> AgiAnswer:
    """``answer``, or the exception its code stands for."""
    if answer.code == 200:
        return answer
    raise ERRORS.get(answer.code, AgiCommandError)(command, answer.text)


def quoted(argument: str) -> str:
    """One argument of a command. Line ends would start another command: they become spaces."""
    if not NEEDS_CARE(argument):
        return f'"{argument}"'
    clean = argument.replace("\\", "\\\\").replace('"', '\\"')
    if "\n" in clean or "\r" in clean or "\0" in clean:
        clean = clean.replace("\r\n", " ").replace("\n", " ").replace("\r", " ").replace("\0", "")
    return f'"{clean}"'


def command(*words: str) -> str:
    """``GET VARIABLE`` and its arguments as one line: the first word as is, the others quoted."""
    line = " ".join((words[0], *map(quoted, words[1:])))
    if len(line.encode()) > LONGEST_COMMAND:
        raise AgiUsageError(f"{words[0]}: more than {LONGEST_COMMAND} bytes")
    return line


@lru_cache(maxsize=1024)
def reads(names: tuple[str, ...]) -> Sequence[tuple[tuple[str, ...], str]]:
    """Commands that read these variables and functions, and which of them each one reads."""
    line = _reading(names)
    if len(line.encode()) <= LONGEST_COMMAND:
        return [(names, line)]
    if len(names) == 1:
        raise AgiUsageError(f"too long a name: {names[0][:60]!r}")
    half = len(names) // 2
    return [*reads(names[:half]), *reads(names[half:])]


def _reading(names: Iterable[str]) -> str:
    expression = SEPARATOR.join(f"${{{name}}}" for name in names)
    return f"GET FULL VARIABLE {quoted(expression)}"


def read_values(names: Sequence[str], answer: AgiAnswer) -> list[str] | None:
    """The values a command of ``reads`` found; None if a value holds the separator itself."""
    if answer.data is None:
        return [""] * len(names)
    values = answer.data.split(SEPARATOR)
    return values if len(values) == len(names) else None


def sets(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Commands that set these variables and functions, in order, as few as the limits allow."""
    pairs = list(pairs)
    if IS_SPECIAL("".join([value for _, value in pairs])):
        assignments = [quoted(f"{name}={_argument(value)}")[1:-1] for name, value in pairs]
    else:  # nearly always; forty are set for every called user
        assignments = [f'{name}=\\"{value}\\"' for name, value in pairs]
    whole = ",".join(assignments)
    if not whole:
        return []
    if whole.isascii() and len(whole) < _SHARED and _longest(assignments) <= LONGEST_SHARED_VALUE:
        return [f'EXEC MSet "{whole}"']
    return _packed(pairs, assignments)


def _packed(pairs: Sequence[tuple[str, str]], assignments: Sequence[str]) -> list[str]:
    commands: list[str] = []
    waiting: list[str] = []
    size = 0
    for (name, value), assignment in zip(pairs, assignments, strict=True):
        added = len(assignment.encode()) + 1
        if waiting and (added > LONGEST_SHARED_VALUE or size + added > _SHARED):
            commands.append(f'EXEC MSet "{",".join(waiting)}"')
            waiting, size = [], 0
        if added > LONGEST_SHARED_VALUE:
            commands.append(command("SET VARIABLE", name, value))
        else:
            waiting.append(assignment)
            size += added
    return [*commands, f'EXEC MSet "{",".join(waiting)}"'] if waiting else commands


def _longest(assignments: Iterable[str]) -> int:
    return len(max(assignments, key=len)) + 1


def _argument(value: str) -> str:
    """A value as part of an application's argument list.

    Asterisk counts brackets even between quotes, and an open one swallows the commas after it
    (measured on 16.28 and 22.10): a caller named ``((`` would unset what follows.
    """
    written = quoted(value)
    return BRACKET.sub(r"\\\1", written) if HAS_BRACKET(written) else written
