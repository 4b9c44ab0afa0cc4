"""Which ring a call gets: the rules of XiVO's ``xivo_ring.conf`` (reference/agid.md part 10)."""

from collections.abc import Mapping
from configparser import ConfigParser
from dataclasses import dataclass, field
from pathlib import Path

NUMBERS = "number"

SHIPPED: Mapping[str, Mapping[str, str]] = {
    "aastra": {
        "intern": "<Bellcore-dr1>",
        "extern": "<Bellcore-dr2>",
        "group": "<Bellcore-dr3>",
        "forward": "<Bellcore-dr4>",
    },
    "cisco": {"intern": "Ring2", "extern": "Ring3", "group": "Ring4"},
    "linksys": {"intern": "Office", "extern": "Classic-1", "group": "Simple-3"},
    "snom": {"intern": "alert-internal", "extern": "alert-external", "group": "alert-group"},
    "thomson": {
        "intern": "Ringer-1",
        "extern": "Ringer-2",
        "group": "Ringer-3",
        "queue": "Ringer-4",
    },
    "yealink": {"intern": "ring1", "extern": "ring2", "group": "ring3", "forward": "ring4"},
}


@dataclass(frozen=True, slots=True)
class Ring:
    """The ring and the kind of phone it is meant for."""

    type: str
    phone: str


@dataclass(frozen=True, slots=True)
class RingRules:
    """The file: rings per section, and the section of a number or context."""

    sections: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: SHIPPED)
    numbers: Mapping[str, str] = field(default_factory=dict)
    """``num@context`` or ``@context`` → section; ``!num@context`` is never changed."""

    def ring_of(
        self, number: str, context: str, origin: str, referer: str, *, forwarded: bool
    ) -> Ring | None:
        """The ring of a call; nothing means the phone's own."""
        place = f"{number}@{context}"
        if f"!{place}" in self.numbers:
            return None
        name = self.numbers.get(place) or self.numbers.get(f"@{context}")
        rings = self.sections.get(name) if name else None
        if not name or rings is None:
            return None
        kind = referer.partition(":")[0]
        keys = [f"{kind}@{origin}", origin]
        if forwarded:
            keys = [
                f"{kind}@{origin}&forwarded",
                f"{kind}@{origin}",
                f"{origin}&forwarded",
                "forward",
                origin,
            ]
        found = next((rings[key] for key in keys if rings.get(key)), None)
        # A section may be shared by models: its ``phonetype`` is what the dialplan looks at.
        return Ring(found, rings.get("phonetype", name)) if found else None


def read_ring_rules(path: Path | None) -> RingRules:
    """The rules of a file; without one no call changes the ring."""
    if path is None:
        return RingRules()
    parser = ConfigParser(allow_no_value=True, delimiters=("=",), interpolation=None, strict=False)
    # Case matters in ring names and contexts, not only in values.
    parser.optionxform = str  # type: ignore[method-assign,assignment]  # documented way to do it
    parser.read_string(path.read_text(encoding="utf-8"), source=str(path))
    sections = {name: {k: v or "" for k, v in parser[name].items()} for name in parser.sections()}
    numbers = sections.pop(NUMBERS, {})
    return RingRules({**SHIPPED, **sections}, numbers)


__all__ = ["SHIPPED", "Ring", "RingRules", "read_ring_rules"]
