"""Names of callers: within the budget, or none."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from ovix_web.caller_names import (
    BUDGET_S,
    LATE_MAX,
    LEFT_ALONE_MAX_S,
    LEFT_ALONE_S,
    MOST_BYTES,
    NOBODY,
    REMEMBERED_MAX,
    REMEMBERED_S,
    UNKNOWN_S,
    CallerContact,
    CallerNames,
)
from structlog.testing import capture_logs

NUMBER = "+33123456789"
ALICE = "7f3a5f9e-0001-4000-8000-000000000001"
FOUND = {
    "display": " Alice Durand ",
    "exten": NUMBER,
    "source": "clients",
    "source_entry_id": "12",
    "fields": {"company": "Acme", "floor": 3, "fax": None, "vip": True, "reverse": "Alice Durand"},
}


class Tokens:
    """Numbered tokens: another one after each that was refused."""

    def __init__(self) -> None:
        self.number = 1

    async def get(self) -> str:
        return f"token{self.number}"

    def refused(self, token: str) -> None:
        assert token == f"token{self.number}"
        self.number += 1


class Dird:
    """Answers as a test tells it to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answer: Callable[[], Awaitable[httpx.Response]] = self.found
        self.asked: list[httpx.Request] = []
        self.now_s = 100.0
        self.tokens: Any = Tokens()

    async def found(self) -> httpx.Response:
        return httpx.Response(200, json=FOUND)

    def says(self, status: int, **content: Any) -> None:
        async def answer() -> httpx.Response:
            return httpx.Response(status, **content)

        self.answer = answer

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return await self.answer()

    def names(self, url: str = "http://dird:9489/", budget_s: float = 60.0) -> CallerNames:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self))
        return CallerNames(url, self.tokens, budget_s=budget_s, http=http, clock=lambda: self.now_s)


async def until(holds: Callable[[], bool]) -> None:
    """What happens in another task has happened; within a minute."""
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0)


@pytest.fixture
def dird() -> Dird:
    return Dird()


async def test_a_known_number_has_a_name_and_what_the_directory_knows(dird: Dird) -> None:
    found = await dird.names().of(NUMBER, ALICE)
    assert found == CallerContact(
        display="Alice Durand",
        source="clients",
        entry_id="12",
        fields={"company": "Acme", "floor": "3", "reverse": "Alice Durand"},
    )
    (asked,) = dird.asked
    assert asked.url.path == f"/0.1/directories/reverse/default/{ALICE}"
    assert asked.url.params["exten"] == NUMBER
    assert asked.headers["X-Auth-Token"] == "token1"


async def test_where_no_user_is_called_nobodys_contacts_are_asked_for(dird: Dird) -> None:
    await dird.names().of(NUMBER)
    assert dird.asked[0].url.path.endswith(f"/{NOBODY}")


@pytest.mark.parametrize(
    ("status", "content"),
    [(200, {"json": {"display": None, "exten": NUMBER, "source": None, "fields": {}}}),
     (200, {"json": {"display": "  ", "fields": {}}}),
     (404, {"json": {"reason": ["The profile `default` does not exist"]}})],
)  # fmt: skip
async def test_an_unknown_number_has_no_name_and_is_no_failure(
    dird: Dird, status: int, content: Any
) -> None:
    dird.says(status, **content)
    names = dird.names()
    for number in range(2 * LATE_MAX):
        assert await names.of(f"{number}") is None
    assert len(dird.asked) == 2 * LATE_MAX


@pytest.mark.parametrize(
    ("status", "content"),
    [(500, {}), (503, {}), (200, {"content": b"<html>"}), (200, {"json": ["a"]}),
     (200, {"json": {"display": "A", "fields": "none"}}),
     (200, {"content": b" " * (MOST_BYTES + 1)})],
)  # fmt: skip
async def test_an_answer_that_is_none_is_no_name(dird: Dird, status: int, content: Any) -> None:
    dird.says(status, **content)
    assert await dird.names().of(NUMBER) is None


