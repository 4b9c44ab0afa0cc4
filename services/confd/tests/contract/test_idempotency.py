"""What a key guards against, wherever something is created (Idempotency-Key, 24 hours long)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from ovix_confd.kit import LinkSpec, ResourceSpec
from ovix_schema import Entity, IdempotencyKey
from ovix_testkit import QueryRecorder
from ovix_web import Sessions
from sqlalchemy import func, select, update

Spec = ResourceSpec[Any]
Link = LinkSpec[Any, Any]
Client = Callable[..., Awaitable[AsyncClient]]
Prepared = Callable[[Spec, int], Awaitable[dict[str, Any]]]
Announced = Callable[[], Awaitable[list[str]]]
Save = Callable[..., Awaitable[Any]]
KEY = {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}


def told(answer: Response) -> tuple[int, bytes, str, str | None]:
    """What of an answer is told again."""
    headers = answer.headers
    return answer.status_code, answer.content, headers["Location"], headers.get("ETag")


async def test_what_is_asked_for_twice_is_created_once(
    creatable: Spec, api: AsyncClient, entity: Entity, prepared: Prepared, announced: Announced
) -> None:
    body = creatable.example.nth(1, await prepared(creatable, entity.id))
    before = (await api.get(creatable.path)).json()["total"]
    first = await api.post(creatable.path, json=body, headers=KEY)
    assert first.status_code == 201, first.text
    after = await announced()
    again = await api.post(creatable.path, json=body, headers=KEY)
    assert told(again) == told(first)
    assert (await api.get(creatable.path)).json()["total"] == before + 1
    assert await announced() == after
    other = await api.post(creatable.path, json=body | creatable.example.vary(2), headers=KEY)
    assert other.status_code == 422
    assert other.json() == ["Input Error - Idempotency-Key: was given with another request before"]
    assert (await api.get(creatable.path)).json()["total"] == before + 1


async def test_what_is_asked_for_twice_at_once_is_created_once(
    creatable: Spec, api: AsyncClient, entity: Entity, prepared: Prepared, announced: Announced
) -> None:
    body = creatable.example.nth(1, await prepared(creatable, entity.id))
    before = (await api.get(creatable.path)).json()["total"]
    answers = await asyncio.gather(
        *(api.post(creatable.path, json=body, headers=KEY) for _ in range(4))
    )
    assert {told(each) for each in answers} == {told(answers[0])}
    assert answers[0].status_code == 201, answers[0].text
    assert (await api.get(creatable.path)).json()["total"] == before + 1
    assert (await announced()).count(f"{creatable.name}_created") == 1


async def test_an_older_form_of_a_link_is_repeated_too(
    link: Link, api: AsyncClient, entity: Entity, sessions: Sessions, announced: Announced,
    forms: Callable[[Link, str], list[str]],
) -> None:  # fmt: skip
    async with sessions.begin() as session:
        left, right = await link.example.prepare(session, entity.id)
    for path in forms(link, "post")[:1]:
        url, body = f"{link.left.path}/{left}{path}", {link.names_right: right}
        first = await api.post(url, json=body, headers=KEY)
        assert first.status_code == 201, first.text
        after = await announced()
        assert told(await api.post(url, json=body, headers=KEY)) == told(first)
        assert await announced() == after


async def test_a_request_that_failed_may_be_repeated(confd: Any, api: AsyncClient) -> None:
    body = {"exten": "1500", "context": "nowhere"}
    assert (await api.post("/extensions", json=body, headers=KEY)).status_code == 400
    await confd.make("/contexts", name="nowhere", user_ranges=[{"start": "1000", "end": "1999"}])
    assert (await api.post("/extensions", json=body, headers=KEY)).status_code == 201


async def test_keys_of_different_accounts_are_different(
    api: AsyncClient, client: Client, announced: Announced
) -> None:
    body = {"firstname": "Zoé"}
    mine = await api.post("/users", json=body, headers=KEY)
    theirs = await (await client("confd.users.create")).post("/users", json=body, headers=KEY)
    assert mine.status_code == theirs.status_code == 201
    assert mine.json()["id"] != theirs.json()["id"]
    # Nobody learns an answer whose request he may not make.
    refused = await (await client("confd.other")).post("/users", json=body, headers=KEY)
    assert refused.status_code == 401


async def test_a_key_of_yesterday_is_a_new_one(
    api: AsyncClient, sessions: Sessions, announced: Announced
) -> None:
    first = await api.post("/users", json={"firstname": "Zoé"}, headers=KEY)
    async with sessions.begin() as session:
        a_day = timedelta(hours=24, seconds=1)
        await session.execute(
            update(IdempotencyKey).values(created_at=IdempotencyKey.created_at - a_day)
        )
    second = await api.post("/users", json={"firstname": "Luc"}, headers=KEY)
    assert second.status_code == 201
    assert second.json()["id"] != first.json()["id"]
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(IdempotencyKey)) == 1


async def test_an_account_has_so_many_keys_and_no_more(
    api: AsyncClient, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ovix_web.idempotency.KEPT_MOST", 3)
    for number in range(6):
        headers = {"Idempotency-Key": f"key-{number}"}
        answer = await api.post("/users", json={"firstname": "Zoé"}, headers=headers)
        assert answer.status_code == 201
    async with sessions() as session:
        kept = await session.scalars(select(IdempotencyKey.key).order_by(IdempotencyKey.key))
        assert list(kept) == ["key-3", "key-4", "key-5"]


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "clé".encode()])
async def test_a_key_that_can_not_be_kept_is_refused(api: AsyncClient, key: str | bytes) -> None:
    headers: Any = {"Idempotency-Key": key}
    answer = await api.post("/users", json={"firstname": "Zoé"}, headers=headers)
    assert answer.status_code == 400
    assert answer.json()[0].startswith("Input Error - Idempotency-Key: 1 to 255 ")


async def test_a_request_without_a_key_costs_nothing_more(api: AsyncClient, app: FastAPI) -> None:
    with QueryRecorder(app.state.engine) as queries:
        assert (await api.post("/users", json={"firstname": "Zoé"})).status_code == 201
    assert not any("idempotency_keys" in each for each in queries.statements)


async def test_users_of_a_csv_are_created_once(confd: Any, api: AsyncClient) -> None:
    sent: dict[str, Any] = {
        "content": "firstname\nZoé\nLuc\n".encode(),
        "headers": KEY | {"Content-Type": "text/csv"},
    }
    first = await api.post("/users/import", **sent)
    assert first.status_code == 201, first.text
    again = await api.post("/users/import", **sent)
    assert (again.status_code, again.json()) == (201, first.json())
    assert (await confd.read("/users"))["total"] == 2
    wrong = {**sent, "content": b"no_such_column\n"}
    assert (await api.post("/users/import", **wrong)).status_code == 422
