"""Pages of a search are parts of one search, for a while."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient
from ovix_dird.phones.kept_searches import KeptSearches, Search
from ovix_dird.phones.screens import Entry

from .conftest import WrittenDirectory
from .test_scenarios import looked_up, parsed, people


def entries(count: int) -> list[Entry]:
    return [Entry(str(number), str(number)) for number in range(count)]


def a_search(term: str = "x") -> Search:
    return Search("default", UUID(int=0), None, term, "en")


async def test_the_next_pages_cost_no_search_and_fit_the_first(
    phone: AsyncClient, directory: WrittenDirectory, user_uuid: UUID
) -> None:
    directory.contacts = people(40)
    first = parsed(await looked_up(phone, "aastra", user_uuid, "martin"))
    directory.contacts = [{"name": "Martin 000a", "phone": "1"}, *people(40)]
    pages = [first]
    while pages[-1].findall("MenuItem")[-1].findtext("Prompt") == "Next Page":
        link = str(pages[-1].findall("MenuItem")[-1].findtext("URI"))
        pages.append(parsed(await phone.get(link)))
    shown = [item.findtext("Prompt") for page in pages for item in page.findall("MenuItem")]
    assert [name for name in shown if name.startswith("Martin")] == [
        f"Martin {number:03}" for number in range(40)
    ]
    assert len(directory.asked) == 1
    # Who goes back to the first page, or searches again, sees what is there now.
    again = parsed(await looked_up(phone, "aastra", user_uuid, "martin"))
    assert again.findall("MenuItem")[1].findtext("Prompt") == "Martin 000a"


async def test_nobody_gets_pages_of_another_search(
    phone_at: Callable[..., AsyncClient],
    directory: WrittenDirectory,
    user: Callable[..., Awaitable[UUID]],
) -> None:
    alice, bob = await user(), await user()
    directory.personal = {str(alice): people(20, "Grandmother")}
    phone = phone_at()
    parsed(await looked_up(phone, "aastra", alice, "grand"))
    page = parsed(await looked_up(phone, "aastra", bob, "grand", offset=16))
    assert len(page.findall("MenuItem")) == 2  # the way back, and that there is nobody
    assert page.findall("MenuItem")[-1].findtext("Prompt") == "No entries"
    await looked_up(phone, "aastra", alice, "mother", offset=16)
    await looked_up(phone_at(Accept_Language="fr"), "aastra", alice, "grand", offset=16)
    assert len(directory.asked) == 4
    await looked_up(phone, "aastra", alice, "grand", offset=16)
    assert len(directory.asked) == 4


class TestNotKept:
    @pytest.fixture
    def dird_settings(self, dird_settings: dict[str, Any]) -> dict[str, Any]:
        return {**dird_settings, "phones_pages_kept_s": 0}

    async def test_where_nothing_is_kept_every_page_searches(
        self, phone: AsyncClient, directory: WrittenDirectory, user_uuid: UUID
    ) -> None:
        directory.contacts = people(40)
        for offset in (0, 16, 32):
            await looked_up(phone, "aastra", user_uuid, "martin", offset=offset)
        assert len(directory.asked) == 3


def test_a_search_is_forgotten_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    kept = KeptSearches(30)
    kept.keep(a_search(), entries(3))
    now = 129.0
    assert kept.entries(a_search()) == entries(3)
    now = 130.0
    assert kept.entries(a_search()) is None
    assert kept.entries(a_search(str(uuid4()))) is None


def test_no_more_is_kept_than_there_is_room_for() -> None:
    kept = KeptSearches(30, most_entries=10)
    for term in "abc":
        kept.keep(a_search(term), entries(4))
    assert [kept.entries(a_search(term)) is not None for term in "abc"] == [False, True, True]
    kept.keep(a_search("b"), entries(6))  # again, and now the youngest
    assert [kept.entries(a_search(term)) is not None for term in "bc"] == [True, True]
    kept.keep(a_search("d"), entries(11))
    assert [kept.entries(a_search(term)) is not None for term in "bcd"] == [False] * 3
