"""Do not disturb, by a phone's key and on phones (reference/phoned.md, C4 and E17)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from fastapi import FastAPI
from httpx import AsyncClient
from ovix_bus import Message
from ovix_bus.catalogue.users import users_services_dnd_updated
from ovix_dird.phones import dnd_on_phones
from ovix_dird.phones.dnd_on_phones import DndOnPhones
from ovix_web import Sessions, running
from sqlalchemy import text

from .conftest import GiveLine, NotingManager

Phone = Callable[..., AsyncClient]
PATIENCE_S = 60


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110 - the manager is a plain list
            await asyncio.sleep(0.02)


@pytest_asyncio.fixture(loop_scope="session")
async def telling(dird: FastAPI) -> AsyncIterator[DndOnPhones]:
    """What tells phones, at work; events are given by hand."""
    dnd: DndOnPhones = dird.state.dnd_on_phones
    task = asyncio.create_task(dnd.run())
    yield dnd
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def switched(sessions: Sessions, user_uuid: UUID, enabled: bool) -> Message:
    """Somebody else switches it; the event of that."""
    async with sessions.begin() as session:
        await session.execute(
            text("UPDATE users SET dnd_enabled = :on WHERE uuid = :uuid"),
            {"on": enabled, "uuid": user_uuid},
        )
    event = users_services_dnd_updated(user_uuid=user_uuid, enabled=enabled)
    return Message(uuid4(), event.name, event.routing_key, {"data": event.data})


async def written(sessions: Sessions) -> tuple[bool, list[bool]]:
    """The state, and what was announced so far."""
    async with sessions() as session:
        on = await session.scalar(text("SELECT dnd_enabled FROM users"))
        told = await session.scalars(text("SELECT body->'data'->'enabled' FROM outbox ORDER BY id"))
        return bool(on), list(told)


async def announced(sessions: Sessions) -> set[UUID]:
    """The events that wait for the bus or went over it."""
    async with sessions() as session:
        found = await session.scalars(
            text("SELECT event_uuid FROM outbox UNION SELECT event_uuid FROM bus_messages")
        )
        return set(found)


@pytest.mark.parametrize("vendor", ["yealink", "fanvil"])
async def test_e17_a_key_switches_and_announces_once(
    phone: AsyncClient, user_uuid: UUID, sessions: Sessions, vendor: str
) -> None:
    """The same value again: nothing is written."""
    base = f"/{vendor}/users/{user_uuid}/services/dnd"
    for wanted, so_far in (("enable", [True]), ("enable", [True]), ("disable", [True, False])):
        answer = await phone.get(f"{base}/{wanted}")
        assert (answer.status_code, answer.content) == (200, b"")
        assert await written(sessions) == (wanted == "enable", so_far)
    unknown = await phone.get(f"/{vendor}/users/{uuid4()}/services/dnd/enable")
    assert unknown.status_code == 404


async def test_dnd_is_for_authorized_phones_alone(phone_at: Phone, user_uuid: UUID) -> None:
    answer = await phone_at("10.0.0.1").get(f"/yealink/users/{user_uuid}/services/dnd/enable")
    assert answer.status_code == 403


@pytest.mark.parametrize("vendor", ["Yealink", "Fanvil"])
async def test_e17_the_phone_is_told_once_and_its_echo_writes_nothing(
    phone: AsyncClient,
    user_uuid: UUID,
    dird: FastAPI,
    manager: NotingManager,
    give_line: GiveLine,
    sessions: Sessions,
    vendor: str,
) -> None:
    """The whole way: key, event over the bus, NOTIFY, and the phone that fetches its URL again."""
    endpoint = await give_line(user_uuid, vendor)
    path = f"/{vendor.lower()}/users/{user_uuid}/services/dnd"
    async with running(dird):
        assert (await phone.get("/status")).json()["bus_consumer"] == {"status": "ok"}
        for state, key in (("enable", "DNDOn"), ("disable", "DNDOff")):
            manager.pressed.clear()
            await phone.get(f"{path}/{state}")
            await until(lambda: bool(manager.pressed))
            assert manager.variables == [
                "Content-Type=message/sipfrag", "Event=ACTION-URI", f"Content=key={key}",
            ]  # fmt: skip
            so_far = await announced(sessions)
            await phone.get(f"{path}/{state}")
            assert await announced(sessions) == so_far
            assert manager.pressed == [(endpoint, key)]
    assert (await written(sessions))[0] is False


async def test_e17_every_line_whose_phone_takes_keys_is_told(
    telling: DndOnPhones,
    user_uuid: UUID,
    user: Callable[..., Awaitable[UUID]],
    manager: NotingManager,
    give_line: GiveLine,
    sessions: Sessions,
) -> None:
    told = [await give_line(user_uuid, vendor) for vendor in ("Yealink", "FANVIL", "yealink")]
    for vendor in ("Polycom", "Snom", None):
        await give_line(user_uuid, vendor)
    shared = await give_line(user_uuid, main_user=False)
    other = await user()
    others = await give_line(other)
    await telling.on_event(await switched(sessions, user_uuid, True))
    await telling.on_event(await switched(sessions, other, False))
    await until(lambda: len(manager.pressed) == 4)
    assert manager.pressed == [*((each, "DNDOn") for each in told), (others, "DNDOff")]
    assert shared not in dict(manager.pressed)


async def test_e17_phones_are_told_what_is_so_now(
    telling: DndOnPhones,
    user_uuid: UUID,
    manager: NotingManager,
    give_line: GiveLine,
    sessions: Sessions,
) -> None:
    """An event that comes late does not bring back what was so then."""
    endpoint = await give_line(user_uuid)
    late = await switched(sessions, user_uuid, True)
    await switched(sessions, user_uuid, False)
    await telling.on_event(late)
    await until(lambda: manager.pressed == [(endpoint, "DNDOff")])


async def test_e17_an_echo_that_comes_after_the_next_change_does_not_undo_it(
    telling: DndOnPhones,
    phone: AsyncClient,
    user_uuid: UUID,
    manager: NotingManager,
    give_line: GiveLine,
    sessions: Sessions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise phone and server would switch each other to and fro."""
    await give_line(user_uuid)
    await telling.on_event(await switched(sessions, user_uuid, True))
    await until(lambda: len(manager.pressed) == 1)
    off = await switched(sessions, user_uuid, False)  # whose event is still on its way
    path = f"/yealink/users/{user_uuid}/services/dnd"
    await phone.get(f"{path}/enable")
    assert await written(sessions) == (False, [])
    await telling.on_event(off)
    await until(lambda: len(manager.pressed) == 2)
    # Now it is no echo any more, but somebody who presses the key.
    await phone.get(f"{path}/enable")
    assert await written(sessions) == (True, [True])


