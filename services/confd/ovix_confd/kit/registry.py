"""Finding the domains, and making one set of operations of what they export.

A domain package exports ``SPECS``, a tuple of specs and of single operations. Nothing else lists
them.
"""

import pkgutil
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any, TypeAlias, TypeVar

from ovix_web import ApiError, Operation

from .association import LinkSpec
from .resource import ResourceSpec
from .view import SectionSpec, ViewSpec

Spec: TypeAlias = (
    ResourceSpec[Any] | LinkSpec[Any, Any] | ViewSpec[Any] | SectionSpec[Any] | Operation
)
Kind = TypeVar("Kind")


class SpecConflict(Exception):
    """Two domains claim the same thing."""


@dataclass(frozen=True)
class Registry:
    """All specs of the service."""

    specs: tuple[Spec, ...]

    @classmethod
    def of(cls, *domains: ModuleType) -> "Registry":
        """What these packages export; refuses two specs of one name and two routes of one path."""
        specs = [spec for domain in domains for spec in domain.SPECS]
        # Single ones come first, so that they may stand inside the pattern of another path.
        specs.sort(key=lambda spec: not isinstance(spec, Operation))
        found = cls(tuple(specs))
        _all_different("spec", (f"{type(spec).__name__} {spec.name}" for spec in specs))
        paths = [(each.method, re.sub("{.*?}", "{}", each.path)) for each in found.operations]
        _all_different("route", (" ".join(each) for each in paths))
        return found

    @classmethod
    def discovered(cls, package: ModuleType) -> "Registry":
        """What the packages below ``package`` export."""
        names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
        return cls.of(*(import_module(f"{package.__name__}.{name}") for name in names))

    def all(self, kind: type[Kind]) -> tuple[Kind, ...]:
        """The specs of one kind."""
        return tuple(spec for spec in self.specs if isinstance(spec, kind))

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Those of every spec."""
        return tuple(each for spec in self.specs for each in spec.operations())

    @property
    def constraints(self) -> Mapping[str, Callable[[], ApiError]]:
        """What each database constraint means to a client."""
        named = [item for spec in self.specs for item in getattr(spec, "conflicts", {}).items()]
        _all_different("constraint", (name for name, _ in named))
        return dict(named)


def _all_different(kind: str, names: Iterable[str]) -> None:
    known: set[str] = set()
    for name in names:
        if name in known:
            raise SpecConflict(f"the {kind} {name} is there twice")
        known.add(name)
