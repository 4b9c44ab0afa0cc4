"""reference/dird.md, part F: favorites and personal contacts (scenarios 10 to 17)."""

from typing import Any
from uuid import uuid4

import pytest
from ovix_schema import User
from ovix_testkit.builders import an_entity
from sqlalchemy import text

LISTED = {
    "searched_columns": ["firstname", "lastname"],
    "first_matched_columns": ["number"],
    "unique_column": "id",
}
MARIE = {"id": "7/a b", "firstname": "Marie", "lastname": "Dupont", "number": "0142000001"}
PERSONAL = {
    "searched_columns": ["firstname", "lastname", "number"],
    "first_matched_columns": ["number"],
}


async def favorite_names(client: Any, profile: str = "default") -> list[str]:
    answer = await client.get(f"/directories/favorites/{profile}")
    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    assert all(each["column_values"][3] is True for each in results)
    return [each["column_values"][0] for each in results]


async def test_10_a_favorite_is_marked_once_shown_told_and_unmarked(
    directories: Any, told: Any
) -> None:
    await directories.context("default")
    user = await directories.user("Alice", "Legros", exten="1001")
    internal = await directories.source("xivo", "internal", searched_columns=["firstname"])
    await directories.profile(internal)
    client = await directories.client(user)
    url = f"/directories/favorites/internal/{user.id}"

    assert (await client.put(url)).status_code == 204
    again = await client.put(url)
    assert again.status_code == 409
    assert again.json()["reason"] == ["Adding this favorite would create a duplicate"]
    found = await client.get("/directories/lookup/default", params={"term": "alice"})
    assert found.json()["results"][0]["column_values"][3] is True
    assert await favorite_names(client) == ["Alice Legros"]
    assert (await client.delete(url)).status_code == 204
    gone = await client.delete(url)
    assert gone.status_code == 404
    assert gone.json()["reason"] == [f"No such favorite: internal:{user.id}"]
    assert await favorite_names(client) == []

    events = [each for each in await told() if each[0].startswith("favorite_")]
    assert [(name, key) for name, key, _ in events] == [
        ("favorite_added", f"directory.{user.uuid}.favorite.created"),
        ("favorite_deleted", f"directory.{user.uuid}.favorite.deleted"),
    ]
    assert events[0][2]["source"] == "internal"
    assert events[0][2]["source_entry_id"] == str(user.id)
    assert events[0][2]["user_uuid"] == str(user.uuid)


async def test_a_source_of_no_profile_can_have_no_favorites(directories: Any) -> None:
    user = await directories.user("Alice")
    await directories.source("listed", "unused", **LISTED)
    await directories.profile()
    client = await directories.client(user)
    for name in ("unused", "nothing"):
        answer = await client.put(f"/directories/favorites/{name}/1")
        assert answer.status_code == 404
        assert answer.json()["reason"] == [f"No such source: {name}"]


async def test_a_profile_without_favorites_has_none(directories: Any) -> None:
    user = await directories.user("Alice")
    await directories.profile(services=["lookup"])
    client = await directories.client(user)
    answer = await client.get("/directories/favorites/default")
    assert answer.status_code == 404
    assert answer.json()["reason"] == ["No such profile in favorite service configuration: default"]
    unknown = await client.get("/directories/favorites/nope")
    assert unknown.json()["reason"] == ["The profile `nope` does not exist"]
    assert (await client.get("/directories/lookup/default?term=")).status_code == 200


async def test_12_favorites_of_a_source_that_left_the_profile_are_left_out(
    directories: Any,
) -> None:
    user = await directories.user("Alice")
    source = await directories.source("listed", "crm", contacts=[MARIE], **LISTED)
    await directories.profile(source, name="with")
    await directories.profile(name="without")
    client = await directories.client(user)
    entry = "7%2Fa%20b"
    assert (await client.put(f"/directories/favorites/crm/{entry}")).status_code == 204
    assert await favorite_names(client, "with") == ["Marie Dupont"]
    assert await favorite_names(client, "without") == []


