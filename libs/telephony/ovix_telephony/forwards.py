"""A user's forwards: which one applies, and what a programming code does to it.

What the user has programmed overrides what the administrator has set for the same event
(reference/agid.md part 8); destinations are dialled in the context of his main extension.
"""

import re
from typing import NamedTuple

from .destinations import StoredAction

NO_ACTION = StoredAction("none")

_NOT_DIALLED = re.compile(r"[^0-9A-Za-z*#+.@_-]")


class Programmed(NamedTuple):
    """A forward as the user has set it; without a destination it can't be on."""

    enabled: bool = False
    destination: str | None = None

    @property
    def dialled(self) -> str:
        """The destination without what divides arguments in the dialplan.

        A comma in it would name another context than the user's own.
        """
        return _NOT_DIALLED.sub("", self.destination or "")

    @property
    def active(self) -> bool:
        return self.enabled and bool(self.dialled)


class Effective(NamedTuple):
    """Where a call goes on an event; ``administered`` unless the user himself has programmed it."""

    action: StoredAction
    administered: bool = False

    @property
    def exists(self) -> bool:
        return self.action.action != NO_ACTION.action


def effective(
    programmed: Programmed, administered: StoredAction | None, context: str | None
) -> Effective:
    """The forward for an event that both the user and the administrator may have settled."""
    if programmed.active:
        return Effective(StoredAction("extension", programmed.dialled, context))
    return Effective(administered or NO_ACTION, administered=True)


def reprogrammed(current: Programmed, dialled: str) -> Programmed:
    """The forward after its code was dialled with ``dialled`` behind it (8.1).

    The bare code, or the code with the present destination, switches an active forward off; a new
    destination moves it; anything switches an inactive one on.
    """
    if not current.enabled or (dialled and dialled != current.destination):
        return Programmed(True, dialled or None)
    return Programmed(False, current.destination)


__all__ = ["NO_ACTION", "Effective", "Programmed", "effective", "reprogrammed"]
