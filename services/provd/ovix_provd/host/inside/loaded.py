"""A plugin that is loaded, and the running of its code."""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure as TwistedFailure

from ...surface.plugin import Plugin
from ..channel import CallFailed, Failure
from ..status import StatusPage
from . import OUT_OF_MEMORY, told

log = logging.getLogger("ovix_provd.host")
_REPEATED_AFTER_S = 60.0


@dataclass
class Loaded:
    """``number`` is what the service calls it on the status page."""

    id: str
    number: int
    directory: Path
    instance: Plugin
    python2: bool
    _last_told: dict[str, float] = field(default_factory=dict, repr=False)

    def extractor(self, kind: str) -> Any:
        """Of requests of that kind, or None."""
        return getattr(self.instance, f"{kind}_dev_info_extractor", None)

    def service(self, name: str) -> Any:
        """``install`` or ``configure``; raises `CallFailed` where it offers none."""
        found = self.instance.services.get(name)
        if found is None:
            raise CallFailed(Failure.ERROR, f"plugin {self.id} has no service {name}")
        return found

    def note(self, what: str, error: BaseException) -> None:
        """Log what it raised where that concerns nobody else; the same at most once a minute."""
        reason = told.reason(error, self.directory)
        now = time.monotonic()
        if now - self._last_told.get(reason, -_REPEATED_AFTER_S) < _REPEATED_AFTER_S:
            return
        if len(self._last_told) > 100:
            self._last_told.clear()
        self._last_told[reason] = now
        log.warning("%s failed: %s", what, reason, extra={"plugin": self.id})


class Left(Exception):
    """A plugin raised what would end the process, such as SystemExit."""


class Running:
    """Says on the status page whose code runs, and judges how it ended."""

    def __init__(self, page: StatusPage) -> None:
        self._page = page
        self.plugin: str | None = None
        """Whose code runs now, for the log."""

    def code_of(self, call: int, number: int, plugin_id: str) -> "_Stretch":
        """A context: a stretch of a plugin's code; ``SystemExit`` and its like don't pass."""
        return _Stretch(self, self._page, call, number, plugin_id)

    def do(self, call: int, plugin: Loaded, function: Callable[..., Any], *arguments: Any) -> Any:
        """What the function gives; raises `CallFailed` for whatever it raises."""
        try:
            with self.code_of(call, plugin.number, plugin.id):
                return function(*arguments)
        except CallFailed:
            raise
        except Exception as error:
            raise failed(error, plugin.directory, plugin.id) from error


class _Stretch:
    # A class, because every request of a phone goes through one for each plugin.
    __slots__ = ("_arguments", "_page", "_plugin_id", "_running")

    def __init__(
        self, running: Running, page: StatusPage, call: int, number: int, plugin_id: str
    ) -> None:
        self._running, self._page, self._plugin_id = running, page, plugin_id
        self._arguments = call, number

    def __enter__(self) -> None:
        self._page.begin(*self._arguments)
        self._running.plugin = self._plugin_id

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        if isinstance(error, MemoryError):
            # What follows would fail as well. The status page keeps whose doing it was.
            os._exit(OUT_OF_MEMORY)
        self._running.plugin = None
        self._page.end()
        if error is not None and not isinstance(error, Exception | asyncio.CancelledError):
            raise Left(type(error).__name__) from error


def failed(error: BaseException, directory: Path, plugin_id: str) -> CallFailed:
    """What the service is told; the whole trace goes to the log."""
    cause = error.__cause__ if isinstance(error, Left) and error.__cause__ else error
    reason = told.reason(cause, directory)
    log.warning("plugin failed: %s", reason, exc_info=error, extra={"plugin": plugin_id})
    return CallFailed(Failure.ERROR, reason)


def settled(result: Any) -> tuple[bool, Any]:
    """Whether a Deferred has its result already, and which; raises what it failed with."""
    if not isinstance(result, Deferred):
        return True, result
    if not result.called or result.paused or isinstance(result.result, Deferred):
        return False, result
    value = result.result
    if isinstance(value, TwistedFailure):
        result.addErrback(lambda _: None)  # it is told here
        value.raiseException()
    return True, value


async def outcome(result: Any, limit_s: float, directory: Path, plugin_id: str, what: str) -> Any:
    """What a Deferred gives in time; raises `CallFailed`."""
    try:
        done, value = settled(result)
        if done:
            return value
        future = value.asFuture(asyncio.get_running_loop())
        return await asyncio.wait_for(future, limit_s)
    except CallFailed:
        raise
    except TimeoutError as error:
        raise CallFailed(Failure.TIMEOUT, f"{what} took longer than {limit_s:g} s") from error
    except Exception as error:
        raise failed(error, directory, plugin_id) from error
