"""Follows the events: gathers what they concern, renders it, has Asterisk read it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence

import structlog
from ovix_asterisk.ami import AmiError
from ovix_asterisk.ami_client import AmiClient, AmiRefused
from ovix_bus import Message
from ovix_web import ApiError
from sqlalchemy.exc import SQLAlchemyError

from ovix_confgen.documents import DOCUMENTS, Document, concerned, reload_order
from ovix_confgen.figures import Figures
from ovix_confgen.generation import Generation

log = structlog.stdlib.get_logger(__name__)

FIRST_RETRY_S, LONGEST_RETRY_S = 0.5, 10.0
SHARE = 3.0
"""Rendering rests this many times as long as it took, so that it never takes the processor."""


class Regeneration:
    """One task renders, and another reloads; the first never waits for the second."""

    def __init__(
        self,
        generation: Generation,
        figures: Figures,
        *,
        quiet_s: float,
        longest_wait_s: float,
        on_changed: Callable[[Sequence[str]], None],
        before_rendering: Callable[[], Awaitable[None]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.generation = generation
        self.complete = asyncio.Event()
        """Set once every file was rendered."""
        self._figures = figures
        self._quiet_s, self._longest_wait_s = quiet_s, longest_wait_s
        self._on_changed = on_changed
        self._before_rendering = before_rendering
        self._clock = clock
        self._wanted: dict[str, Document] = {}
        self._first_at = self._last_at = 0.0
        self._rest_until = 0.0
        self._asked = asyncio.Event()
        self._reload = asyncio.Event()
        self.rounds = 0
        """Times the files were rendered."""

    async def on_event(self, message: Message) -> None:
        """A change of the configuration. At once: our next start renders everything anyway."""
        self.ask(concerned(message.routing_key))

    def ask(self, documents: Iterable[Document] = DOCUMENTS) -> None:
        """Have documents rendered soon."""
        wanted = {document.name: document for document in documents}
        if not wanted:
            return
        now = self._clock()
        if not self._wanted:
            self._first_at = now
        self._last_at = now
        self._wanted.update(wanted)
        self._asked.set()

    def reload_soon(self) -> None:
        """Asterisk may be asked to read what it has not read yet."""
        self._reload.set()

    async def run_rendering(self) -> None:
        """Render what is asked for, until cancelled; the last good files stay in any trouble."""
        retry_s = FIRST_RETRY_S
        while True:
            await self._asked.wait()
            await self._until_quiet()
            taken, self._wanted = self._wanted, {}
            self._asked.clear()
            began = self._clock()
            try:
                await self._before_rendering()
                changed = await self.generation.render(tuple(taken.values()))
            except Exception as error:  # without this task no file is written again
                expected = isinstance(error, (SQLAlchemyError, ApiError, OSError))
                log.warning(
                    "rendering_failed",
                    reason=str(error),
                    retry_s=retry_s,
                    exc_info=None if expected else error,
                )
                self._figures.failures.inc()
                await asyncio.sleep(retry_s)
                retry_s = min(retry_s * 2, LONGEST_RETRY_S)
                self.ask(taken.values())
                continue
            retry_s = FIRST_RETRY_S
            seconds = self._clock() - began
            self._figures.rendered(seconds, changed, len(self.generation.unread))
            self._rest_until = self._clock() + SHARE * seconds
            if len(taken) == len(DOCUMENTS):
                self.complete.set()
            self._on_changed(changed)
            if self.generation.pending:
                self._reload.set()
            self.rounds += 1

    async def run_reloading(self, ami: AmiClient) -> None:
        """Have the modules of changed files reloaded while Asterisk is there, until cancelled."""
        while True:
            await self._reload.wait()
            self._reload.clear()
            if not ami.connected or not self.generation.live_reload:
                continue  # on_connected asks again, or the rendering that reload is on for
            try:
                for module in reload_order(self.generation.pending):
                    await self._reload_module(ami, module)
            except Exception as error:  # without this task Asterisk reads no file again
                # A full disk, most of all: what is still to do is noted on it.
                expected = isinstance(error, OSError)
                log.warning(
                    "reloading_failed", reason=str(error), exc_info=None if expected else error
                )
                await asyncio.sleep(FIRST_RETRY_S)
                self._reload.set()

    async def _reload_module(self, ami: AmiClient, module: str) -> None:
        generation = self.generation
        generation.begin_reload(module)
        done = False
        try:
            await ami.send("Reload", Module=module)
            done = True
            log.info("module_reloaded", module=module)
        except AmiRefused as error:
            # "A reload is already in progress" passes; a module that is not there stays away, and
            # nothing in it reads the file.
            done = "in progress" not in str(error).lower()
            log.warning("reload_refused", module=module, reason=str(error))
        except AmiError as error:
            log.warning("reload_failed", module=module, reason=str(error))
        finally:
            generation.end_reload(module, done=done)
        self._figures.reloaded(module, len(generation.unread))
        if not done:
            await asyncio.sleep(FIRST_RETRY_S)
            self._reload.set()

    async def _until_quiet(self) -> None:
        """Wait for a silence, but not for ever."""
        while True:
            now = self._clock()
            due = min(self._last_at + self._quiet_s, self._first_at + self._longest_wait_s)
            due = max(due, self._rest_until)
            if now >= due:
                return
            await asyncio.sleep(due - now)
