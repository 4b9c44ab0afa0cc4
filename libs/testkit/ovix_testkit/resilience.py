"""Writers that go on while engines stop, a consumer that counts each event once, relays to kill."""

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import repeat
from uuid import UUID, uuid4

from ovix_bus import Bus, Message, Queue, Relay, emit, first_time
from ovix_bus.catalogue import users
from ovix_schema import User
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from .builders import a_user
from .inbox import eventually

Sessions = async_sessionmaker[AsyncSession]

# The change takes the row's lock before the event draws its outbox id: that makes the order.
COUNT = text(
    "UPDATE users SET userfield = (coalesce(nullif(userfield, ''), '0')::int + 1)::text "
    "WHERE uuid = :uuid RETURNING userfield"
)


@dataclass
class Writers:
    """Changes users, several at a time; each change is announced with its number."""

    sessions: Sessions
    user_uuids: list[UUID] = field(default_factory=list)
    answered: dict[UUID, set[int]] = field(default_factory=dict)
    """The changes whose commit was answered: their events must arrive."""
    failures: int = 0
    written: int = 0
    enough: asyncio.Event = field(default_factory=asyncio.Event)
    """Set it to end writing that has no count."""

    async def make_users(self, count: int) -> None:
        """The users to change."""
        async with self.sessions.begin() as session:
            for _ in range(count):
                session.add(a_user())
        async with self.sessions() as session:
            self.user_uuids = list(await session.scalars(select(User.uuid)))
        self.answered = {user_uuid: set() for user_uuid in self.user_uuids}

    async def write(
        self, count: int | None = None, at_once: int = 4, *, patient: bool = False
    ) -> None:
        """So many changes in all, or until there are ``enough``.

        ``patient``: those that fail are tried again.
        """
        turns = iter(range(count)) if count is not None else repeat(0)

        async def writer() -> None:
            for _ in turns:
                while not await self._change(random.choice(self.user_uuids)):
                    assert patient, "a change failed"
                    await asyncio.sleep(0.05)
                if self.enough.is_set():
                    return
                if count is None:
                    await asyncio.sleep(0.005)  # those who read on have to keep up

        await asyncio.gather(*(writer() for _ in range(at_once)))

    async def until(self, count: int) -> None:
        """Wait until so many changes were answered."""
        await eventually(lambda: self.written >= count, f"{count} changes")

    async def _change(self, user_uuid: UUID) -> bool:
        try:
            async with self.sessions.begin() as session:
                number = int((await session.execute(COUNT, {"uuid": user_uuid})).scalar_one())
                await emit(
                    session,
                    users.users_forwards_busy_updated(
                        user_uuid=user_uuid, enabled=True, destination=str(number)
                    ),
                )
        except (DBAPIError, OSError):
            self.failures += 1
            return False
        self.answered[user_uuid].add(number)
        self.written += 1
        return True


@dataclass
class IdempotentConsumer:
    """Keeps each event once, by the table ``consumed_events``, in the order they came."""

    sessions: Sessions
    name: str = field(default_factory=lambda: f"resilience-{uuid4().hex[:8]}")
    numbers: dict[UUID, list[int]] = field(default_factory=dict)
    deliveries: int = 0

    @property
    def queue(self) -> Queue:
        """The durable queue that it reads."""
        return Queue(self.name, ("config.users.*.forwards.#",))

    async def __call__(self, message: Message) -> None:
        self.deliveries += 1
        async with self.sessions.begin() as session:
            new = await first_time(session, self.name, message.event_uuid)
        if new:
            user_uuid = UUID(message.data["user_uuid"])
            self.numbers.setdefault(user_uuid, []).append(int(message.data["destination"]))

    async def got_all_of(self, writers: Writers, timeout_s: float = 60) -> None:
        """Wait for every answered change; then none came twice, and each user's are in order."""
        await eventually(lambda: self.has_all_of(writers), "every event arrives", timeout_s)
        for numbers in self.numbers.values():
            assert numbers == sorted(set(numbers))

    def has_all_of(self, writers: Writers) -> bool:
        """Whether every answered change has arrived."""
        return all(
            numbers <= set(self.numbers.get(user_uuid, ()))
            for user_uuid, numbers in writers.answered.items()
        )


@asynccontextmanager
async def relaying(database_url: str, bus: Bus) -> AsyncIterator[Relay]:
    """A relay in this process."""
    relay = Relay(database_url, bus)
    task = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@dataclass
class RelayProcess:
    """A relay in a process of its own, which may be killed."""

    process: asyncio.subprocess.Process

    @classmethod
    async def start(cls, database_url: str, bus_url: str) -> "RelayProcess":
        """Start one; it needs some time to be elected."""
        return cls(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "ovix_bus"),
                env={**os.environ, "OVIX_DATABASE_URL": database_url, "OVIX_BUS_URL": bus_url},
                stdout=asyncio.subprocess.DEVNULL,
            )
        )

    async def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> None:
        """SIGTERM, unless it is gone."""
        if self.process.returncode is None:
            self.process.terminate()
            await self.process.wait()
