"""Errands of mail: what becomes of one that fails, and of those behind it."""

from ovix_auth.mail_queue import WORKERS, MailQueue


async def test_errands_that_fail_in_ways_nobody_foresaw_do_not_end_the_workers() -> None:
    done = []

    async def do(errand: int) -> None:
        if errand < WORKERS:
            raise ValueError("no such address can be written to")
        done.append(errand)

    queue = MailQueue("test", do)
    async with queue.working():
        for errand in range(WORKERS + 1):
            queue.put(errand, "192.0.2.1")
        await queue.settled()
    assert done == [WORKERS]
