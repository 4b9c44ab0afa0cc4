"""Packages that others load only because they are installed, and that no service uses."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def absent(*names: str) -> Iterator[None]:
    """What is imported meanwhile does without these, as where they are not installed."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # importing None fails
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
