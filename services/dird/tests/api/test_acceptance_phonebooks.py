"""reference/dird.md, part F: phonebooks (scenarios 18 and 19)."""

from typing import Any

import pytest
from ovix_testkit.builders import an_entity

TENANT = "/tenants/acme/phonebooks"
CSV = {"Content-Type": "text/csv"}


async def a_book(client: Any, name: str = "book") -> str:
    made = await client.post(TENANT, json={"name": name})
    assert made.status_code == 201, made.text
    return f"{TENANT}/{made.json()['id']}"


async def test_18_phonebooks_belong_to_a_tenant_that_their_creation_makes(
    directories: Any,
) -> None:
    client = await directories.client()
    bad = await client.post("/tenants/Acme/phonebooks", json={"name": "x"})
    assert bad.status_code == 400
    assert bad.json()["reason"] == ["The tenant should be alphanumeric: Acme"]
    body = {"name": "suppliers", "description": "Whom we buy from"}
    made = await client.post(TENANT, json=body)
    assert made.status_code == 201
    shown = made.json()
    assert {name: shown[name] for name in body} == body
    again = await client.post(TENANT, json=body)
    assert (again.status_code, again.json()["reason"]) == (409, ["Duplicating phonebook"])
    assert (await client.post("/tenants/other/phonebooks", json=body)).status_code == 201
    for wrong in ({}, {"name": ""}, {"name": "x" * 256}, {"name": None}):
        assert (await client.post(TENANT, json=wrong)).status_code == 400
    url = f"{TENANT}/{shown['id']}"
    assert (await client.get(url)).json() == shown
    assert (await client.get(f"/phonebooks/{shown['uuid']}")).json() == shown
    changed = await client.put(url, json={"name": "providers"})
    assert (changed.status_code, changed.json()["name"]) == (200, "providers")
    await client.post(TENANT, json={"name": "taken"})
    conflict = await client.put(url, json={"name": "taken"})
    assert (conflict.status_code, conflict.json()["reason"]) == (409, ["Duplicating phonebook"])
    listed = (await client.get(TENANT, params={"order": "name", "direction": "desc"})).json()
    assert [each["name"] for each in listed["items"]] == ["taken", "providers"]
    assert listed["total"] == 2
    found = (await client.get(TENANT, params={"search": "PROV"})).json()
    assert (found["total"], found["items"][0]["name"]) == (1, "providers")
    assert (await client.delete(url)).status_code == 204
    gone = await client.get(url)
    assert gone.status_code == 404
    assert gone.json()["reason"] == [f"No such phonebook: {shown['id']}"]
    assert (await client.get(f"{TENANT}/99999999999")).status_code == 404
    assert (await client.get("/tenants/other/phonebooks/1")).status_code in (200, 404)


async def test_18_contacts_are_searched_sorted_and_paged(directories: Any) -> None:
    client = await directories.client()
    contacts = f"{await a_book(client)}/contacts"
    for name in ("Ève", "adam", "Zoé", "Émile", "bob"):
        made = await client.post(contacts, json={"lastname": name, "company": "Nexus"})
        assert made.status_code == 201
    await client.post(contacts, json={"company": "Nexus", "nested": {"any": ["json"]}})
    await client.post(contacts, json={"lastname": "other"})
    params = {"search": "NEX", "order": "lastname", "direction": "desc", "limit": 2, "offset": 2}
    page = (await client.get(contacts, params=params)).json()
    assert [each["lastname"] for each in page["items"]] == ["Émile", "bob"]
    assert (page["total"], page["filtered"]) == (6, 6)
    everything = (await client.get(contacts, params={"limit": 0})).json()
    assert len(everything["items"]) == everything["total"] == 7
    for wrong, reason in (
        ({"direction": "up"}, "direction should be one of ['asc', 'desc']"),
        ({"limit": "-1"}, "limit should be a positive integer"),
        ({"offset": "x"}, "offset should be a positive integer"),
    ):
        bad = await client.get(contacts, params=wrong)
        assert bad.status_code == 400
        assert reason in bad.json()["reason"][0]


async def test_a_contact_of_a_phonebook_lives_and_dies(directories: Any) -> None:
    client = await directories.client()
    book = await a_book(client)
    contacts = f"{book}/contacts"
    made = (await client.post(contacts, json={"firstname": "A", "id": "mine"})).json()
    assert made["id"] != "mine"
    one = f"{contacts}/{made['id']}"
    assert (await client.get(one)).json() == made
    double = await client.post(contacts, json={"firstname": "A"})
    assert (double.status_code, double.json()["reason"]) == (409, ["Duplicate contact"])
    await client.post(contacts, json={"firstname": "B"})
    taken = await client.put(one, json={"firstname": "B"})
    assert (taken.status_code, taken.json()["reason"]) == (409, ["Duplicate contact"])
    assert (await client.put(one, json={"firstname": "C"})).json()["firstname"] == "C"
    for wrong in ({}, {"": "x"}, {"id": "only"}):
        assert (await client.post(contacts, json=wrong)).status_code == 400, wrong
    other = await a_book(client, "other")
    assert (await client.get(f"{other}/contacts/{made['id']}")).status_code == 404
    assert (await client.delete(one)).status_code == 204
    gone = await client.delete(one)
    assert gone.json()["reason"] == [f"No such contact: {made['id']}"]


