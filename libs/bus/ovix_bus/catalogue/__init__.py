"""Every event of the platform, by family: ``from ovix_bus.catalogue import users``.

Names, routing keys and data are XiVO's (reference/confd/events.md, reference/events.md). The
families are found by themselves; two types of one name or of one routing key stop the import.
"""

import pkgutil
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

from ..event import EventType

SHARED_NAMES = frozenset(
    {"users_associated", "call_permission_associated", "call_permission_dissociated"}
)
"""XiVO gives these names to several facts and tells them apart by routing key."""


class CatalogueConflict(Exception):
    """Two event types can't be told apart."""


def distinct(types: Iterable[EventType[Any]]) -> dict[str, EventType[Any]]:
    """The types by routing key template, in order; raises `CatalogueConflict` on a duplicate."""
    by_name: dict[str, EventType[Any]] = {}
    by_key: dict[str, EventType[Any]] = {}
    for kind in types:
        if kind.key_shape in by_key:
            raise CatalogueConflict(f"two events have the routing key {kind.routing_key}")
        if kind.name in by_name and kind.name not in SHARED_NAMES:
            raise CatalogueConflict(f"two events are named {kind.name}")
        by_name[kind.name] = by_key[kind.key_shape] = kind
    return {kind.routing_key: kind for kind in by_key.values()}


def _discovered() -> Iterator[EventType[Any]]:
    for family in sorted(module.name for module in pkgutil.iter_modules(__path__)):
        for value in vars(import_module(f"{__name__}.{family}")).values():
            if isinstance(value, EventType):
                yield value


EVENT_TYPES: dict[str, EventType[Any]] = distinct(_discovered())
"""Every event type by its routing key template."""