async def test_e17_after_ten_seconds_a_request_is_no_echo(
    telling: DndOnPhones,
    phone: AsyncClient,
    user_uuid: UUID,
    manager: NotingManager,
    give_line: GiveLine,
    sessions: Sessions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert dnd_on_phones.ECHO_S == 10
    monkeypatch.setattr(dnd_on_phones, "ECHO_S", 0)
    await give_line(user_uuid)
    await telling.on_event(await switched(sessions, user_uuid, True))
    await until(lambda: len(manager.pressed) == 1)
    await switched(sessions, user_uuid, False)
    await phone.get(f"/yealink/users/{user_uuid}/services/dnd/enable")
    assert await written(sessions) == (True, [True])


async def test_while_asterisk_is_away_keys_work_and_phones_are_told_once_it_is_back(
    telling: DndOnPhones,
    phone: AsyncClient,
    user_uuid: UUID,
    manager: NotingManager,
    give_line: GiveLine,
    sessions: Sessions,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dnd_on_phones, "RETRY_S", 0.02)
    manager.away = True
    endpoint = await give_line(user_uuid)
    assert (await phone.get(f"/yealink/users/{user_uuid}/services/dnd/enable")).is_success
    event = await switched(sessions, user_uuid, True)
    for _ in range(3):
        await telling.on_event(event)
        await asyncio.sleep(0.05)
    manager.away = False
    await until(lambda: manager.pressed == [(endpoint, "DNDOn")])


async def test_phones_that_can_not_be_told_in_time_are_given_up(
    telling: DndOnPhones,
    user_uuid: UUID,
    user: Callable[..., Awaitable[UUID]],
    manager: NotingManager,
    give_line: GiveLine,
    sessions: Sessions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given_up = asyncio.Event()
    monkeypatch.setattr(dnd_on_phones, "PATIENCE_S", -1)
    monkeypatch.setattr(dnd_on_phones.log, "error", lambda *_, **__: given_up.set())
    manager.away = True
    await give_line(user_uuid)
    await telling.on_event(await switched(sessions, user_uuid, True))
    await asyncio.wait_for(given_up.wait(), PATIENCE_S)
    monkeypatch.undo()
    manager.away = False
    other = await user()
    others = await give_line(other)
    await telling.on_event(await switched(sessions, other, True))
    await until(lambda: manager.pressed == [(others, "DNDOn")])


async def test_an_endpoint_that_asterisk_does_not_know_keeps_nobody_waiting(
    telling: DndOnPhones,
    user_uuid: UUID,
    manager: NotingManager,
    give_line: GiveLine,
    sessions: Sessions,
) -> None:
    unknown, known = await give_line(user_uuid), await give_line(user_uuid)
    manager.unknown = {unknown}
    await telling.on_event(await switched(sessions, user_uuid, True))
    await until(lambda: manager.pressed == [(known, "DNDOn")])


@pytest.mark.parametrize("data", [{}, {"user_uuid": None}, {"user_uuid": "nobody"}])
async def test_an_event_that_names_nobody_is_passed_over(
    telling: DndOnPhones,
    user_uuid: UUID,
    manager: NotingManager,
    give_line: GiveLine,
    sessions: Sessions,
    data: Any,
) -> None:
    endpoint = await give_line(user_uuid)
    await telling.on_event(Message(uuid4(), "x", "x", {"data": data}))
    await telling.on_event(await switched(sessions, user_uuid, True))
    await until(lambda: manager.pressed == [(endpoint, "DNDOn")])
