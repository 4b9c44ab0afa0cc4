"""Sources that another replica made or deleted, and changes that nobody waits for."""

import asyncio
from typing import Any

import pytest
from ovix_schema import DirectorySource


async def test_a_source_that_is_not_heard_of_yet_is_unavailable(
    directories: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with await directories.client() as client:
        live = directories.app.state.live
        before = await live.current()

        async def nothing_new() -> Any:
            return before

        monkeypatch.setattr(live, "_read", nothing_new)
        row = DirectorySource(backend="personal", name="new", settings={})
        await directories.save(row)
        answer = await client.get(f"/backends/personal/sources/{row.uuid}/contacts")
    assert answer.status_code == 503


async def test_favorites_of_a_source_that_goes_meanwhile_are_left_out(
    directories: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = await directories.source("listed", "crm", contacts=[{"id": "1"}], unique_column="id")
    await directories.profile(source)
    favorites = directories.app.state.directory._favorites
    known = favorites.of_user

    async def of_user(uuid: str) -> Any:
        found = await known(uuid)
        async with directories.sessions.begin() as session:
            await session.delete(await session.get(DirectorySource, source.uuid))
        directories.app.state.live.changed()
        await directories.app.state.live.current()
        return found

    async with await directories.client(await directories.user("Zoé")) as client:
        assert (await client.put("/directories/favorites/crm/1")).status_code == 204
        monkeypatch.setattr(favorites, "of_user", of_user)
        answer = await client.get("/directories/favorites/default")
    assert answer.status_code == 200
    assert answer.json()["results"] == []


async def test_a_change_is_applied_though_who_began_to_read_it_gave_up(
    directories: Any, monkeypatch: pytest.MonkeyPatch, eventually: Any
) -> None:
    live = directories.app.state.live
    read, begun = live._read, asyncio.Event()

    async def slow() -> Any:
        begun.set()
        await asyncio.sleep(3600)

    await live.current()
    monkeypatch.setattr(live, "_read", slow)
    async with live._reading:  # so that a request is the one that reads
        live._stale.set()
        asked = asyncio.create_task(live._refresh())
        await asyncio.sleep(0)
    await begun.wait()
    monkeypatch.setattr(live, "_read", read)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    await directories.source("listed", "third", contacts=[])

    async def is_applied() -> bool:
        return any(each.config.name == "third" for each in directories.app.state.sources)

    await eventually("the change is applied", is_applied)
