"""Twisted runs on whichever event loop the service runs on."""

import asyncio

from ovix_provd.phones.reactor import running_reactor
from twisted.internet import task


async def turns() -> int:
    """As many as Twisted's own cooperation takes, on the running loop."""
    reactor = running_reactor()
    assert running_reactor() is reactor
    steps = iter(range(3))
    loop = asyncio.get_running_loop()
    await asyncio.wait_for(task.cooperate(steps).whenDone().asFuture(loop), 60)
    return 3 - len(list(steps))


def test_what_twisted_does_by_turns_goes_on_in_a_loop_that_follows_another() -> None:
    assert [asyncio.run(turns()) for _ in range(2)] == [3, 3]
