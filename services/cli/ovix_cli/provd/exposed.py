"""Which methods of the console's objects may be called by an expression."""

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
_MARK = "_is_exposed"


class Exposed:
    """An object of the console: its marked methods may be called, nothing else of it is seen."""


def exposed(method: F) -> F:
    """Mark a method as one of the console."""
    setattr(method, _MARK, True)
    return method


def exposed_names(target: object) -> list[str]:
    """The marked methods of an object."""
    if not isinstance(target, Exposed):
        return []
    return sorted(name for name in dir(type(target)) if method_of(target, name) is not None)


def method_of(target: object, name: str) -> Callable[..., Any] | None:
    """A marked method of an object of the console."""
    if not isinstance(target, Exposed) or name.startswith("_"):
        return None
    if not getattr(getattr(type(target), name, None), _MARK, False):
        return None
    found: Callable[..., Any] = getattr(target, name)
    return found
