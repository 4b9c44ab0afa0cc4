"""A bus in memory: what is published is kept, and handed to the subscribers at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ovix_bus import BusUnavailable, Handler, Message, MessageRefused, Queue, topic_matches


@dataclass
class MemorySubscription:
    """A subscriber of the bus in memory."""

    queue: Queue
    handler: Handler
    on_lost: Callable[[], None] | None
    active: bool = True

    async def close(self) -> None:
        """Hear nothing more."""
        self.active = False


@dataclass
class MemoryBus:
    """``away`` True: publishing fails as when the broker is down. ``poison``: names refused."""

    away: bool = False
    poison: frozenset[str] = frozenset()
    published: list[Message] = field(default_factory=list)
    subscriptions: list[MemorySubscription] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """The names of what was published, in order."""
        return [message.name for message in self.published]

    async def publish(self, messages: Sequence[Message]) -> None:
        """Keep the messages and hand each to whom it matches."""
        if self.away:
            raise BusUnavailable("the test took it away")
        for message in messages:
            if message.name in self.poison:
                raise MessageRefused(message.event_uuid, "poison")
        for message in messages:
            self.published.append(message)
            for subscription in self.subscriptions:
                if subscription.active and topic_matches(
                    subscription.queue.bindings, message.routing_key
                ):
                    await subscription.handler(message)

    async def subscribe(
        self, queue: Queue, handler: Handler, on_lost: Callable[[], None] | None = None
    ) -> MemorySubscription:
        """Hand over what is published from now on."""
        subscription = MemorySubscription(queue, handler, on_lost)
        self.subscriptions.append(subscription)
        return subscription

    def lose(self) -> None:
        """Tell every exclusive subscriber that it may have missed something."""
        for subscription in self.subscriptions:
            if subscription.queue.name is None and subscription.on_lost is not None:
                subscription.on_lost()

    async def close(self) -> None:
        """Close every subscription."""
        for subscription in self.subscriptions:
            await subscription.close()
