"""Names of callers: within the budget, or none."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from ovix_web.caller_names import (
    BUDGET_S,
    FAILURES,
    LEFT_ALONE_S,
    MOST_BYTES,
    NOBODY,
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
    for _ in range(2 * FAILURES):
        assert await names.of(NUMBER) is None
    assert len(dird.asked) == 2 * FAILURES


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


async def test_a_dead_dird_is_left_alone_and_that_is_told_once(dird: Dird) -> None:
    dird.says(500)
    names = dird.names()
    with capture_logs() as logs:
        for _ in range(FAILURES + 5):
            assert await names.of(NUMBER) is None
        assert len(dird.asked) == FAILURES
        for _ in range(2):  # somebody asks now and then whether it is back
            dird.now_s += LEFT_ALONE_S + 1
            for _ in range(5):
                assert await names.of(NUMBER) is None
        assert len(dird.asked) == FAILURES + 2
    assert [each["event"] for each in logs] == ["caller_names_unavailable"]


async def test_while_one_asks_whether_it_is_back_the_others_do_not_wait(dird: Dird) -> None:
    dird.says(500)
    names = dird.names()
    for _ in range(FAILURES):
        await names.of(NUMBER)
    dird.now_s += LEFT_ALONE_S + 1
    answered = asyncio.Event()

    async def slowly() -> httpx.Response:
        await answered.wait()
        return await dird.found()

    dird.answer = slowly
    asking = asyncio.create_task(names.of(NUMBER))
    while len(dird.asked) == FAILURES:  # noqa: ASYNC110 - it is asked in the other task
        await asyncio.sleep(0)
    assert await names.of(NUMBER) is None
    answered.set()
    with capture_logs() as logs:
        assert await asking is not None
    assert [each["event"] for each in logs] == ["caller_names_back"]
    assert await names.of(NUMBER) is not None


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
