"""Every internal context can search from the moment it is there (F-363)."""

from typing import Any

import pytest
from ovix_testkit.builders import an_entity
from sqlalchemy import text

MARIE = {"firstname": "Marie", "lastname": "Dupont", "number": "0142000001"}
LISTED: dict[str, Any] = {
    "searched_columns": ["firstname", "lastname"],
    "first_matched_columns": ["number"],
    "contacts": [MARIE],
}


async def found_in(client: Any, profile: str) -> list[str] | int:
    answer = await client.get(f"/directories/lookup/{profile}", params={"term": "marie"})
    if answer.status_code != 200:
        return int(answer.status_code)
    return [each["column_values"][0] for each in answer.json()["results"]]


async def test_a_new_internal_context_searches_as_default_does(directories: Any) -> None:
    await directories.profile(await directories.source("listed", "people", **LISTED))
    async with await directories.client() as client:
        assert await found_in(client, "workshop") == 404
        await directories.context("workshop")
        assert await found_in(client, "workshop") == ["Marie Dupont"]
        headers = (await client.get("/directories/lookup/workshop/headers")).json()
        assert headers["column_headers"][0] == "Name"
        whose = await client.get(
            "/directories/reverse/workshop/00000000-0000-0000-0000-000000000000",
            params={"exten": "0142000001"},
        )
        assert whose.json()["display"] == "Marie Dupont"
        assert (await client.get("/directories/favorites/workshop")).status_code == 200
        missing = await client.get("/directories/lookup/nowhere", params={"term": "marie"})
        assert (missing.status_code, missing.json()["reason"]) == (
            404,
            ["The profile `nowhere` does not exist"],
        )


async def test_the_database_tells_dird_of_a_new_context(directories: Any, eventually: Any) -> None:
    await directories.profile(await directories.source("listed", "people", **LISTED))
    async with await directories.client() as client:
        assert await found_in(client, "elsewhere") == 404
        # As confd does it: without a word to dird but the database's.
        async with directories.sessions.begin() as session:
            await session.execute(
                text("INSERT INTO contexts (name, type) VALUES ('elsewhere', 'internal')")
            )

        async def searches() -> bool:
            return await found_in(client, "elsewhere") == ["Marie Dupont"]

        await eventually("dird hears of it", searches)


async def test_a_profile_of_the_contexts_name_is_what_is_searched(directories: Any) -> None:
    people = await directories.source("listed", "people", **LISTED)
    jean = {**LISTED, "contacts": [{**MARIE, "lastname": "Noël"}]}
    others = await directories.source("listed", "others", **jean)
    await directories.profile(people)
    await directories.profile(others, name="workshop")
    await directories.context("workshop")
    async with await directories.client() as client:
        assert await found_in(client, "workshop") == ["Marie Noël"]
        assert await found_in(client, "default") == ["Marie Dupont"]


@pytest.mark.parametrize("kind", ["incall", "outcall", "services", "others"])
async def test_contexts_of_other_types_are_no_directories(directories: Any, kind: str) -> None:
    await directories.profile(await directories.source("listed", "people", **LISTED))
    await directories.context("from-extern", type=kind)
    async with await directories.client() as client:
        assert await found_in(client, "from-extern") == 404


async def test_the_context_of_an_entity_is_its_own_and_searches_its_default(
    directories: Any,
) -> None:
    entity, other = an_entity(), an_entity()
    await directories.save(entity, other)
    own = {**LISTED, "contacts": [{**MARIE, "lastname": "Noël"}]}
    await directories.profile(await directories.source("listed", "people", **LISTED))
    await directories.profile(
        await directories.source("listed", "own", entity_id=entity.id, **own), entity_id=entity.id
    )
    await directories.context("workshop", entity_id=entity.id)
    async with (
        await directories.client(entity_id=entity.id) as one,
        await directories.client(entity_id=other.id) as another,
    ):
        assert await found_in(one, "workshop") == ["Marie Noël"]
        assert await found_in(another, "workshop") == 404


async def test_without_a_profile_default_a_context_has_none(directories: Any) -> None:
    await directories.context("default")
    async with await directories.client() as client:
        assert await found_in(client, "default") == 404