async def test_favorites_follow_a_source_that_gets_another_name(directories: Any) -> None:
    user = await directories.user("Alice")
    source = await directories.source("listed", "crm", contacts=[MARIE], **LISTED)
    await directories.profile(source)
    client = await directories.client(user)
    await client.put("/directories/favorites/crm/7%2Fa%20b")
    async with directories.sessions.begin() as session:
        (await session.merge(source)).name = "customers"
    directories.app.state.live.changed()
    assert await favorite_names(client) == ["Marie Dupont"]
    assert (await client.delete("/directories/favorites/customers/7%2Fa%20b")).status_code == 204


@pytest.mark.parametrize(
    ("contact", "reason"),
    [
        ({"firstname": 1}, ["all values must be strings"]),
        ({"": "x"}, ['"" is a forbidden in keys']),
        ({"": None}, ["all values must be strings", '"" is a forbidden in keys']),
        ({"a": "\x00"}, ["NUL characters are not allowed"]),
        ({"a": "x" * 5000}, ["values must not be longer than 4096 characters"]),
        ({str(n): "" for n in range(101)}, ["at most 100 keys are allowed"]),
    ],
)
async def test_13_what_is_no_contact_is_refused_with_every_reason(
    directories: Any, contact: dict[str, Any], reason: list[str]
) -> None:
    client = await directories.client(await directories.user("Alice"))
    answer = await client.post("/personal", json=contact)
    assert (answer.status_code, answer.json()["reason"]) == (400, reason)


async def test_13_the_same_contact_twice_is_a_conflict(directories: Any) -> None:
    client = await directories.client(await directories.user("Alice"))
    made = await client.post("/personal", json={"firstname": "Bob"})
    assert made.status_code == 201
    again = await client.post("/personal", json={"firstname": "Bob"})
    assert again.status_code == 409
    assert again.json()["reason"] == ["Adding this contact would create a duplicate"]
    other = (await client.post("/personal", json={"firstname": "Eve"})).json()
    renamed = await client.put(f"/personal/{other['id']}", json={"firstname": "Bob"})
    assert renamed.status_code == 409
    changed = await client.put(f"/personal/{other['id']}", json={"firstname": "Evelyn"})
    assert changed.json() == {"firstname": "Evelyn", "id": other["id"]}
    for content in (b"", b"[]", b'"x"', b"{", b"\xff"):
        bad = await client.post("/personal", content=content)
        assert bad.status_code == 400, content


async def test_14_a_file_with_a_bad_line_gives_the_good_ones_and_the_fault(
    directories: Any,
) -> None:
    client = await directories.client(await directories.user("Alice"))
    headers = {"Content-Type": "text/csv; charset=utf-8"}

    async def post(content: str) -> Any:
        return await client.post("/personal/import", content=content, headers=headers)

    mixed = await post("firstname,number\nA,1\nB,2,3\nC,3\n")
    assert mixed.status_code == 201
    body = mixed.json()
    assert [each["firstname"] for each in body["created"]] == ["A", "C"]
    assert body["failed"] == [{"errors": ["too many fields"], "line": 3}]
    bad = await post("firstname,number\nA\nB,2,3\n")
    assert bad.status_code == 400
    assert bad.json()["reason"] == [
        {"errors": ["missing fields"], "line": 2},
        {"errors": ["too many fields"], "line": 3},
    ]
    empty = await post("")
    assert (empty.status_code, empty.json()["reason"]) == (400, ["No contact found"])
    wrong = await client.post(
        "/personal/import", content=b"a\n\xff\n", headers={"Content-Type": "text/csv"}
    )
    assert wrong.status_code == 400
    unknown = await client.post(
        "/personal/import", content=b"a\nb\n", headers={"Content-Type": "text/csv; charset=klingon"}
    )
    assert unknown.status_code == 400
    latin = await client.post(
        "/personal/import",
        content="firstname\nÉlodie\n".encode("latin-1"),
        headers={"Content-Type": "text/csv; charset=iso-8859-1"},
    )
    assert latin.json()["created"][0]["firstname"] == "Élodie"
    repeated = await post("firstname,number\nA,1\n")
    assert repeated.json()["created"][0]["id"] == body["created"][0]["id"]


