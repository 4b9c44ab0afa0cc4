"""The status text of an operation in progress (reference/provd/rest-api.md, 6)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST_TEXT, DEEPEST = 256 * 1024, 32
ENDED = ("success", "fail")
_HEAD = re.compile(
    r"(?:(?P<label>[^|;()]*)\|)?(?P<state>waiting|progress|success|fail)"
    r"(?:;(?P<current>\d{1,18})(?:/(?P<end>\d{1,18}))?)?"
)


@dataclass(frozen=True)
class Status:
    """An operation, or a part of one."""

    label: str
    state: str
    current: int | None = None
    end: int | None = None
    parts: tuple["Status", ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ENDED

    def all(self) -> Iterator["Status"]:
        """It, and all its parts, as one reads them."""
        yield self
        for part in self.parts:
            yield from part.all()


def parsed(text: str) -> Status:
    """What a text tells; raises ValueError for one that is none."""
    if len(text) > LONGEST_TEXT:
        raise ValueError("a status of that length is none")
    status, at = _parsed(text, 0, 0)
    if at != len(text):
        raise ValueError(f"not the status of an operation: {text[:80]!r}")
    return status


def _parsed(text: str, at: int, depth: int) -> tuple[Status, int]:
    head = _HEAD.match(text, at)
    if head is None or depth > DEEPEST:
        raise ValueError(f"not the status of an operation: {text[:80]!r}")
    at = head.end()
    parts = []
    while text.startswith("(", at):
        part, at = _parsed(text, at + 1, depth + 1)
        if not text.startswith(")", at):
            raise ValueError(f"not the status of an operation: {text[:80]!r}")
        at += 1
        parts.append(part)
    current, end = (int(each) if each else None for each in head.group("current", "end"))
    return Status(head["label"] or "", head["state"], current, end, tuple(parts)), at
