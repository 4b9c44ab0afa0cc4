"""Copies of other servers' contacts: when they are renewed, and what a dead server costs."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from ovix_dird.backend import SourceFailed, SourceSettings, Viewer
from ovix_dird.remote_copy import RETRY_S, STALE_MAX_S, Fetched, RemoteCopy
from structlog.testing import capture_logs

NOBODY = Viewer()
SETTINGS = SourceSettings(
    name="remote",
    searched_columns=["name", "numbers"],
    first_matched_columns=["numbers"],
    format_columns={"reverse": "{name}", "phone": "{numbers[0]}"},
)


class Server:
    """Gives what it holds, when it may."""

    def __init__(self, *held: str) -> None:
        self.held: Sequence[str] = held
        self.asked = 0
        self.closed = False
        self.failure: SourceFailed | None = None
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def fetch(self) -> Sequence[Fetched]:
        self.asked += 1
        await self.may_answer.wait()
        if self.failure is not None:
            raise self.failure
        return [Fetched({"name": each, "numbers": ["1001", each]}, each) for each in self.held]

    async def close(self) -> None:
        self.closed = True


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def copy_of(server: Server, clock: Clock) -> RemoteCopy:
    return RemoteCopy(
        SETTINGS, server.fetch, server.close, refresh_s=60, results_max=10, clock=clock
    )


async def found(copy: RemoteCopy) -> list[Any]:
    return [each.fields["reverse"] for each in await copy.search("", NOBODY)]


async def test_many_who_ask_at_first_wait_for_one_fetch() -> None:
    server = Server("ann")
    copy = copy_of(server, Clock())
    assert await asyncio.gather(*(found(copy) for _ in range(20))) == [["ann"]] * 20
    assert server.asked == 1


async def test_who_gives_up_does_not_end_the_fetch_for_the_others() -> None:
    server = Server("ann")
    server.may_answer.clear()
    copy = copy_of(server, Clock())
    hasty, patient = asyncio.create_task(found(copy)), asyncio.create_task(found(copy))
    await asyncio.sleep(0)
    hasty.cancel()
    await asyncio.gather(hasty, return_exceptions=True)
    server.may_answer.set()
    assert await patient == ["ann"]
    assert server.asked == 1


async def test_an_old_copy_answers_at_once_and_is_renewed_behind_it() -> None:
    server, clock = Server("ann"), Clock()
    copy = copy_of(server, clock)
    await found(copy)
    server.held = ["bob"]
    clock.now += 61
    server.may_answer.clear()
    assert await found(copy) == ["ann"]
    assert await found(copy) == ["ann"]
    server.may_answer.set()
    await copy.renew()
    assert await found(copy) == ["bob"]
    assert server.asked == 2


async def test_a_dead_server_is_told_of_once_and_asked_again_now_and_then() -> None:
    server, clock = Server("ann"), Clock()
    copy = copy_of(server, clock)
    await found(copy)
    server.failure = SourceFailed("away")
    with capture_logs() as logs:
        for _ in range(5):
            clock.now += 61
            assert await found(copy) == ["ann"]
            await asyncio.gather(copy.renew(), return_exceptions=True)
            asked = server.asked
            assert await found(copy) == ["ann"]
            assert server.asked == asked, "not before some time has passed"
            clock.now += RETRY_S
        server.failure = None
        await copy.renew()
        assert await found(copy) == ["ann"]
    assert [each["event"] for each in logs] == ["copy_not_renewed", "copy_renewed_again"]


async def test_a_copy_of_an_hour_ago_is_no_answer_any_more() -> None:
    server, clock = Server("ann"), Clock()
    copy = copy_of(server, clock)
    await found(copy)
    server.failure = SourceFailed("away")
    clock.now += STALE_MAX_S + 1
    with pytest.raises(SourceFailed, match="away"):
        await found(copy)
    server.failure = None
    assert await found(copy) == ["ann"]


async def test_lists_are_searched_and_numbers_in_them_compared() -> None:
    copy = copy_of(Server("0123456789", "x"), Clock())
    hit = await copy.first_match("+33 1 23 45 67 89", Viewer(country="FR"))
    assert hit is not None
    assert hit.entry_id == "0123456789"
    assert set(await copy.first_matches(["1001", "7"], NOBODY)) == {"1001"}
    assert [each.entry_id for each in await copy.contacts(["x", "y"], NOBODY)] == ["x"]


async def test_a_closed_copy_fetches_no_more_and_closes_its_server() -> None:
    server = Server()
    server.may_answer.clear()
    copy = copy_of(server, Clock())
    task = copy.renew()
    await copy.close()
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    assert server.closed
