"""What a device gets: its configuration merged over its parents' (reference data-model.md, 2.1)."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

Document = dict[str, Any]


def merged(under: Document, over: Document) -> Document:
    """Objects into objects, recursively; any other value, lists included, replaces."""
    found = dict(under)
    for key, value in over.items():
        below = found.get(key)
        both = isinstance(below, dict) and isinstance(value, dict)
        found[key] = merged(below, value) if both else deepcopy(value)  # type: ignore[arg-type]
    return found


def flattened(config_id: str, configs: Mapping[str, Document], base: Document) -> Document | None:
    """The raw configuration of a config over all it descends from; None for an unknown id.

    Parents depth first, in their order, each config once over the whole walk, so loops end. A
    missing parent is skipped. Walked without recursion: chains may be long.
    """
    if config_id not in configs:
        return None
    found = deepcopy(base)
    seen: set[str] = set()
    waiting: list[tuple[str, bool]] = [(config_id, False)]
    while waiting:
        name, parents_done = waiting.pop()
        if parents_done:
            found = merged(found, configs[name]["raw_config"])
        elif name in configs and name not in seen:
            seen.add(name)
            waiting.append((name, True))
            waiting += [(parent, False) for parent in reversed(configs[name]["parent_ids"])]
    return found