async def test_19_an_import_tells_what_became_of_each_line(directories: Any) -> None:
    client = await directories.client()
    contacts = f"{await a_book(client)}/contacts"

    async def post(content: str) -> Any:
        return await client.post(f"{contacts}/import", content=content, headers=CSV)

    repeated = await post("firstname,number,firstname\nA,1,B\n")
    assert repeated.status_code == 400
    assert repeated.json()["reason"] == ["duplicate columns: ['firstname']"]
    mixed = await post("firstname,number\nA,1\nB\nA,1\nC,3\n")
    assert mixed.status_code == 200
    assert [each["firstname"] for each in mixed.json()["created"]] == ["A", "C"]
    assert mixed.json()["failed"] == [
        {"line": 3, "errors": ["missing fields"]},
        {"line": 4, "errors": ["Duplicate contact"]},
    ]
    all_bad = await post("firstname,number\nX\n")
    assert all_bad.status_code == 200
    assert all_bad.json()["created"] == []
    barred = await post("title|displayname|mobilenumber\nmr|Bob Martin|0612345678\n")
    assert barred.json()["created"][0]["displayname"] == "Bob Martin"
    assert (await client.get(contacts)).json()["total"] == 3


async def test_thousands_of_lines_are_imported_at_once(directories: Any) -> None:
    client = await directories.client()
    contacts = f"{await a_book(client)}/contacts"
    lines = "\n".join(f"First{number},Last{number}" for number in range(1200))
    content = f"firstname,lastname\n{lines}\n"
    done = await client.post(f"{contacts}/import", content=content, headers=CSV)
    assert len(done.json()["created"]) == 1200
    assert (await client.get(contacts, params={"limit": 1})).json()["total"] == 1200


@pytest.mark.parametrize("path", ["/phonebooks", TENANT])
async def test_an_entity_sees_its_own_phonebooks_only(directories: Any, path: str) -> None:
    one, other = an_entity(), an_entity()
    await directories.save(one, other)
    mine = await directories.client(entity_id=one.id)
    theirs = await directories.client(entity_id=other.id)
    everybody = await directories.client()
    made = (await mine.post(path, json={"name": "ours"})).json()
    assert (await theirs.post(path, json={"name": "ours"})).status_code == 201
    assert [each["id"] for each in (await mine.get(path)).json()["items"]] == [made["id"]]
    assert len((await everybody.get(path)).json()["items"]) == 2
    for url in (
        f"/phonebooks/{made['uuid']}",
        f"/tenants/{made['tenant']}/phonebooks/{made['id']}",
    ):
        assert (await mine.get(url)).status_code == 200
        for method in ("GET", "DELETE"):
            assert (await theirs.request(method, url)).status_code == 404
        assert (await theirs.put(url, json={"name": "x"})).status_code == 404
        assert (await theirs.get(f"{url}/contacts")).status_code == 404
        assert (await theirs.post(f"{url}/contacts", json={"a": "b"})).status_code == 404


async def test_a_change_of_a_phonebook_is_found_by_the_next_lookup(directories: Any) -> None:
    client = await directories.client()
    book = (await client.post(TENANT, json={"name": "book"})).json()
    source = await directories.source(
        "phonebook",
        "book",
        tenant="acme",
        phonebook_name="book",
        searched_columns=["firstname"],
        first_matched_columns=["number"],
    )
    await directories.profile(source)
    contacts = f"/phonebooks/{book['uuid']}/contacts"
    made = (await client.post(contacts, json={"firstname": "Noé", "number": "+33142000001"})).json()
    found = (await client.get("/directories/lookup/default?term=noe")).json()["results"]
    assert found[0]["relations"]["source_entry_id"] == made["id"]
    whose = "/directories/reverse/default/00000000-0000-0000-0000-000000000000?exten=0142000001"
    assert (await client.get(whose)).json()["display"] == "Noé"
    await client.put(f"{contacts}/{made['id']}", json={"firstname": "Luc"})
    assert not (await client.get("/directories/lookup/default?term=noe")).json()["results"]
    assert (await client.get(whose)).json()["display"] is None
