"""Files below a directory, and none outside, whatever a phone asks for."""

import os
from pathlib import Path


def resolved_below(root: Path, *parts: str) -> Path | None:
    """The real place of a name below the root; None where it lies elsewhere, or is no name.

    Symbolic links are followed first: one that leads outside leads to nothing.
    """
    try:
        real = Path(os.path.realpath(root.joinpath(*parts), strict=False))
    except (OSError, ValueError):  # a NUL, too long, links in a circle
        return None
    return real if real.is_relative_to(os.path.realpath(root)) else None
