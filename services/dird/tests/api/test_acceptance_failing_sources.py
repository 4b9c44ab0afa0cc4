"""reference/dird.md, part F: sources that fail, are slow, or change (scenarios 3 and 4)."""

import asyncio
from typing import Any

import pytest

from .lookups import LISTED, MARIE, PERSONAL, names


async def test_3_a_dead_source_is_told_beside_the_results_of_the_others(directories: Any) -> None:
    dead = await directories.source("listed", "dead", fails="nobody listens there", **LISTED)
    good = await directories.source("listed", "good", contacts=[MARIE], **LISTED)
    await directories.profile(dead, good)
    client = await directories.client()
    answer = await client.get("/directories/lookup/default", params={"term": "marie"})
    assert names(answer) == ["Marie Dupont"]
    assert answer.json()["failed_sources"] == [{"source": "dead", "reason": "nobody listens there"}]


async def test_4_a_slow_source_costs_its_time_out_and_starves_no_other_profile(
    directories: Any, listed: Any, eventually: Any
) -> None:
    slow = await directories.source("listed", "asleep", sleeps_s=3600, **LISTED)
    good = await directories.source("listed", "awake", contacts=[MARIE], **LISTED)
    await directories.profile(slow, good, name="slow", timeout=20)
    await directories.profile(good, name="fast")
    client = await directories.client()
    waiting = [
        asyncio.create_task(client.get("/directories/lookup/slow", params={"term": "marie"}))
        for _ in range(20)
    ]

    async def all_of_them_wait() -> bool:
        return bool(listed.asked.get("asleep") == 20)

    await eventually("all of them wait", all_of_them_wait)
    assert names(await client.get("/directories/lookup/fast", params={"term": "marie"}))
    assert not any(task.done() for task in waiting)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_4_the_rest_of_the_answer_comes_when_the_time_is_out(directories: Any) -> None:
    slow = await directories.source("listed", "slow", sleeps_s=3600, **LISTED)
    good = await directories.source("listed", "good", contacts=[MARIE], **LISTED)
    await directories.profile(slow, good, timeout=0.2)
    client = await directories.client()
    answer = await client.get("/directories/lookup/default", params={"term": "marie"})
    assert names(answer) == ["Marie Dupont"]
    assert answer.json()["failed_sources"] == [
        {"source": "slow", "reason": "no answer within 0.2 s"}
    ]


async def test_a_dead_source_is_skipped_and_comes_back_by_itself(
    directories: Any, listed: Any, http: Any, eventually: Any
) -> None:
    dead = await directories.source("listed", "mending", fails="away", contacts=[MARIE], **LISTED)
    await directories.profile(dead)
    client = await directories.client()
    params = {"term": "marie"}
    for _ in range(3):
        answer = await client.get("/directories/lookup/default", params=params)
        assert answer.json()["failed_sources"] == [{"source": "mending", "reason": "away"}]
    skipped = await client.get("/directories/lookup/default", params=params)
    assert skipped.json()["failed_sources"][0]["reason"].startswith("skipped")
    assert (await http.get("/status")).json()["sources"]["status"] == "fail"
    figures = (await http.get("/metrics")).text
    assert 'ovix_dird_source_up{source="mending"} 0.0' in figures
    listed.mended.add("mending")

    async def is_back() -> bool:
        answer = await client.get("/directories/lookup/default", params=params)
        return names(answer) == ["Marie Dupont"]

    await eventually("the source answers again", is_back)
    assert (await http.get("/status")).json()["sources"]["status"] == "ok"
    assert listed.asked["mending"] < 3 + 40  # not once for each request that skipped it


async def test_a_source_that_is_no_more_is_closed(
    directories: Any, listed: Any, eventually: Any
) -> None:
    source = await directories.source("listed", "short-lived", contacts=[MARIE], **LISTED)
    await directories.profile(source)
    client = await directories.client()
    assert names(await client.get("/directories/lookup/default", params={"term": "marie"}))
    opened = listed.open_sources
    async with directories.sessions.begin() as session:
        await session.delete(await session.merge(source))
    directories.app.state.live.changed()
    assert not names(await client.get("/directories/lookup/default", params={"term": "marie"}))

    async def is_closed() -> bool:
        return bool(listed.open_sources < opened)

    await eventually("it is closed", is_closed)


async def test_what_another_replica_changes_is_heard(
    directories: Any, app: Any, eventually: Any
) -> None:
    await directories.profile()
    client = await directories.client()
    assert not names(await client.get("/directories/lookup/default", params={"term": "marie"}))
    changed, app.state.live.changed = app.state.live.changed, lambda: None
    try:
        source = await directories.source("listed", "elsewhere", contacts=[MARIE], **LISTED)
        await directories.profile(source, name="new")
    finally:
        app.state.live.changed = changed

    async def is_heard() -> bool:
        answer = await client.get("/directories/lookup/new", params={"term": "marie"})
        return answer.status_code == 200 and names(answer) == ["Marie Dupont"]

    await eventually("the change is heard", is_heard)


async def test_while_the_database_is_away_what_is_known_elsewhere_is_answered(
    directories: Any, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await directories.user("Owner")
    personal = await directories.source("personal", "personal", **PERSONAL)
    others = await directories.source("listed", "others", contacts=[MARIE], **LISTED)
    await directories.profile(personal, others)
    client = await directories.client(user)
    assert names(await client.get("/directories/lookup/default", params={"term": "marie"}))

    async def refused(_statement: str, *_values: object) -> Any:
        raise ConnectionRefusedError("nobody listens")

    monkeypatch.setattr(app.state.statements, "rows", refused)
    found = await client.get("/directories/lookup/default", params={"term": "marie"})
    assert names(found) == ["Marie Dupont"]
    assert found.json()["failed_sources"] == [
        {"source": "personal", "reason": "the database can't be reached"}
    ]
    program = await directories.client()
    url = f"/directories/reverse/default/{user.uuid}"
    whose = await program.get(url, params={"exten": "0142000001"})
    assert whose.json()["display"] == "Marie Dupont"
