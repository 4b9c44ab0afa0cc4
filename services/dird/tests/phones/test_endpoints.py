"""Holding and answering by token (reference/phoned.md, C5 and E18)."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from httpx import AsyncClient
from ovix_web import Sessions
from sqlalchemy import text

from .conftest import GiveLine, NotingManager, Program

ACTIONS = [("hold/start", "F_HOLD"), ("hold/stop", "F_HOLD"), ("answer", "ANSWER")]


@pytest.mark.parametrize(("action", "key"), ACTIONS)
@pytest.mark.parametrize("vendor", ["Yealink", "Fanvil"])
async def test_e18_a_phone_is_pressed_a_key(
    program: Program,
    user_uuid: UUID,
    manager: NotingManager,
    give_line: GiveLine,
    vendor: str,
    action: str,
    key: str,
) -> None:
    endpoint = await give_line(user_uuid, vendor)
    client = await program(f"phoned.endpoints.{endpoint}.{action.replace('/', '.')}")
    answer = await client.put(f"/endpoints/{endpoint}/{action}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert manager.pressed == [(endpoint, key)]
    assert manager.variables == [
        "Content-Type=message/sipfrag", "Event=ACTION-URI", f"Content=key={key}",
    ]  # fmt: skip


@pytest.mark.parametrize(("action", "_key"), ACTIONS)
async def test_e18_who_can_not_be_pressed_a_key_is_told_why(
    program: Program,
    user_uuid: UUID,
    manager: NotingManager,
    give_line: GiveLine,
    action: str,
    _key: str,
) -> None:
    client = await program("phoned.#")
    polycom = await give_line(user_uuid, "Polycom")
    bare = await give_line(user_uuid, None)
    for endpoint, status, error_id in (
        ("unknown", 404, "unknown-endpoint"),
        (polycom, 400, "nowhere-to-route-endpoint"),
        (bare, 404, "unknown-device"),
    ):
        answer = await client.put(f"/endpoints/{endpoint}/{action}")
        assert (answer.status_code, answer.json()["error_id"]) == (status, error_id)
        assert answer.json()["message"]
    assert manager.pressed == []


@pytest.mark.parametrize(("action", "_key"), ACTIONS)
async def test_e18_a_token_presses_only_what_its_accesses_name(
    program: Program,
    user_uuid: UUID,
    manager: NotingManager,
    give_line: GiveLine,
    phone: AsyncClient,
    action: str,
    _key: str,
) -> None:
    endpoint = await give_line(user_uuid)
    for client in (
        await program(),
        await program("dird.#", "phoned.endpoints.other.#", f"phoned.endpoints.{endpoint}.read"),
        phone,  # an authorized network is no access here
    ):
        assert (await client.put(f"/endpoints/{endpoint}/{action}")).status_code == 401
    assert manager.pressed == []


async def test_e18_an_endpoint_is_found_by_its_whole_name(
    program: Program, user_uuid: UUID, manager: NotingManager, give_line: GiveLine
) -> None:
    await give_line(user_uuid, username="alice2")
    client = await program("phoned.#")
    for name in ("alice", "lice2", "ALICE2", "alice2%20", "alice%25", "%00alice2", "a" * 81):
        answer = await client.put(f"/endpoints/{name}/hold/start")
        assert answer.status_code in (400, 404), name
    await give_line(user_uuid, username="alice")
    assert (await client.put("/endpoints/alice/hold/start")).status_code == 204
    assert manager.pressed == [("alice", "F_HOLD")]


async def test_an_entitys_token_presses_its_own_phones_alone(
    program: Program,
    user: Callable[..., Awaitable[UUID]],
    manager: NotingManager,
    give_line: GiveLine,
    sessions: Sessions,
) -> None:
    mine, foreign = await user(), await user()
    async with sessions() as session:
        entity_id = await session.scalar(
            text("SELECT entity_id FROM users WHERE uuid = :uuid"), {"uuid": mine}
        )
    client = await program("phoned.#", entity_id=entity_id)
    own, other = await give_line(mine), await give_line(foreign)
    assert (await client.put(f"/endpoints/{own}/answer")).status_code == 204
    refused = await client.put(f"/endpoints/{other}/answer")
    assert (refused.status_code, refused.json()["error_id"]) == (404, "unknown-endpoint")
    assert manager.pressed == [(own, "ANSWER")]


async def test_an_asterisk_that_is_away_or_has_no_such_endpoint_is_told(
    program: Program, user_uuid: UUID, manager: NotingManager, give_line: GiveLine
) -> None:
    endpoint = await give_line(user_uuid)
    client = await program("phoned.#")
    manager.away = True
    answer = await client.put(f"/endpoints/{endpoint}/answer")
    assert (answer.status_code, answer.json()["error_id"]) == (503, "asterisk-unavailable")
    manager.away, manager.unknown = False, {endpoint}
    answer = await client.put(f"/endpoints/{endpoint}/answer")
    assert (answer.status_code, answer.json()["error_id"]) == (404, "unknown-endpoint")
