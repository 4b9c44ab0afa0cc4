"""Lamps under test: an Asterisk that remembers them, and keys that switch something."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest_asyncio
from ovix_asterisk.ami import Message as Reply
from ovix_asterisk.ami_client import AmiDisconnected
from ovix_bus import Message
from ovix_confgen.figures import Figures
from ovix_confgen.lamps import Lamps
from ovix_schema import (
    FuncKey,
    FuncKeyTemplate,
    User,
)
from prometheus_client import CollectorRegistry
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

Sessions = async_sessionmaker[AsyncSession]
DND = {"type": "service", "service": "enablednd"}
VOICEMAIL = {"type": "service", "service": "enablevm"}


def forward(name: str, exten: str | None = None) -> dict[str, Any]:
    return {"type": "forward", "forward": name, "exten": exten}


class Asterisk:
    """A manager with a database of custom device states."""

    def __init__(self, **states: str) -> None:
        self.connected = True
        self.failures = 0
        """How many of the next actions are not answered."""
        self.remembered = dict(states)
        self.told: list[tuple[str, str]] = []

    async def send(self, action: str, **headers: str) -> Reply:
        if self.failures:
            self.failures -= 1
            raise AmiDisconnected("gone")
        assert action == "Setvar"
        device = headers["Variable"].removeprefix("DEVICE_STATE(Custom:").removesuffix(")")
        self.remembered[device] = headers["Value"]
        self.told.append((device, headers["Value"]))
        return Reply(())

    async def members(self, action: str, **headers: str) -> list[Reply]:
        assert (action, headers) == ("DBGetTree", {"Family": "CustomDevstate"})
        return [
            Reply((("Key", f"/CustomDevstate/{device}"), ("Val", state)))
            for device, state in self.remembered.items()
        ]


@pytest_asyncio.fixture(loop_scope="session")
async def lamps(engine: AsyncEngine) -> Lamps:
    return Lamps(engine, Figures(CollectorRegistry()))


@pytest_asyncio.fixture(loop_scope="session")
async def asterisk(lamps: Lamps) -> AsyncIterator[Asterisk]:
    """An Asterisk whose lamps are kept."""
    manager = Asterisk()
    task = asyncio.create_task(lamps.run(manager))
    yield manager
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - the manager is a plain dictionary
            await asyncio.sleep(0.02)


async def give(sessions: Sessions, user: int, *destinations: dict[str, Any]) -> None:
    """Keys of the user's own."""
    async with sessions.begin() as session:
        template = FuncKeyTemplate(user_id=user)
        session.add(template)
        await session.flush()
        session.add_all(
            FuncKey(template_id=template.id, position=at, destination=each)
            for at, each in enumerate(destinations, start=1)
        )


async def switch(sessions: Sessions, user: int, **fields: Any) -> UUID:
    """Change a user; gives his uuid."""
    async with sessions.begin() as session:
        await session.execute(update(User).where(User.id == user).values(**fields))
        uuid = await session.scalar(select(User.uuid).where(User.id == user))
    assert uuid is not None
    return uuid


def services_event(user: UUID | str) -> Message:
    data = {"user_uuid": str(user), "enabled": True}
    key = f"config.users.{user}.services.dnd.updated"
    return Message(uuid4(), "users_services_dnd_updated", key, {"data": data})
