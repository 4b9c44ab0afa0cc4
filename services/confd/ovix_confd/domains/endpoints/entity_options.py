"""Options that an entity's administrator may give an endpoint: none that reach other entities.

Asterisk knows no entities: groups that take each other's calls, boxes, contexts and the variables
that the dialplan trusts bear names that are everybody's.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ovix_telephony.interfaces import Named, naming_contexts
from ovix_telephony.platform_variables import RESERVED, ROUTING
from sqlalchemy import inspect

from ...kit import InputError, Work
from ...own_names import must_be_own

_REFUSED = re.compile(
    r"(named_?)?(call|pickup)_?group|mailbox(es)?|unsolicited_mailbox|incoming_mwi_mailbox"
    r"|identify_by|match.*"
)
_VARIABLE = re.compile(r"\w+", re.ASCII)


def contexts_of(options: Iterable[Iterable[str]]) -> Named:
    """The contexts that the options name; ``ValueError`` for one that is not an entity's."""
    named = Named()
    for given, text in options:
        name, value = given.strip().lower(), text.strip()
        if not value:
            continue
        if _REFUSED.fullmatch(name):
            raise ValueError(f"'{name}' reaches beyond the entity")
        if name in ("set_var", "setvar"):
            variable = value.partition("=")[0].strip()
            plain = _VARIABLE.fullmatch(variable)
            if not plain or RESERVED.fullmatch(variable) or ROUTING.fullmatch(variable):
                raise ValueError(f"the variable '{variable}' is set by the platform")
        elif name.endswith("context"):
            named |= naming_contexts(value)
    return named


def options_stay_in_the_entity(*fields: str) -> Callable[[Work, Any], Any]:
    """A rule: what these columns get of options is such as the administrator may give.

    What was there before is not looked at: whoever put it there was allowed to.
    """

    async def rule(work: Work, row: Any) -> None:
        if work.entity_id is None:
            return
        named = Named()
        for name in fields:
            history = inspect(row).attrs[name].history
            before = {pair for each in history.deleted or () for pair in _pairs(each)}
            new = {pair for each in history.added or () for pair in _pairs(each)} - before
            try:
                named |= contexts_of(sorted(new))
            except ValueError as refusal:
                raise InputError(f"options: {refusal}") from refusal
        await must_be_own(work, "options", named)

    return rule


def _pairs(options: Any) -> Iterable[tuple[str, str]]:
    if isinstance(options, Mapping):
        return [(str(name), str(value)) for name, value in options.items()]
    return [(str(name), str(value)) for name, value in options or ()]
