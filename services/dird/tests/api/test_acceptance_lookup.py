"""reference/dird.md, part F: lookups and reverse lookups (scenarios 1 to 9, 21, 22, 25)."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from ovix_schema import Phonebook, PhonebookContact
from ovix_testkit.builders import an_entity
from ovix_testkit.queries import QueryRecorder

NOBODY = UUID(int=0)
INTERNAL = {
    "searched_columns": ["firstname", "lastname", "full_name", "exten", "mobile_phone_number"],
    "first_matched_columns": ["exten", "mobile_phone_number"],
    "format_columns": {
        "name": "{firstname} {lastname}",
        "reverse": "{firstname} {lastname}",
        "phone": "{exten}",
        "phone_mobile": "{mobile_phone_number}",
    },
}
PERSONAL = {
    "searched_columns": ["firstname", "lastname", "number", "mobile"],
    "first_matched_columns": ["number", "mobile"],
    "format_columns": {
        "name": "{firstname} {lastname}",
        "reverse": "{firstname} {lastname}",
        "phone": "{number}",
    },
}
LISTED = {
    "searched_columns": ["firstname", "lastname"],
    "first_matched_columns": ["number"],
    "unique_column": "id",
}
MARIE = {"id": "7", "firstname": "Marie", "lastname": "Dupont", "number": "0142000001"}


@contextmanager
def counted(app: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The statements that lookups run inside."""
    statements, rows = [], app.state.statements.rows

    async def recorded(statement: str, *values: object) -> Any:
        statements.append(statement)
        return await rows(statement, *values)

    with monkeypatch.context() as patched:
        patched.setattr(app.state.statements, "rows", recorded)
        yield statements


def names(answer: Any) -> list[Any]:
    assert answer.status_code == 200, answer.text
    return [each["column_values"][0] for each in answer.json()["results"]]


async def test_1_a_lookup_shows_the_columns_of_the_display_and_the_keys_of_presence(
    directories: Any,
) -> None:
    await directories.context("default")
    alice = await directories.user("Alice", "Legros", exten="1001")
    await directories.user("Bob")
    internal = await directories.source("xivo", "internal", **INTERNAL)
    others = await directories.source("listed", "others", contacts=[MARIE], **LISTED)
    await directories.profile(internal, others)
    client = await directories.client()

    answer = await client.get("/directories/lookup/default", params={"term": "le"})

    body = answer.json()
    assert body["term"] == "le"
    assert body["column_headers"] == ["Name", "Number", "Mobile", "Favorite", "Personal"]
    assert body["column_types"] == ["name", "number", "callable", "favorite", "personal"]
    [result] = body["results"]
    assert result["source"] == "internal"
    assert result["backend"] == "xivo"
    # The default is for a missing field; Alice's mobile number is there, and null.
    assert result["column_values"] == ["Alice Legros", "1001", None, False, False]
    assert result["relations"] == {
        "xivo_id": result["relations"]["xivo_id"],
        "user_id": alice.id,
        "user_uuid": str(alice.uuid),
        "endpoint_id": result["relations"]["endpoint_id"],
        "agent_id": None,
        "source_entry_id": str(alice.id),
    }
    assert isinstance(result["relations"]["endpoint_id"], int)
    assert body["failed_sources"] == []


async def test_2_a_missing_term_is_400_an_unknown_profile_404_a_missing_right_401(
    directories: Any,
) -> None:
    await directories.profile()
    client = await directories.client()
    missing = await client.get("/directories/lookup/default")
    assert (missing.status_code, missing.json()["message"]) == (400, "term is missing")
    unknown = await client.get("/directories/lookup/x", params={"term": "a"})
    assert unknown.status_code == 404
    assert unknown.json()["reason"] == ["The profile `x` does not exist"]
    unknown = await client.get("/directories/lookup/x/headers")
    assert unknown.json()["reason"] == ["The profile `x` does not exist"]
    powerless = await directories.client(acl=["dird.personal.read"])
    refused = await powerless.get("/directories/lookup/default", params={"term": "a"})
    assert (refused.status_code, refused.json()["reason"]) == (401, ["Unauthorized"])


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