async def test_15_what_was_exported_can_be_imported_again(directories: Any) -> None:
    client = await directories.client(await directories.user("Alice"))
    assert (await client.get("/personal?format=text/csv")).status_code == 204
    contacts = [
        {"firstname": "Élodie", "number": "+33 1 42 00 00 01"},
        {"firstname": '=HYPERLINK("http://x")', "lastname": 'a, "b"\nc'},
        {"firstname": "'=already quoted", "company": "-5%", "number": "-12"},
        {"firstname": "@SUM(1)", "email": "a@b.example"},
    ]
    for contact in contacts:
        assert (await client.post("/personal", json=contact)).status_code == 201
    export = await client.get("/personal", headers={"Content-Type": "text/csv"})
    assert export.headers["content-type"] == "text/csv; charset=utf-8"
    header, *lines = export.text.split("\r\n")
    assert header == "company,email,firstname,id,lastname,number"
    assert not any(cell.startswith(("=", "@")) for line in lines for cell in line.split(","))
    assert (await client.delete("/personal")).status_code == 204
    assert (await client.get("/personal")).json() == {"items": []}
    imported = await client.post(
        "/personal/import", content=export.content, headers={"Content-Type": "text/csv"}
    )
    assert imported.status_code == 201, imported.text

    def values(items: list[dict[str, str]]) -> list[dict[str, str]]:
        kept = [{k: v for k, v in each.items() if v and k != "id"} for each in items]
        return sorted(kept, key=lambda each: each["firstname"])

    again = (await client.get("/personal")).json()["items"]
    assert values(again) == values(contacts)


async def test_16_nobody_reaches_another_users_contacts_or_favorites_by_any_route(
    directories: Any,
) -> None:
    alice, bob = await directories.user("Alice"), await directories.user("Bob")
    personal = await directories.source("personal", "personal", **PERSONAL)
    await directories.profile(personal)
    hers, his = await directories.client(alice), await directories.client(bob)
    secret = {"firstname": "Secret", "number": "0142000042"}
    contact = (await hers.post("/personal", json=secret)).json()
    one = f"/personal/{contact['id']}"
    await hers.put(f"/directories/favorites/personal/{contact['id']}")

    assert (await his.get(one)).status_code == 404
    assert (await his.get(one)).json()["reason"] == [f"No such contact: {contact['id']}"]
    assert (await his.put(one, json={"a": "b"})).status_code == 404
    assert (await his.delete(one)).status_code == 404
    favorite = f"/directories/favorites/personal/{contact['id']}"
    assert (await his.delete(favorite)).status_code == 404
    assert (await his.put(favorite)).status_code == 204  # existence is not told
    for path in (
        "/personal",
        "/personal?format=text/csv",
        "/directories/personal/default",
        "/directories/favorites/default",
        "/directories/lookup/default?term=secret",
        "/directories/lookup/default?term=",
        f"/directories/lookup/default/{alice.uuid}?term=secret",
        f"/directories/reverse/default/{alice.uuid}?exten=0142000042",
        f"/directories/reverse/default/{bob.uuid}?exten=0142000042",
    ):
        answer = await his.get(path)
        assert "Secret" not in answer.text, path
        assert answer.status_code in (200, 204), path
    many = await his.post(
        f"/directories/reverse/default/{alice.uuid}", json={"numbers": ["0142000042", "1"]}
    )
    assert "Secret" not in many.text
    assert (await his.delete("/personal")).status_code == 204
    assert (await hers.get(one)).json() == contact
    assert len((await hers.get("/directories/favorites/default")).json()["results"]) == 1


