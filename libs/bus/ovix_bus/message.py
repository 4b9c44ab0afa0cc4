"""The small interface both transports of the bus offer: messages, queues, subscriptions."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID


class BusError(Exception):
    """Something went wrong between us and the bus."""


class BusUnavailable(BusError):
    """The bus is away or did not confirm; the same messages may be published again later."""


class MessageRefused(BusError):
    """This one message can never be published; the others of its batch may."""

    def __init__(self, event_uuid: UUID, reason: str) -> None:
        self.event_uuid, self.reason = event_uuid, reason
        super().__init__(f"message {event_uuid} refused: {reason}")


@dataclass(frozen=True)
class Message:
    """An event on its way; ``body`` is the whole envelope as it goes over the wire."""

    event_uuid: UUID
    name: str
    routing_key: str
    body: dict[str, Any]

    @property
    def data(self) -> dict[str, Any]:
        """The event's own data."""
        data: dict[str, Any] = self.body.get("data") or {}
        return data

    @property
    def required_acl(self) -> str | None:
        """What a websocket client must hold to see the event; None: nobody outside may."""
        acl = self.body.get("required_acl")
        return acl if isinstance(acl, str) else None


Handler = Callable[[Message], Awaitable[None]]
"""Gets one message at a time, in order. Raising asks for the message again, after a while."""


@dataclass(frozen=True)
class Queue:
    """What a consumer wants to hear.

    With a ``name`` the queue is durable: it keeps what came while its consumer was away, one
    process at a time reads it (the others wait to take over), and a message whose handler raised
    ``max_attempts`` times becomes a dead letter. Without name it is exclusive: it begins now, dies
    with the subscription, and a message given up is logged and dropped.

    An attempt that failed because something was away (`TryLater`, a lost database) does not count.
    The pause before attempt n+1 is ``retry_delay_s`` · 4^(n-1), at most a minute; messages behind
    wait too, which keeps the order.
    """

    name: str | None
    bindings: tuple[str, ...]
    max_attempts: int = 5
    retry_delay_s: float = 0.5

    def __post_init__(self) -> None:
        if not self.bindings:
            raise ValueError("a queue needs at least one binding")


class Subscription(Protocol):
    """A running consumer; it comes back by itself after an outage of the bus."""

    @property
    def active(self) -> bool:
        """Whether it is connected and bound right now."""

    async def close(self) -> None:
        """Stop after the message in hand."""


class Bus(Protocol):
    """A transport of the bus."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Publish in this order; returns once the bus answers for all of them.

        Raises `BusUnavailable` when it is away (some may have gone out: publishing again repeats
        them, and consumers are idempotent), `MessageRefused` for one that can never go out.
        """

    async def subscribe(
        self,
        queue: Queue,
        handler: Handler,
        on_lost: Callable[[], None] | None = None,
    ) -> Subscription:
        """Start a consumer; returns once it is bound, or after 5 s while the bus is away.

        ``on_lost`` is called when an exclusive queue may have missed messages.
        """

    async def close(self) -> None:
        """Close every subscription and connection."""