async def test_5_accents_do_not_count_in_any_source(directories: Any) -> None:
    await directories.context("default")
    user = await directories.user("Élodie", "Noël", exten="1002")
    internal = await directories.source("xivo", "internal", **INTERNAL)
    personal = await directories.source("personal", "personal", **PERSONAL)
    book = Phonebook(tenant="acme", name="book")
    await directories.save(book)
    phonebook = await directories.source(
        "phonebook", "phonebook", phonebook_id=book.id, searched_columns=["firstname"]
    )
    await directories.save(
        PhonebookContact(phonebook_id=book.id, fields={"firstname": "ÉLODIE"}, content_hash=b"1")
    )
    await directories.profile(internal, phonebook, personal)
    client = await directories.client(user)
    await client.post("/personal", json={"firstname": "Élodie", "number": "1"})
    for term in ("elodie", "ÉLODIE", "lod", "élo"):
        answer = await client.get("/directories/lookup/default", params={"term": term})
        found = sorted(each["source"] for each in answer.json()["results"])
        assert found == ["internal", "personal", "phonebook"], term


async def test_every_word_is_found_in_some_field_whatever_their_order(directories: Any) -> None:
    await directories.context("default")
    await directories.user("Marie", "Dupont", exten="1003")
    await directories.user("Marie", "Durand", exten="1004")
    internal = await directories.source("xivo", "internal", **INTERNAL)
    await directories.profile(internal)
    client = await directories.client()
    for term in ("marie dupont", "Dupont Marie", "dup mar", "marie 1003"):
        answer = await client.get("/directories/lookup/default", params={"term": term})
        assert names(answer) == ["Marie Dupont"], term
    assert len(names(await client.get("/directories/lookup/default", params={"term": ""}))) == 2


async def test_wildcards_of_sql_have_no_meaning(directories: Any) -> None:
    await directories.context("default")
    user = await directories.user("Per", "100% sure_", exten="1003")
    internal = await directories.source("xivo", "internal", **INTERNAL)
    personal = await directories.source("personal", "personal", **PERSONAL)
    await directories.profile(internal, personal)
    client = await directories.client(user)
    await client.post("/personal", json={"firstname": "ab", "number": "12"})
    for term in ("%", "100%", "sure_"):
        answer = await client.get("/directories/lookup/default", params={"term": term})
        assert names(answer) == ["Per 100% sure_"], term
    for term in ("a_", "_", "\\", "%%%%"):
        found = names(await client.get("/directories/lookup/default", params={"term": term}))
        assert "ab" not in found, term


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


async def test_21_blanks_around_a_formatted_field_go_and_nothing_is_null(directories: Any) -> None:
    contacts = [{"firstname": "Alice", "lastname": None}, {"firstname": None, "lastname": ""}]
    source = await directories.source("listed", "some", contacts=contacts, **LISTED)
    await directories.profile(source)
    client = await directories.client()
    answer = await client.get("/directories/lookup/default", params={"term": ""})
    assert names(answer) == ["Alice", None]
    assert answer.json()["results"][0]["column_values"][2] == "none"  # a field it does not have


async def test_11_without_a_unique_column_there_is_no_entry_id(directories: Any) -> None:
    keys = {**LISTED, "unique_column": None}
    source = await directories.source("listed", "some", contacts=[MARIE], **keys)
    await directories.profile(source)
    client = await directories.client()
    answer = await client.get("/directories/lookup/default", params={"term": "marie"})
    assert answer.json()["results"][0]["relations"]["source_entry_id"] is None


async def test_22_users_of_another_context_are_never_seen_where_contexts_are_separate(
    directories: Any,
) -> None:
    for context in ("A", "B"):
        await directories.context(context)
        await directories.user("Anne", context, exten="1005", context=context)
    source = await directories.source(
        "xivo", "internal_B", extra_search_params={"context": "B"}, **INTERNAL
    )
    await directories.profile(source, name="B")
    client = await directories.client()
    found = names(await client.get("/directories/lookup/B", params={"term": "anne"}))
    assert found == ["Anne B"]
    answer = await client.get(f"/directories/reverse/B/{NOBODY}", params={"exten": "1005"})
    assert answer.json()["display"] == "Anne B"


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


