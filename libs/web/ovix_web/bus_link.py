"""The service's end of the bus, and its relay of the outbox."""

import asyncio
from contextlib import suppress

from ovix_bus import Bus, Relay, connect


class BusLink:
    """Requests never wait for the bus: it may be away when the service starts, and come later."""

    def __init__(self, bus_url: str, database_url: str) -> None:
        self._bus_url = bus_url
        self._database_url = database_url
        self._bus: Bus | None = None
        self._relay: asyncio.Task[None] | None = None

    async def bus(self) -> Bus:
        """The bus, to subscribe to."""
        assert self._bus is not None, "the application's lifespan opens the link"
        return self._bus

    async def open(self) -> None:
        """Start relaying."""
        self._bus = await connect(self._bus_url)
        relay = Relay(self._database_url, self._bus)
        self._relay = asyncio.create_task(relay.run(), name="outbox relay")

    async def close(self) -> None:
        """Stop the relay, which publishes what is left first, and close the bus."""
        if self._relay is not None:
            self._relay.cancel()
            with suppress(asyncio.CancelledError):
                await self._relay
        if self._bus is not None:
            await self._bus.close()