async def test_a_dird_that_does_not_answer_costs_the_budget(dird: Dird) -> None:
    async def hangs() -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    dird.answer = hangs
    assert BUDGET_S <= 0.3
    assert await dird.names(budget_s=0.05).of(NUMBER) is None


async def test_a_failing_dird_is_left_alone_and_that_is_told_once(dird: Dird) -> None:
    dird.says(500)
    names = dird.names()
    with capture_logs() as logs:
        for _ in range(LATE_MAX + 5):
            assert await names.of(NUMBER) is None
        assert len(dird.asked) == LATE_MAX
        for _ in range(2):  # somebody asks now and then whether it is back
            dird.now_s += LEFT_ALONE_MAX_S + 1
            for _ in range(5):
                assert await names.of(NUMBER) is None
        assert len(dird.asked) == LATE_MAX + 2
    assert [each["event"] for each in logs] == ["caller_names_unavailable"]


async def test_a_dird_that_is_not_there_costs_one_question(dird: Dird) -> None:
    async def refuses() -> httpx.Response:
        raise httpx.ConnectError("nobody listens")

    dird.answer = refuses
    names = dird.names()
    for _ in range(5):
        assert await names.of(NUMBER) is None
    assert len(dird.asked) == 1
    dird.answer = dird.found
    dird.now_s += LEFT_ALONE_S + 0.1
    assert await names.of(NUMBER) is not None, "it was restarted: its names are back at once"


async def test_questions_that_fail_together_make_one_pause_not_the_longest(dird: Dird) -> None:
    refused = asyncio.Event()

    async def refuses() -> httpx.Response:
        await refused.wait()
        raise httpx.ConnectError("nobody listens")

    dird.answer = refuses
    names = dird.names()
    asking = [asyncio.create_task(names.of(f"01000000{n:02}")) for n in range(50)]
    await until(lambda: len(dird.asked) == 50)
    refused.set()
    assert await asyncio.gather(*asking) == [None] * 50
    dird.answer = dird.found
    dird.now_s += LEFT_ALONE_S + 0.1
    assert await names.of(NUMBER) is not None


async def test_while_one_asks_whether_it_is_back_the_others_do_not_wait(dird: Dird) -> None:
    dird.says(500)
    names = dird.names()
    for _ in range(LATE_MAX):
        await names.of(NUMBER)
    dird.now_s += LEFT_ALONE_S + 0.1
    answered = asyncio.Event()

    async def slowly() -> httpx.Response:
        await answered.wait()
        return await dird.found()

    dird.answer = slowly
    asking = asyncio.create_task(names.of(NUMBER))
    await until(lambda: len(dird.asked) == LATE_MAX + 1)
    assert await names.of("0199999999") is None
    answered.set()
    with capture_logs() as logs:
        assert await asking is not None
    assert [each["event"] for each in logs] == ["caller_names_back"]
    assert await names.of("0199999999") is not None


async def test_a_number_just_asked_is_remembered_for_a_minute(dird: Dird) -> None:
    names = dird.names()
    for _ in range(3):
        found = await names.of(NUMBER, ALICE)
        assert found is not None
        assert found.display == "Alice Durand"
    assert len(dird.asked) == 1
    await names.of(NUMBER)  # another user may know somebody else under it
    assert len(dird.asked) == 2
    dird.now_s += REMEMBERED_S + 0.1
    await names.of(NUMBER, ALICE)
    assert len(dird.asked) == 3


async def test_a_name_that_is_remembered_needs_no_dird(dird: Dird) -> None:
    names = dird.names()
    await names.of(NUMBER)
    dird.says(500)
    for number in range(LATE_MAX):
        assert await names.of(f"{number}") is None
    assert await names.of(NUMBER) is not None


async def test_that_nobody_has_a_number_is_forgotten_soon(dird: Dird) -> None:
    nothing: dict[str, Any] = {"display": None, "fields": {}, "failed_sources": []}
    dird.says(200, json=nothing)
    names = dird.names()
    for _ in range(3):
        assert await names.of(NUMBER) is None
    assert len(dird.asked) == 1
    dird.answer = dird.found
    dird.now_s += UNKNOWN_S + 0.1
    assert await names.of(NUMBER) is not None


