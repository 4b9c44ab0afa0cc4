"""One configured source as it runs: opened when needed, timed, and skipped while it is dead."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import structlog
from ovix_web import ApiError, is_away
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from ..backend import (
    Backend,
    Contact,
    Resources,
    Source,
    SourceFailed,
    Viewer,
    ViewerRefused,
)
from ..statements import AWAY
from .breaker import Breaker, State
from .configuration import SourceConfig
from .figures import Figures
from .remembered import RememberedNumbers

log = structlog.get_logger(__name__)
T = TypeVar("T")
Question = Callable[[Source], Awaitable[T]]

OPEN_S = 60.0
"""What a back end may take to open a source; requests wait no longer than their own time-out."""
CLOSE_S = 5.0
_LEVELS = {State.UP: 1.0, State.FAILING: 0.5, State.DOWN: 0.0}


class OpenedSource:
    """Asks one source; what it does wrong is told in words, and costs no more than its time."""

    def __init__(
        self,
        config: SourceConfig,
        backend: Backend | None,
        resources: Resources,
        breaker: Breaker,
        figures: Figures,
    ) -> None:
        self.config = config
        self.cause = ""
        """Why it failed the last time; empty while it is up."""
        self.latency_s: float | None = None
        """How long the last answer took."""
        self._backend, self._resources = backend, resources
        self._breaker, self._figures = breaker, figures
        remembering = None if backend is None else backend.settings.remembering
        self._numbers = None if remembering is None else RememberedNumbers(remembering)
        self._opening: asyncio.Task[Source] | None = None
        self._tries: set[asyncio.Task[None]] = set()
        self._asking = 0
        self._retired = False
        figures.up.labels(config.name).set(1)

    @property
    def state(self) -> State:
        """How it stands."""
        return self._breaker.state

    @property
    def is_far(self) -> bool:
        """Whether asking it costs somebody else, so that its answers are remembered for a while."""
        return self._numbers is not None and self._numbers.fresh_s > 0

    def start(self) -> None:
        """Begin to open it, so that the first request need not wait for that."""
        if self._opening is None:
            self._opening = asyncio.create_task(self._open(), name=f"open {self.config.name}")
            self._opening.add_done_callback(self._opened)

    async def ask(self, question: Question[T], timeout_s: float) -> T:
        """The source's answer; raises `SourceFailed` in time, whatever happens."""
        if not self._breaker.may_ask():
            self._figures.skipped.labels(self.config.name).inc()
            if self._breaker.may_try(time.monotonic()):
                # The request doesn't wait for a dead source to show that it lives again.
                task = asyncio.create_task(self._try(question, timeout_s))
                self._tries.add(task)
                task.add_done_callback(self._tries.discard)
            raise SourceFailed(f"skipped, as it failed before: {self.cause}")
        return await self._timed(question, timeout_s)

    async def whose(self, number: str, viewer: Viewer, timeout_s: float) -> Contact | None:
        """The contact with this number, from memory where the source allows it or is late.

        Raises `SourceFailed` where neither knows.
        """
        numbers = self._numbers
        if numbers is None:
            return await self.ask(lambda source: source.first_match(number, viewer), timeout_s)
        key = numbers.key(number, viewer)
        if (known := numbers.fresh(key)) is not None:
            self._figures.remembered.labels(self.config.name).inc()
            return known.contact
        try:
            return await self.ask(
                lambda source: numbers.ask(key, lambda: source.first_match(number, viewer)),
                timeout_s,
            )
        except SourceFailed:
            contact = numbers.stale(key)
            if contact is None:
                raise
            self._figures.remembered.labels(self.config.name).inc()
            return contact

    async def retire(self) -> None:
        """Close it once nobody asks it any more."""
        self._retired = True
        for task in self._tries:
            task.cancel()
        if self._asking == 0:
            await self._close()

    def _opened(self, task: "asyncio.Task[Source]") -> None:
        # Asking for the exception also tells asyncio that somebody knows of it.
        if not task.cancelled() and task.exception() is None and self._breaker.succeeded():
            self._is_up_again()  # it was long in loading, and requests gave up meanwhile

    async def _try(self, question: Question[T], timeout_s: float) -> None:
        with suppress(SourceFailed):
            await self._timed(question, timeout_s)

    async def _timed(self, question: Question[T], timeout_s: float) -> T:
        self._asking += 1
        began = time.monotonic()
        try:
            async with asyncio.timeout(timeout_s):
                self.start()
                assert self._opening is not None
                answer = await question(await asyncio.shield(self._opening))
        except TimeoutError as error:
            raise self._failed(f"no answer within {timeout_s:g} s") from error
        except ViewerRefused:
            self._succeeded(time.monotonic() - began)  # others may go on asking
            raise
        except SourceFailed as error:
            raise self._failed(str(error)) from error
        except (SQLAlchemyError, ApiError, *AWAY) as error:
            if is_away(error):
                raise self._failed("the database can't be reached") from error
            log.exception("source_crashed", source=self.config.name)
            raise self._failed(f"internal error: {type(error).__name__}") from error
        except Exception as error:
            # A back end may be anybody's: its fault must not cost the answers of the others.
            if not self.cause:
                log.exception("source_crashed", source=self.config.name)
            raise self._failed(f"internal error: {type(error).__name__}") from error
        else:
            self._succeeded(time.monotonic() - began)
            return answer
        finally:
            self._asking -= 1
            if self._retired and self._asking == 0:
                await self._close()

    def _succeeded(self, seconds: float) -> None:
        self.latency_s = seconds
        self._figures.seconds.labels(self.config.name).observe(seconds)
        if self._breaker.succeeded():
            self._is_up_again()

    def _is_up_again(self) -> None:
        self.cause = ""
        log.info("source_recovered", source=self.config.name)
        self._figures.up.labels(self.config.name).set(1)

    def _failed(self, cause: str) -> SourceFailed:
        self.cause = cause
        self._figures.failures.labels(self.config.name).inc()
        if self._breaker.failed(time.monotonic()):
            # Said when it begins, and when the source is given up: not once a request.
            log.warning(
                "source_failed", source=self.config.name, cause=cause, state=str(self.state)
            )
        self._figures.up.labels(self.config.name).set(_LEVELS[self.state])
        if self._opening is not None and self._opening.done() and _has_failed(self._opening):
            self._opening = None  # the next one that asks opens it anew
        return SourceFailed(cause)

    async def _open(self) -> Source:
        if self._backend is None:
            raise SourceFailed(f"there is no back end named {self.config.backend}")
        try:
            settings = self._backend.settings.model_validate(
                {**self.config.settings, "name": self.config.name}
            )
        except ValidationError as error:
            raise SourceFailed(f"its settings are not valid: {_told(error)}") from error
        try:
            async with asyncio.timeout(OPEN_S):
                return await self._backend.open(settings, self._resources)
        except TimeoutError as error:
            raise SourceFailed(f"could not be opened within {OPEN_S:g} s") from error

    async def _close(self) -> None:
        if self._numbers is not None:
            self._numbers.close()
        opening, self._opening = self._opening, None
        if opening is None:
            return
        opening.cancel()
        try:
            source = await opening
        except (asyncio.CancelledError, Exception):
            # It never opened, so there is nothing to close; why was told to who asked it.
            return
        try:
            async with asyncio.timeout(CLOSE_S):
                await source.close()
        except Exception:
            # It is not used any more, whatever it says.
            log.exception("source_not_closed", source=self.config.name)


def _has_failed(task: "asyncio.Task[Source]") -> bool:
    return task.cancelled() or task.exception() is not None


def _told(error: ValidationError) -> str:
    """Which keys, and why; never their values, among which are passwords."""
    found = error.errors(include_url=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found)[:500]
