"""Jobs that run as long as the service: started together, ended together, never dying unnoticed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog

log = structlog.get_logger(__name__)


@asynccontextmanager
async def in_background(
    on_crash: Callable[[], None], **jobs: Coroutine[Any, Any, None]
) -> AsyncIterator[None]:
    """Run the jobs beside the block; one that fails is a fault of ours and ends the service.

    What it was doing is repeated by the next start, which compares our records with the truth.
    """
    tasks = [asyncio.create_task(job, name=name) for name, job in jobs.items()]

    def finished(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            log.critical("job_crashed", job=task.get_name(), exc_info=task.exception())
            on_crash()

    for task in tasks:
        task.add_done_callback(finished)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
