"""``python -m ovix_bus``: a relay alone, for one who wants it apart from the services.

``OVIX_DATABASE_URL`` names the outbox's database, ``OVIX_BUS_URL`` the bus (default: the same
database). Every service runs a relay too; only one of all works at a time.
"""

import asyncio
import os
import signal
import sys
from contextlib import suppress

from .connection import connect
from .relay import Relay


async def relay(database_url: str, bus_url: str) -> None:
    """Relay until SIGTERM or SIGINT."""
    bus = await connect(bus_url)
    task = asyncio.create_task(Relay(database_url, bus).run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task
    await bus.close()


def main() -> None:
    """Read the environment and run."""
    database_url = os.environ.get("OVIX_DATABASE_URL")
    if not database_url:
        sys.exit("OVIX_DATABASE_URL is not set: the relay needs the database of the outbox")
    asyncio.run(relay(database_url, os.environ.get("OVIX_BUS_URL") or database_url))


if __name__ == "__main__":
    main()