async def test_what_a_source_that_failed_may_know_is_not_taken_for_unknown(dird: Dird) -> None:
    partly: dict[str, Any] = {
        "display": None,
        "fields": {},
        "failed_sources": [{"source": "ldap", "reason": "x"}],
    }
    dird.says(200, json=partly)
    names = dird.names()
    assert await names.of(NUMBER) is None
    dird.answer = dird.found
    assert await names.of(NUMBER) is not None


async def test_many_who_ask_about_one_number_ask_dird_once(dird: Dird) -> None:
    answered = asyncio.Event()

    async def slowly() -> httpx.Response:
        await answered.wait()
        return await dird.found()

    dird.answer = slowly
    names = dird.names()
    asking = [asyncio.create_task(names.of(NUMBER, ALICE)) for _ in range(20)]
    await until(lambda: bool(dird.asked))
    asking.pop().cancel()  # one caller hangs up: the others still wait for it
    answered.set()
    assert all(await asyncio.gather(*asking))
    assert len(dird.asked) == 1


async def test_an_answer_that_came_too_late_is_there_for_the_next_question(dird: Dird) -> None:
    answered = asyncio.Event()

    async def slowly() -> httpx.Response:
        await answered.wait()
        return await dird.found()

    dird.answer = slowly
    names = dird.names(budget_s=0.05)
    assert await names.of(NUMBER) is None
    answered.set()
    async with asyncio.timeout(60):
        while await names.of(NUMBER) is None:
            pass
    assert len(dird.asked) == 1


async def test_a_slow_dird_that_answers_others_is_not_left_alone(dird: Dird) -> None:
    slow = asyncio.Event()

    async def some_slowly() -> httpx.Response:
        if dird.asked[-1].url.params["exten"].startswith("09"):
            await slow.wait()
        return await dird.found()

    dird.answer = some_slowly
    names = dird.names(budget_s=1.0)
    waiting = [asyncio.create_task(names.of(f"090000000{n}")) for n in range(2 * LATE_MAX)]
    await until(lambda: len(dird.asked) == 2 * LATE_MAX)
    assert await names.of(NUMBER) is not None
    assert await asyncio.gather(*waiting) == [None] * (2 * LATE_MAX)
    assert await names.of("0199999999") is not None
    slow.set()
    await names.close()


async def test_a_dird_that_hangs_is_left_alone(dird: Dird) -> None:
    async def hangs() -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    dird.answer = hangs
    names = dird.names(budget_s=0.01)
    for number in range(LATE_MAX + 5):
        assert await names.of(f"{number}") is None
    assert len(dird.asked) == LATE_MAX
    await names.close()


async def test_memory_does_not_grow_without_end(
    dird: Dird, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert REMEMBERED_MAX == 10_000
    monkeypatch.setattr("ovix_web.caller_names.REMEMBERED_MAX", 3)
    names = dird.names()
    for number in range(5):
        await names.of(f"{number}")
    await names.of("4")
    assert len(dird.asked) == 5
    await names.of("0")  # the oldest was forgotten
    assert len(dird.asked) == 6


async def test_a_token_that_dird_does_not_know_is_replaced(dird: Dird) -> None:
    dird.says(401)
    names = dird.names()
    assert await names.of(NUMBER) is None
    dird.answer = dird.found
    assert await names.of(NUMBER) is not None
    assert dird.asked[-1].headers["X-Auth-Token"] == "token2"


async def test_a_database_that_is_away_is_a_name_less(dird: Dird) -> None:
    async def away() -> str:
        raise ConnectionRefusedError

    dird.tokens.get = away
    assert await dird.names().of(NUMBER) is None
    assert dird.asked == []


async def test_without_an_address_nobody_is_asked(dird: Dird) -> None:
    assert await dird.names("").of(NUMBER) is None
    assert dird.asked == []
