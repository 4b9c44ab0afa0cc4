"""reference/dird.md, part F: lookups (scenarios 1, 2, 5, 11, 21, 22)."""

from typing import Any
from uuid import uuid4

import pytest
from ovix_schema import Phonebook, PhonebookContact
from ovix_testkit.builders import an_entity
from ovix_testkit.queries import QueryRecorder

from .lookups import INTERNAL, LISTED, MARIE, NOBODY, PERSONAL, counted, names


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
