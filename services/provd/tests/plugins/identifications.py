"""Requests of phones and what they tell: ``<plugin id>/identified.json`` and ``others.json``."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .packages import FORMS


@dataclass(frozen=True, slots=True)
class Row:
    """A request, and what must come of it."""

    kind: str
    """``HTTP``, ``TFTP`` or ``DHCP``."""
    asked: str
    """A path with its query, the name of a file, or a vendor class."""
    user_agent: str | None
    told: dict[str, str]
    plugin: str | None = None
    """Who it goes to; None: nobody can tell from this request alone."""
    score: int = 500

    def __str__(self) -> str:
        return f"{self.kind} {self.asked} {self.user_agent or ''}".strip()


def _rows(path: Path, plugin_id: str | None) -> Iterator[Row]:
    entries: list[dict[str, Any]] = json.loads(path.read_text())
    for entry in entries:
        kind, _, asked = entry["request"].partition(" ")
        told = entry["told"]
        yield Row(
            kind=kind,
            asked=asked,
            user_agent=entry.get("user_agent"),
            told=told,
            plugin=plugin_id if "vendor" in told else None,
            score=entry.get("score", 500),
        )


ROWS = [
    row for path in sorted(FORMS.glob("*/identified.json")) for row in _rows(path, path.parent.name)
]
"""Of phones that we have a plugin for. ``score`` is 500 where it isn't told."""

LEFT_TO_OTHERS = list(_rows(FORMS / "others.json", None))
"""Of others, and of no phone; ``told`` is what a plugin for them would tell."""
