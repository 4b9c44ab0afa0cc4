"""Labels of users, private to the administration (features.md: F-159, F-205, F-206)."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from ovix_schema import Entity
from ovix_testkit import QueryRecorder

Confd = Any
Client = Callable[..., Awaitable[AsyncClient]]


async def a_label(confd: Confd, name: str = "boss") -> dict[str, Any]:
    made: dict[str, Any] = await confd.make("/labels", display_name=name)
    return made


async def counts(confd: Confd) -> dict[str, int]:
    shown = (await confd.read("/labels"))["items"]
    return {each["display_name"]: each["users_count"] for each in shown}


async def test_the_count_of_a_label_follows_its_users(confd: Confd) -> None:
    boss, floor = await a_label(confd), await a_label(confd, "First floor")
    both = [{"id": boss["id"]}, {"id": floor["id"]}, {"id": boss["id"]}]
    user = await confd.user(labels=both)
    await confd.user(labels=[{"id": floor["id"]}])
    assert [each["display_name"] for each in user["labels"]] == ["First floor", "boss"]
    assert await counts(confd) == {"boss": 1, "First floor": 2}
    await confd.do("PUT", f"/users/{user['id']}", lastname="Martin")
    assert len((await confd.read(f"/users/{user['id']}"))["labels"]) == 2
    await confd.do("PUT", f"/users/{user['id']}", labels=[{"id": boss["id"]}])
    assert await counts(confd) == {"boss": 1, "First floor": 1}
    await confd.do("DELETE", f"/labels/{boss['id']}")
    assert (await confd.read(f"/users/{user['id']}"))["labels"] == []
    await confd.do("DELETE", f"/users/{user['id']}")
    assert await counts(confd) == {"First floor": 1}


async def test_users_are_filtered_by_label(confd: Confd) -> None:
    boss = await a_label(confd)
    chef = await confd.user(firstname="Anne", labels=[{"id": boss["id"]}])
    await confd.user(firstname="Anne")
    found = await confd.read("/users?label=boss")
    assert (found["total"], [each["id"] for each in found["items"]]) == (1, [chef["id"]])
    for more in ("firstname=Anne&order=id", "search=anne", "limit=1"):
        assert (await confd.read(f"/users?label=boss&{more}"))["total"] == 1
    for other in ("Boss", "", "nobody"):
        assert (await confd.read(f"/users?label={other}"))["total"] == 0


async def test_labels_that_users_can_not_bear_are_refused(confd: Confd, client: Client) -> None:
    other = await confd.make("/entities", name="lyon")
    stranger = await client("confd.#", entity_id=other["id"])
    foreign = (await stranger.post("/labels", json={"display_name": "boss"})).json()
    user = await confd.user()
    missing = "Input Error - field 'labels': Label was not found"
    of_others = "Resource Error - Operation not permitted. User and Label are of different"
    for method, path in (("POST", "/users"), ("PUT", f"/users/{user['id']}")):
        name = {"firstname": "Zoé"}
        await confd.refused(method, path, missing, labels=[{"id": 99999}], **name)
        await confd.refused(method, path, of_others, labels=[{"id": foreign["id"]}], **name)
        await confd.refused(method, path, "Input Error - labels", labels=["boss"], **name)
        await confd.refused(method, path, "Input Error - labels", labels=None, **name)
    assert (await confd.read("/users"))["total"] == 1


async def test_the_name_of_a_label_is_refused_twice_in_an_entity(
    confd: Confd, client: Client
) -> None:
    await a_label(confd)
    taken = "Resource Error - Label already exists"
    await confd.refused("POST", "/labels", taken, display_name="boss")
    other = await confd.make("/entities", name="lyon")
    stranger = await client("confd.#", entity_id=other["id"])
    assert (await stranger.post("/labels", json={"display_name": "boss"})).status_code == 201


async def test_who_bears_a_label_stays_in_his_entity(confd: Confd) -> None:
    boss, other = await a_label(confd), await confd.make("/entities", name="lyon")
    user = await confd.user(labels=[{"id": boss["id"]}])
    because = "Resource Error - User is associated with a Label"
    await confd.refused("PUT", f"/users/{user['id']}/entities/{other['id']}", because)


@pytest.mark.parametrize("view", ["directory", "summary"])
async def test_directories_do_not_hear_of_labels(confd: Confd, view: str) -> None:
    boss = await a_label(confd)
    await confd.user(labels=[{"id": boss["id"]}])
    assert "boss" not in str(await confd.read(f"/users?view={view}"))


async def test_users_without_labels_cost_no_statement_more(confd: Confd, app: FastAPI) -> None:
    with QueryRecorder(app.state.engine) as queries:
        user = await confd.user()
    own = [each for each in queries.statements if "FROM tokens" not in each]
    assert len(own) == 3, own
    assert not any("user_labels" in each for each in own if each.startswith(("INSERT", "DELETE")))
    assert user["labels"] == []


async def test_a_row_of_csv_names_labels_that_are_there(
    confd: Confd, api: AsyncClient, entity: Entity
) -> None:
    for name in ("boss", "First floor"):
        await a_label(confd, name)

    async def imported(method: str, *lines: str) -> Any:
        answer = await api.request(
            method, "/users/import", content="\n".join(lines).encode(),
            headers={"Content-Type": "text/csv"},
        )  # fmt: skip
        return answer.json()

    made = await imported("POST", "firstname,labels", "Zoé,boss; First floor", "Anne,")
    zoe, anne = [each["user_uuid"] for each in made["created"]]
    assert await counts(confd) == {"boss": 1, "First floor": 1}
    await imported("PUT", "uuid,labels", f"{zoe},First floor", f"{anne},boss;First floor")
    assert await counts(confd) == {"boss": 1, "First floor": 2}
    await imported("PUT", "uuid,labels", f"{zoe},")
    assert await counts(confd) == {"boss": 1, "First floor": 1}
    await imported("PUT", "uuid,lastname", f"{anne},Martin")
    assert await counts(confd) == {"boss": 1, "First floor": 1}
    for method, header, row in (
        ("POST", "firstname,labels", "Paul,boss;chief"), ("PUT", "uuid,labels", f"{zoe},chief"),
    ):  # fmt: skip
        [error] = (await imported(method, header, row))["errors"]
        assert error["message"].startswith("Input Error - field 'labels': Label was not found")
