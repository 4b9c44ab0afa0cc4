"""The ``XIVO_FWD_…`` variables of a dial action (reference/agid.md 3.2)."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from ovix_telephony.destinations import StoredAction, dialplan_arguments
from ovix_telephony.forwards import NO_ACTION, Effective
from ovix_telephony.patterns import best_match

from .call import Database, as_id

ActionRow: TypeAlias = Sequence[str | None]
"""``event, action, arg1, arg2``: a row of the array that ``ACTIONS_OF`` selects."""

ACTIONS_OF = """ARRAY(
    SELECT ARRAY[da.event::text, da.action::text, da.arg1::text, da.arg2::text]
    FROM dial_actions da
    WHERE da.category = '{category}' AND da.category_id = {id} AND da.linked
)"""
"""SQL of all linked dial actions of one object as one array."""

DIAL_PATTERNS = """
SELECT oe.outcall_id, oe.id, e.exten
FROM outcall_extensions oe
JOIN extensions e ON e.id = oe.extension_id
WHERE oe.outcall_id = ANY($1::int[])
ORDER BY oe.id
"""

OUTCALL = "outcall"


def actions_by_event(rows: Iterable[ActionRow] | None) -> Mapping[str, StoredAction]:
    """The dial actions that ``ACTIONS_OF`` selected."""
    return {
        event: StoredAction(action, arg1, arg2)
        for event, action, arg1, arg2 in rows or ()
        if event and action
    }


async def for_dialplan(
    database: Database, actions: Mapping[str, StoredAction]
) -> Mapping[str, StoredAction]:
    """The same actions, where a route is named by the dial pattern that fits its number.

    The API stores the route's id; ``outgoing_user_set_features`` wants that of a dial pattern. A
    number that fits none goes by the first. It is worth a second statement only because hardly
    any object forwards to a route, and every called user would pay for it in the first.
    """
    routes = [as_id(each.arg1 or "") for each in actions.values() if each.action == OUTCALL]
    if not routes:
        return actions
    patterns: dict[str, dict[str, str]] = {}
    for row in await database.rows(DIAL_PATTERNS, [route for route in routes if route]):
        patterns.setdefault(str(row["outcall_id"]), {})[row["exten"]] = str(row["id"])
    return {
        event: _by_pattern(action, patterns.get(action.arg1 or "", {}))
        if action.action == OUTCALL
        else action
        for event, action in actions.items()
    }


def _by_pattern(action: StoredAction, ids: Mapping[str, str]) -> StoredAction:
    if not ids:
        return NO_ACTION
    fitting = best_match(action.arg2 or "", ids)
    pattern_id = ids[fitting] if fitting else next(iter(ids.values()))
    return StoredAction(OUTCALL, pattern_id, action.arg2)


@lru_cache(maxsize=4096)
def forward_variables(name: str, action: StoredAction) -> Mapping[str, str]:
    """``XIVO_FWD_<name>_ACTION`` and its two arguments; most are the same in call after call."""
    kind, arg1, arg2 = dialplan_arguments(action)
    return {
        f"XIVO_FWD_{name}_ACTION": kind,
        f"XIVO_FWD_{name}_ACTIONARG1": arg1,
        f"XIVO_FWD_{name}_ACTIONARG2": arg2,
    }


@lru_cache(maxsize=4096)
def event_variables(name: str, effective: Effective) -> Mapping[str, str]:
    """The same, with ``ISDA`` unless the user programmed it: no prompt is played then."""
    variables = forward_variables(name, effective.action)
    return {**variables, f"XIVO_FWD_{name}_ISDA": "1"} if effective.administered else variables


__all__ = [
    "ACTIONS_OF",
    "DIAL_PATTERNS",
    "ActionRow",
    "actions_by_event",
    "event_variables",
    "for_dialplan",
    "forward_variables",
]
