"""Do not disturb as phones show it: whoever switches it, the user's phones are told (C4, E17).

Phones press their own key when they are told, and most then ask for the same switch by their action
URL. What only repeats what was told is an echo, and switches nothing: docs/decisions/0098.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import structlog
from ovix_asterisk.ami import AmiError
from ovix_asterisk.ami_client import AmiRefused
from ovix_bus import Message, Queue, Subscription
from ovix_schema import Device, EndpointSip, Line, User, UserLine
from ovix_web import ApiError, Sessions
from ovix_web.bus_link import BusLink
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from .remote_keys import TAKEN_BY, Key, RemoteKeys

log = structlog.get_logger(__name__)

QUEUE = Queue(name="dird-phones", bindings=("config.users.*.services.dnd.updated",))
"""Durable: what is switched while dird is away is told when it is back."""
ECHO_S = 10.0
"""How long a phone may take to repeat what it was told (reference/phoned.md, C4)."""
PATIENCE_S = 300.0
"""How long a change waits for Asterisk; after that phones show what they did until the next one."""
RETRY_S = 1.0
MOST_WAITING = 10_000
"""Users whose phones wait to be told, or were told lately."""


class Echoes:
    """What users' phones were told lately."""

    def __init__(self) -> None:
        self._told: dict[UUID, tuple[bool, float]] = {}

    def expect(self, user_uuid: UUID, enabled: bool) -> None:
        """The phones are about to be told this; forgets what was told before."""
        now = time.monotonic()
        self._told.pop(user_uuid, None)
        if len(self._told) >= MOST_WAITING:
            del self._told[next(iter(self._told))]
        self._told[user_uuid] = (enabled, now + ECHO_S)

    def is_one(self, user_uuid: UUID, enabled: bool) -> bool:
        """Whether a phone that asks for this only repeats what it was told."""
        told, until = self._told.get(user_uuid, (None, 0.0))
        return told is enabled and time.monotonic() < until


class DndOnPhones:
    """One task tells phones, so that each is told of each change once, and in order."""

    def __init__(self, sessions: Sessions, keys: RemoteKeys, echoes: Echoes) -> None:
        self._sessions, self._keys, self._echoes = sessions, keys, echoes
        self._waiting: dict[UUID, float] = {}
        """Users whose phones are to be told, and until when that is tried."""
        self._asked = asyncio.Event()
        self._subscription: Subscription | None = None

    @property
    def listening(self) -> bool:
        """Whether changes are heard now."""
        return self._subscription is not None and self._subscription.active

    @asynccontextmanager
    async def followed(self, link: BusLink) -> AsyncIterator[None]:
        """Hear of changes, and tell phones, while the block runs."""
        bus = await link.bus()
        self._subscription = await bus.subscribe(QUEUE, self.on_event)
        task = asyncio.create_task(self.run(), name="dnd on phones")
        try:
            yield
        finally:
            await self._subscription.close()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def on_event(self, message: Message) -> None:
        """Somebody's do not disturb was switched. Returns at once: Asterisk may be away."""
        try:
            user_uuid = UUID(str(message.data.get("user_uuid")))
        except ValueError:
            log.warning("dnd_event_without_user", event_uuid=str(message.event_uuid))
            return
        self._waiting.pop(user_uuid, None)
        if len(self._waiting) >= MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
        self._waiting[user_uuid] = time.monotonic() + PATIENCE_S
        self._asked.set()

    async def run(self) -> None:
        """Tell phones of what is asked for, until cancelled."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            while self._waiting:
                user_uuid = next(iter(self._waiting))
                until = self._waiting.pop(user_uuid)
                try:
                    await self._tell(user_uuid)
                except (SQLAlchemyError, ApiError, OSError, AmiError) as error:
                    await self._later(user_uuid, until, error)

    async def _tell(self, user_uuid: UUID) -> None:
        for endpoint, enabled in await self._phones_of(user_uuid):
            self._echoes.expect(user_uuid, enabled)
            try:
                await self._keys.press(endpoint, Key.DND_ON if enabled else Key.DND_OFF)
            except AmiRefused as error:
                log.warning("phone_not_told", endpoint=endpoint, cause=str(error))

    async def _later(self, user_uuid: UUID, until: float, error: Exception) -> None:
        if time.monotonic() > until:
            log.error("phones_not_told_of_dnd", user_uuid=str(user_uuid), cause=str(error))
            return
        log.warning("phones_wait_for_dnd", users=len(self._waiting) + 1, cause=str(error))
        # Behind the others, and unless an event that came meanwhile asks for it anyway.
        self._waiting.setdefault(user_uuid, until)
        await asyncio.sleep(RETRY_S)

    async def _phones_of(self, user_uuid: UUID) -> list[tuple[str, bool]]:
        """Their endpoints, and the state as it is now: events may come late.

        Not those that a user shares with its main user, whose own key they have.
        """
        statement = (
            select(User.dnd_enabled, EndpointSip.username)
            .join(UserLine, UserLine.user_id == User.id)
            .join(Line, Line.id == UserLine.line_id)
            .join(EndpointSip, EndpointSip.id == Line.endpoint_sip_id)
            .join(Device, Device.id == Line.device_id)
            .where(User.uuid == user_uuid, UserLine.main_user)
            .where(func.lower(Device.vendor).in_(TAKEN_BY))
            .order_by(UserLine.main_line.desc(), Line.id)
        )
        async with self._sessions() as session:
            rows = (await session.execute(statement)).all()
        return [(row.username, row.dnd_enabled) for row in rows]
