"""The merged log of ``ovix up``: one line per line, each with its program's name and colour."""

import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from typing import TextIO

COLOURS = cycle((36, 32, 33, 35, 34, 96, 92, 93, 95, 94))


def colours_wanted(stream: TextIO) -> bool:
    """A terminal gets colours, a file does not; NO_COLOR and FORCE_COLOR decide otherwise."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


@dataclass
class Journal:
    """Writes lines of many programs to one stream."""

    stream: TextIO = field(default_factory=lambda: sys.stdout)
    width: int = 8
    _colours: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.coloured = colours_wanted(self.stream)

    def write(self, name: str, line: str) -> None:
        """One line, after its program's name."""
        label = f"{name:<{self.width}} │"
        if self.coloured:
            colour = self._colours.setdefault(name, next(COLOURS))
            label = f"\033[{colour}m{label}\033[0m"
        # Whoever read it may be gone, or the disk be full: the services go on, and stop in order.
        with suppress(OSError, ValueError):
            print(label, line, file=self.stream, flush=True)
