"""``?dry_run=true``: a change that is tried and taken back, and told step by step.

It is done as it would be, so that what is told is what would happen, refusals too.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from .errors import InvalidRequest
from .work import Work

Action = Literal["deleted", "unlinked", "freed"]
_STEP = {
    "type": "object",
    "required": ["action", "resource", "id"],
    "properties": {
        "action": {"enum": ["deleted", "unlinked", "freed"]},
        "resource": {"type": "string"},
        "id": {"type": ["integer", "string"]},
    },
}
_PLAN = {
    "type": "object",
    "required": ["total", "items"],
    "properties": {"total": {"type": "integer"}, "items": {"type": "array", "items": _STEP}},
}
_EXAMPLE = {"total": 1, "items": [{"action": "deleted", "resource": "line", "id": 3}]}
QUERY = {"dry_run": "true: tell what would go, and change nothing"}
ANSWER: dict[str, Any] = {
    "description": "A dry run: what would go, in order",
    "content": {"application/json": {"schema": _PLAN, "example": _EXAMPLE}},
}
"""What the API description says of it."""


@dataclass(frozen=True)
class Step:
    """One thing that was deleted, that lost its link to what is deleted, or that is free again."""

    action: Action
    resource: str
    """What it is, as operation ids say it: ``line``, ``endpoint_sip``."""
    id: int | str


def asked(work: Work, name: str) -> bool:
    """Whether a parameter of the query string says yes."""
    given = work.query.get(name, "false").lower()
    if given not in ("true", "false", "1", "0"):
        raise InvalidRequest(f"parameter '{name}': '{given}' is not valid")
    return given in ("true", "1")


async def tried(work: Work, do: Callable[[Work], Awaitable[object]]) -> object:
    """What ``do`` answers; of a dry run the steps it noted, all of it taken back."""
    if not asked(work, "dry_run"):
        return await do(work)
    async with work.session.begin_nested() as attempt:
        await do(work)
        await attempt.rollback()
    work.forget_events()
    return {"total": len(work.steps), "items": [asdict(step) for step in work.steps]}
