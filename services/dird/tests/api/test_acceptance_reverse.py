"""reference/dird.md, part F: reverse lookups (scenarios 7 to 9, 25)."""

from typing import Any

import pytest
from ovix_testkit.builders import an_entity
from ovix_testkit.queries import QueryRecorder

from .lookups import INTERNAL, LISTED, MARIE, NOBODY, PERSONAL, counted, names


async def test_7_a_personal_contact_is_found_by_its_number_however_it_is_written(
    directories: Any,
) -> None:
    user = await directories.user("Owner")
    personal = await directories.source("personal", "personal", **PERSONAL)
    await directories.profile(personal)
    client = await directories.client(user)
    await client.post("/personal", json={"firstname": "A", "number": "5555551234"})
    for exten in ("5555551234", "555 555-1234"):
        answer = await client.get(
            f"/directories/reverse/default/{user.uuid}", params={"exten": exten}
        )
        body = answer.json()
        assert (body["display"], body["source"], body["exten"]) == ("A", "personal", exten)


async def test_8_of_two_sources_with_a_number_the_faster_one_says_whose_it_is(
    directories: Any,
) -> None:
    slow = await directories.source(
        "listed", "slow", contacts=[{**MARIE, "firstname": "Slow"}], sleeps_s=3600, **LISTED
    )
    fast = await directories.source("listed", "fast", contacts=[MARIE], **LISTED)
    await directories.profile(slow, fast, timeout=60)
    client = await directories.client()
    answer = await client.get(
        f"/directories/reverse/default/{NOBODY}", params={"exten": "0142000001"}
    )
    assert answer.json()["display"] == "Marie Dupont"
    assert answer.json()["source"] == "fast"


async def test_9_a_source_that_raises_on_reverse_counts_as_no_hit(directories: Any) -> None:
    first = await directories.source("listed", "broken", crashes=True, **LISTED)
    second = await directories.source("listed", "dead", fails="no route", **LISTED)
    await directories.profile(first, second)
    client = await directories.client()
    answer = await client.get(f"/directories/reverse/default/{NOBODY}", params={"exten": "1"})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["display"], body["fields"], body["source"]) == (None, {}, None)
    assert {each["source"] for each in body["failed_sources"]} == {"broken", "dead"}


async def test_an_unknown_profile_of_a_reverse_lookup_gives_nulls(directories: Any) -> None:
    client = await directories.client()
    answer = await client.get(f"/directories/reverse/nope/{NOBODY}", params={"exten": "1"})
    assert (answer.status_code, answer.json()["display"]) == (200, None)
    missing = await client.get(f"/directories/reverse/nope/{NOBODY}")
    assert (missing.status_code, missing.json()["message"]) == (400, "exten is missing")


async def test_25_a_number_is_the_same_with_and_without_the_prefix_of_its_country(
    directories: Any,
) -> None:
    entity = an_entity(country="FR")
    await directories.save(entity)
    await directories.context("default", entity_id=entity.id)
    user = await directories.user(
        "Jean", "Mobile", mobile_phone_number="06 12 34 56 78", entity_id=entity.id
    )
    internal = await directories.source("xivo", "internal", **INTERNAL)
    personal = await directories.source("personal", "personal", **PERSONAL)
    await directories.profile(internal, personal)
    client = await directories.client(user)
    await client.post("/personal", json={"firstname": "Paul", "number": "0123456789"})
    await client.post("/personal", json={"firstname": "Lou", "mobile": "+33 (0)1 98 76 54 32"})
    url = f"/directories/reverse/default/{user.uuid}"
    for exten, name in {
        "+33123456789": "Paul",
        "0033123456789": "Paul",
        "0198765432": "Lou",
        "+33612345678": "Jean Mobile",
        "0612345678": "Jean Mobile",
    }.items():
        answer = await client.get(url, params={"exten": exten})
        assert answer.json()["display"] == name, exten
    for term in ("061234", "+33 6 12 34", "06 12 34 56 78"):
        answer = await client.get("/directories/lookup/default", params={"term": term})
        assert names(answer) == ["Jean Mobile"], term


async def test_many_numbers_are_reversed_by_one_statement_of_each_source(
    directories: Any, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await directories.context("default")
    for number in range(20):
        await directories.user(f"User{number}", exten=str(1100 + number))
    internal = await directories.source("xivo", "internal", **INTERNAL)
    await directories.profile(internal)
    client = await directories.client()
    url = f"/directories/reverse/default/{NOBODY}"
    numbers = [*map(str, range(1100, 1120)), "9999"]
    await client.post(url, json={"numbers": ["1"]})
    with QueryRecorder(app.state.engine) as queries, counted(app, monkeypatch) as lookups:
        answer = await client.post(url, json={"numbers": numbers})
    items = answer.json()["items"]
    assert [each["exten"] for each in items] == numbers
    assert [each["display"] for each in items[:2]] == ["User0", "User1"]
    assert items[-1]["display"] is None
    assert (len(queries), len(lookups)) == (0, 1)
    too_many = await client.post(url, json={"numbers": ["1"] * 501})
    assert too_many.status_code == 400
