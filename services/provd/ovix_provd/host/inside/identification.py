"""What all plugins together make of a request, and which of them suits a phone best.

Source: reference/provd/lifecycle.md, 1.1 and 2. A plugin that raises is left out, and costs nobody
else their say.
"""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any

from ...addresses import is_norm_ip, is_norm_mac
from ...plugins import PhoneRequest
from ..wire import KEYS
from .loaded import Loaded, Running, settled
from .requests import for_plugins, kind_of

LEAST_SUPPORT = 300
"""The level ``PROBABLE``."""
LONGEST_VALUE = 255


def identified(
    request: PhoneRequest,
    plugins: Iterable[Loaded],
    running: Running,
    call: int,
    limit_s: float,
) -> dict[str, str] | Awaitable[dict[str, str]]:
    """For each key the most frequent value; between as frequent ones, the first plugin's.

    ``plugins`` therefore come with the greatest id first: it wins associations as well. Extractors
    nearly always answer at once; only where one does not is the result to be awaited.
    """
    kind = kind_of(request)
    given: dict[bool, Any] = {}
    told: list[Mapping[Any, Any]] = []
    later: list[tuple[Loaded, Any]] = []
    for plugin in plugins:
        extractor = plugin.extractor(kind)
        if extractor is None:
            continue
        if plugin.python2 not in given:
            given[plugin.python2] = for_plugins(request, texts=plugin.python2)
        try:
            with running.code_of(call, plugin.number, plugin.id):
                done, found = settled(extractor.extract(given[plugin.python2], kind))
        except Exception as error:
            plugin.note(f"{kind} extractor", error)
            continue
        if not done:
            later.append((plugin, found))
        elif isinstance(found, Mapping):
            told.append(found)
    return _with_late(told, later, limit_s) if later else voted(told)


async def _with_late(
    told: list[Mapping[Any, Any]], later: list[tuple[Loaded, Any]], limit_s: float
) -> dict[str, str]:
    loop = asyncio.get_running_loop()
    futures = [asyncio.ensure_future(deferred.asFuture(loop)) for _, deferred in later]
    await asyncio.wait(futures, timeout=limit_s)
    for (plugin, _), future in zip(later, futures, strict=True):
        if not future.done():
            future.cancel()
            plugin.note("extractor", TimeoutError(f"no answer within {limit_s:g} s"))
        elif future.cancelled() or (error := future.exception()) is not None:
            plugin.note("extractor", error if not future.cancelled() else TimeoutError("cancelled"))
        elif isinstance(future.result(), Mapping):
            told.append(future.result())
    return voted(told)


def voted(told: Iterable[Mapping[Any, Any]]) -> dict[str, str]:
    """For each key the most frequent of the values that can be one; of these, the first."""
    votes: dict[str, dict[str, int]] = {}
    for found in told:
        for key in KEYS:
            if (value := found.get(key)) is not None and (
                usable := _usable(key, value)
            ) is not None:
                counted = votes.setdefault(key, {})
                counted[usable] = counted.get(usable, 0) + 1
    # A dictionary keeps the order of first appearance, and max takes the first of equals.
    return {key: max(counted, key=counted.__getitem__) for key, counted in votes.items()}


def _usable(key: str, value: Any) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_VALUE or not value.isprintable():
        return None
    if (key == "mac" and not is_norm_mac(value)) or (key == "ip" and not is_norm_ip(value)):
        return None
    return str(value)


def associated(
    info: Mapping[str, str],
    plugins: Iterable[Loaded],
    running: Running,
    call: int,
) -> str | None:
    """The plugin with the highest score of at least `LEAST_SUPPORT`; of equals the greatest id."""
    best: tuple[int, str] | None = None
    for plugin in plugins:
        associator = getattr(plugin.instance, "pg_associator", None)
        if associator is None:
            continue
        try:
            with running.code_of(call, plugin.number, plugin.id):
                score = associator.associate(dict(info))
        except Exception as error:
            plugin.note("associator", error)
            continue
        if isinstance(score, int) and score >= LEAST_SUPPORT:
            best = max(best or (0, ""), (int(score), plugin.id))
    return best[1] if best else None
