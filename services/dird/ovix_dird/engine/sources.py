"""All sources that run: changed one by one as the configuration changes."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import entry_points
from typing import Any

from ..backend import Backend, Resources, SourceFailed
from .breaker import Breaker
from .configuration import SourceConfig
from .figures import Figures
from .opened import OpenedSource

GROUP = "ovix_dird.backends"


def installed_backends() -> dict[str, Backend]:
    """Every back end that an installed package offers, by the type that sources give."""
    found: dict[str, Backend] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        loaded: Any = point.load()
        found[point.name] = loaded() if isinstance(loaded, type) else loaded
    return found


class Sources:
    """The sources by uuid; one whose settings did not change goes on as it is."""

    def __init__(
        self,
        backends: Mapping[str, Backend],
        resources: Resources,
        breaker: Callable[[], Breaker],
        figures: Figures,
        *,
        of_files: Resources | None = None,
    ) -> None:
        """``of_files``: what sources of the operator's files are given, if that is more."""
        self._of_files = of_files or resources
        self._backends, self._resources = backends, resources
        self._breaker, self._figures = breaker, figures
        self._running: dict[str, OpenedSource] = {}
        self._retiring: set[asyncio.Task[None]] = set()

    def __getitem__(self, uuid: str) -> OpenedSource:
        """Raises `SourceFailed` where it is not among them, or not yet."""
        try:
            return self._running[uuid]
        except KeyError as error:
            raise SourceFailed("it is not configured here") from error

    def __iter__(self) -> Iterator[OpenedSource]:
        return iter(self._running.values())

    def apply(self, configured: Mapping[str, SourceConfig]) -> None:
        """Have exactly these sources; those that are new begin to open."""
        before = self._running
        now: dict[str, OpenedSource] = {}
        for uuid, config in configured.items():
            known = before.get(uuid)
            if known is not None and known.config == config:
                now[uuid] = known
                continue
            now[uuid] = OpenedSource(
                config,
                self._backends.get(config.backend),
                self._of_files if config.of_file else self._resources,
                self._breaker(),
                self._figures,
            )
            now[uuid].start()
        self._running = now
        gone = [each for uuid, each in before.items() if now.get(uuid) is not each]
        names = {each.config.name for each in now.values()}
        for each in gone:
            if each.config.name not in names:
                self._figures.forget(each.config.name)
            task = asyncio.create_task(each.retire())  # nobody waits for what is not used any more
            self._retiring.add(task)
            task.add_done_callback(self._retiring.discard)

    async def close(self) -> None:
        """Close all of them."""
        self.apply({})
        await asyncio.gather(*self._retiring)