async def test_a_program_sees_what_the_user_of_the_path_sees(directories: Any) -> None:
    alice = await directories.user("Alice")
    personal = await directories.source("personal", "personal", **PERSONAL)
    await directories.profile(personal)
    hers, program = await directories.client(alice), await directories.client()
    await hers.post("/personal", json={"firstname": "Known", "number": "0142000042"})
    found = await program.get(f"/directories/reverse/default/{alice.uuid}?exten=0142000042")
    assert found.json()["display"] == "Known"
    found = await program.get(f"/directories/lookup/default/{alice.uuid}?term=known")
    assert len(found.json()["results"]) == 1
    assert (await program.get("/directories/lookup/default?term=known")).json()["results"] == []
    stranger = await directories.client(entity_id=await _an_entity(directories))
    found = await stranger.get(f"/directories/reverse/default/{alice.uuid}?exten=0142000042")
    assert found.json()["display"] is None


async def _an_entity(directories: Any) -> int:
    entity = an_entity()
    await directories.save(entity)
    return int(entity.id)


async def test_a_token_of_no_user_has_no_contacts_of_its_own(directories: Any) -> None:
    await directories.profile()
    program = await directories.client()
    for method, path in (
        ("GET", "/personal"),
        ("POST", "/personal"),
        ("DELETE", "/personal"),
        ("GET", f"/personal/{uuid4()}"),
        ("PUT", f"/personal/{uuid4()}"),
        ("DELETE", f"/personal/{uuid4()}"),
        ("POST", "/personal/import"),
        ("GET", "/directories/personal/default"),
        ("PUT", "/directories/favorites/x/1"),
        ("DELETE", "/directories/favorites/x/1"),
    ):
        answer = await program.request(method, path)
        assert answer.status_code == 401, path
        assert answer.json()["reason"] == ["This token has no user UUID"]


async def test_17_personal_contacts_and_favorites_go_with_their_user(directories: Any) -> None:
    alice = await directories.user("Alice")
    personal = await directories.source("personal", "personal", **PERSONAL)
    await directories.profile(personal)
    client = await directories.client(alice)
    contact = (await client.post("/personal", json={"firstname": "X"})).json()
    await client.put(f"/directories/favorites/personal/{contact['id']}")
    async with directories.sessions.begin() as session:
        await session.delete(await session.get(User, alice.id))
    async with directories.sessions.begin() as session:
        for table in ("personal_contacts", "directory_favorites"):
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 0


async def test_a_users_contacts_are_shown_as_columns(directories: Any) -> None:
    alice = await directories.user("Alice")
    personal = await directories.source("personal", "personal", **PERSONAL)
    await directories.profile(personal)
    client = await directories.client(alice)
    contact = (await client.post("/personal", json={"firstname": "Zed"})).json()
    answer = await client.get("/directories/personal/default")
    [result] = answer.json()["results"]
    assert result["column_values"][0] == "Zed"
    assert result["column_values"][4] is True
    assert result["relations"]["source_entry_id"] == contact["id"]
    assert "term" not in answer.json()


async def test_no_route_shows_a_user_what_another_one_wrote_down(directories: Any) -> None:
    """Those of phones neither, however much the token's access list grants."""
    book = await directories.source(
        "personal", "own", searched_columns=["firstname"],
        format_columns={"name": "{firstname}", "phone": "{number}"},
    )  # fmt: skip
    await directories.profile(book)
    ada, eve = await directories.user("Ada"), await directories.user("Eve")
    async with await directories.client(ada) as client:
        made = await client.post("/personal", json={"firstname": "Secret", "number": "0612345678"})
        assert made.status_code == 201
    for who, sees in ((ada, True), (eve, False)):
        async with await directories.client(who) as client:
            for more in ("", "/yealink"):
                path = f"/directories/lookup/default/{ada.uuid}{more}"
                found = await client.get(path, params={"term": "secret"})
                assert found.status_code == 200, found.text
                assert ("0612345678" in found.text) is sees
