"""One bus subscription per process, its events given to every client that may see them.

What waits for a client is bounded: one that reads too slowly is dropped, never buffered for ever.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog
from ovix_bus import Bus, Message, Queue, Subscription
from ovix_web import Identity, TokenGuard, Unavailable
from sqlalchemy.exc import SQLAlchemyError

from .entities import Entities
from .protocol import CloseCode, Session, event_frame

log = structlog.get_logger(__name__)

CHECK_INTERVAL_S = 0.4
"""Tokens are looked at this often: a revoked one loses its connection within a second."""


@dataclass(eq=False, slots=True)
class Client:
    """One connection: who it is, what it wants, and how it is reached.

    ``offer`` takes a frame at once, or says that too much waits for the client already.
    """

    token: str
    identity: Identity
    session: Session
    offer: Callable[[str], bool]
    close: Callable[[CloseCode, str], None]
    closing: bool = field(default=False)

    def send(self, frame: str) -> None:
        """Give it a frame, or give it up."""
        if not self.closing and not self.offer(frame):
            log.warning("websocket_client_too_slow", auth_id=self.identity.auth_id)
            self.drop(CloseCode.TRY_AGAIN, "too slow")

    def drop(self, code: CloseCode, reason: str) -> None:
        """Close it once."""
        if not self.closing:
            self.closing = True
            self.close(code, reason)


class Fanout:
    """The clients of this process."""

    def __init__(self, guard: TokenGuard, entities: Entities) -> None:
        self._guard = guard
        self._entities = entities
        self._clients: set[Client] = set()
        self._subscription: Subscription | None = None

    @property
    def active(self) -> bool:
        """Whether events are heard now."""
        return self._subscription is not None and self._subscription.active

    def __len__(self) -> int:
        return len(self._clients)

    def add(self, client: Client) -> None:
        self._clients.add(client)

    def remove(self, client: Client) -> None:
        self._clients.discard(client)

    async def run(self, bus: Bus) -> None:
        """Hear events and watch tokens until cancelled."""
        self._subscription = await bus.subscribe(
            Queue(name=None, bindings=("#",)), self.deliver, self._lost
        )
        try:
            while True:
                await asyncio.sleep(CHECK_INTERVAL_S)
                await self._check_tokens()
        finally:
            await self._subscription.close()
            for client in list(self._clients):
                client.drop(CloseCode.TRY_AGAIN, "the server stops")

    async def deliver(self, message: Message) -> None:
        """Give an event to the clients that want it and may see it."""
        scope = message.required_acl
        if scope is None:
            return
        frames: dict[int, str] = {}
        entities: frozenset[int] | None = None
        asked = False
        for client in list(self._clients):
            identity = client.identity
            if not client.session.wants(message.name) or not identity.allows(scope):
                continue
            if identity.entity_id is not None and not _is_own(identity, message):
                if not asked:
                    entities, asked = await self._entities_of(message), True
                if entities is None:  # it may have been for this client, who has to look again
                    client.drop(CloseCode.TRY_AGAIN, "the database is away")
                    continue
                if identity.entity_id not in entities:
                    continue
            version = client.session.version
            if version not in frames:
                frames[version] = event_frame(version, message.body)
            client.send(frames[version])

    async def _entities_of(self, message: Message) -> frozenset[int] | None:
        """Those that may see an event; None while nobody can tell."""
        try:
            return await self._entities.of(message)
        except (SQLAlchemyError, Unavailable, ValueError) as error:
            log.warning("event_entity_unknown", event_name=message.name, cause=str(error))
            return frozenset() if isinstance(error, ValueError) else None

    def _lost(self) -> None:
        for client in list(self._clients):
            client.drop(CloseCode.TRY_AGAIN, "the bus was lost")

    async def _check_tokens(self) -> None:
        """Close the clients whose token expired or was deleted.

        While revocations can't be heard (the database is away) nothing but the expiry is known,
        and clients stay; afterwards every token is looked up once again.
        """
        alive: dict[str, bool] = {}
        for client in list(self._clients):
            if client.token not in alive:
                alive[client.token] = await self._is_alive(client)
            if not alive[client.token]:
                client.drop(CloseCode.TOKEN_EXPIRED, "token expired or revoked")

    async def _is_alive(self, client: Client) -> bool:
        if is_expired(client.identity):
            return False
        if not self._guard.listening:
            return True
        try:
            return await self._guard.identity(client.token) is not None
        except (SQLAlchemyError, Unavailable):
            return True


def is_expired(identity: Identity) -> bool:
    """By our own clock, whatever the database says."""
    return datetime.now(UTC) >= identity.expires_at


def _is_own(identity: Identity, message: Message) -> bool:
    """A user's own event needs no look at its entity."""
    return identity.user_uuid is not None and message.data.get("user_uuid") == str(
        identity.user_uuid
    )