async def test_a_lookup_is_one_statement_for_each_source_and_one_for_the_favorites(
    directories: Any, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await directories.context("default")
    for number in range(30):
        await directories.user("Nadine", f"N{number:02}", exten=str(1200 + number))
    user = await directories.user("Owner")
    internal = await directories.source("xivo", "internal", **INTERNAL)
    personal = await directories.source("personal", "personal", **PERSONAL)
    await directories.profile(internal, personal)
    client = await directories.client(user)
    await client.get("/directories/lookup/default", params={"term": "nadine"})
    with QueryRecorder(app.state.engine) as queries, counted(app, monkeypatch) as lookups:
        answer = await client.get("/directories/lookup/default", params={"term": "nadine"})
    assert len(answer.json()["results"]) == 30
    assert (len(queries), len(lookups)) == (0, 3)


async def test_limit_and_offset_page_through_a_stable_order(directories: Any) -> None:
    await directories.context("default")
    for number in range(7):
        await directories.user("Nadine", f"N{number}", exten=str(1300 + number))
    internal = await directories.source("xivo", "internal", **INTERNAL)
    await directories.profile(internal)
    client = await directories.client()
    seen = []
    for offset in range(0, 9, 3):
        params = {"term": "nadine", "limit": 3, "offset": offset}
        answer = await client.get("/directories/lookup/default", params=params)
        assert answer.json()["total"] == 7
        seen += names(answer)
    assert seen == [f"Nadine N{number}" for number in range(7)]
    for wrong in ({"limit": "-1"}, {"limit": "x"}, {"offset": "99999999999"}):
        bad = await client.get("/directories/lookup/default", params={"term": "", **wrong})
        assert bad.status_code == 400


async def test_the_best_match_comes_first_and_equal_ones_in_the_order_of_the_sources(
    directories: Any,
) -> None:
    def contact(lastname: str) -> dict[str, Any]:
        return {"id": lastname, "firstname": None, "lastname": lastname}

    first = await directories.source(
        "listed", "first", contacts=[contact("Grandmartin"), contact("Martinez")], **LISTED
    )
    second = await directories.source(
        "listed", "second", contacts=[contact("Martin"), contact("Martineau")], **LISTED
    )
    await directories.profile(first, second)
    client = await directories.client()
    answer = await client.get("/directories/lookup/default", params={"term": "martin"})
    assert names(answer) == ["Martin", "Martinez", "Martineau", "Grandmartin"]


async def test_one_person_of_two_sources_is_one_result_with_the_fields_of_both(
    directories: Any,
) -> None:
    formats = {
        "name": "{firstname} {lastname}", "phone": "{number}", "email": "{email}",
        "phone_mobile": "{mobile}",
    }  # fmt: skip
    first = await directories.source(
        "listed", "first", contacts=[MARIE], **LISTED | {"format_columns": formats}
    )
    same = {"id": "9", "firstname": "MARIE", "lastname": "Dupont", "mobile": "0612345678"}
    second = await directories.source(
        "listed",
        "second",
        contacts=[
            {**same, "number": "+33142000001"},
            {**same, "id": "10", "firstname": "Luc", "number": "0142000001"},
        ],
        **LISTED | {"format_columns": formats},
    )
    await directories.profile(first, second)
    await directories.profile(first, second, name="apart", merge="never")
    await directories.profile(first, second, name="numbers", merge="numbers")
    client = await directories.client()
    answer = await client.get("/directories/lookup/default", params={"term": "dupont"})
    assert names(answer) == ["Marie Dupont", "Luc Dupont"]
    assert answer.json()["results"][0]["column_values"][2] == "0612345678"
    answer = await client.get("/directories/lookup/apart", params={"term": "dupont"})
    assert names(answer) == ["Marie Dupont", "MARIE Dupont", "Luc Dupont"]
    answer = await client.get("/directories/lookup/numbers", params={"term": "dupont"})
    assert names(answer) == ["Marie Dupont"]


async def test_an_entity_sees_its_own_users_and_its_own_profiles(directories: Any) -> None:
    one, other = an_entity(), an_entity()
    await directories.save(one, other)
    for entity, context in ((one, "one"), (other, "other")):
        await directories.context(context, entity_id=entity.id)
        await directories.user("Zoé", context, exten="1006", context=context, entity_id=entity.id)
    internal = await directories.source("xivo", "internal", **INTERNAL)
    await directories.profile(internal)
    await directories.profile(name="private", entity_id=other.id)
    client = await directories.client(entity_id=one.id)
    found = names(await client.get("/directories/lookup/default", params={"term": "zoe"}))
    assert found == ["Zoé one"]
    hidden = await client.get("/directories/lookup/private", params={"term": "zoe"})
    assert hidden.status_code == 404
    whose = await client.get(f"/directories/reverse/default/{uuid4()}", params={"exten": "1006"})
    assert whose.json()["display"] == "Zoé one"


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
