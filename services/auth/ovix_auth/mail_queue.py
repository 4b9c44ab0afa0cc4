"""What is mailed beside requests: few workers behind a bounded queue."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Generic, TypeVar

import jinja2
import structlog
from ovix_web import ApiError
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from .mails import MailFailed

log = structlog.get_logger(__name__)

WORKERS = 4
WAITING_MAX = 500
"""Errands that wait for a worker; more are dropped: a flood is not worth mails."""

Errand = TypeVar("Errand")


class MailQueue(Generic[Errand]):
    """Does errands of one kind; a failure is logged as ``<name>_failed``, and nobody waits."""

    def __init__(self, name: str, do: Callable[[Errand], Awaitable[None]]) -> None:
        self._name, self._do = name, do
        self._waiting: asyncio.Queue[tuple[Errand, str]] = asyncio.Queue(WAITING_MAX)

    def put(self, errand: Errand, client: str) -> None:
        """Have it done; ``client`` is the address that asked, for the log."""
        try:
            self._waiting.put_nowait((errand, client))
        except asyncio.QueueFull:
            log.warning(f"{self._name}_dropped", client=client)

    def put_after_commit(self, session: AsyncSession, errand: Errand, client: str) -> None:
        """The same, once what the mail tells of is stored; never if that fails."""
        event.listen(
            session.sync_session, "after_commit", lambda _: self.put(errand, client), once=True
        )

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Workers, while auth runs."""
        workers = [asyncio.create_task(self._work(), name=self._name) for _ in range(WORKERS)]
        try:
            yield
        finally:
            for worker in workers:
                worker.cancel()
                with suppress(asyncio.CancelledError):
                    await worker

    async def settled(self) -> None:
        """Return once all that was asked for is done."""
        await self._waiting.join()

    async def _work(self) -> None:
        while True:
            errand, client = await self._waiting.get()
            try:
                await self._do(errand)
            except (MailFailed, jinja2.TemplateError, SQLAlchemyError, ApiError, OSError) as error:
                log.error(f"{self._name}_failed", cause=str(error), client=client)
            except Exception:  # whatever one errand raises, the worker is there for the next one
                log.exception(f"{self._name}_failed", client=client)
            finally:
                self._waiting.task_done()
