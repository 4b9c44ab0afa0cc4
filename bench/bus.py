"""How long an event takes from its commit to a consumer, on both transports.

``python bench/bus.py [--seconds 10] [--rate 100]`` starts all it measures: a PostgreSQL with the
durability of production, a RabbitMQ where one is installed, and the relay in a process of its own.
"""

import argparse
import asyncio
import logging
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from ovix_bus import Message, Queue, connect, emit
from ovix_bus.catalogue import lines
from ovix_engines.postgres import EmbeddedPostgres
from ovix_engines.rabbitmq import PrivateRabbitMq, server_script
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

ROOT = Path(__file__).resolve().parents[1]
BURST = 3000


@dataclass
class Clock:
    """When each event was committed and when it came."""

    committed: dict[int, float] = field(default_factory=dict)
    latencies_ms: list[float] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)

    async def __call__(self, message: Message) -> None:
        number = message.data["id"]
        if number in self.committed:
            self.latencies_ms.append((time.perf_counter() - self.committed[number]) * 1000)
        self.seen.add(number)

    def __str__(self) -> str:
        return f"p50 {self.percentile(0.5):5.1f} ms  p99 {self.percentile(0.99):5.1f} ms"

    def percentile(self, part: float) -> float:
        """The latency that so large a part of the events stayed under."""
        ordered = sorted(self.latencies_ms)
        return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


async def steady(
    sessions: async_sessionmaker[AsyncSession], clock: Clock, seconds: float, rate: float
) -> None:
    """One transaction with one event, ``rate`` times a second."""
    begin = time.perf_counter()
    total = int(seconds * rate)
    for number in range(total):
        await asyncio.sleep(max(0.0, begin + number / rate - time.perf_counter()))
        async with sessions() as session:
            await emit(session, lines.line_created(id=number))
            clock.committed[number] = time.perf_counter()
            await session.commit()
    await until(clock, total)


async def burst(sessions: async_sessionmaker[AsyncSession], clock: Clock, first: int) -> float:
    """Events a second when many wait in the outbox."""
    begin = time.perf_counter()
    async with sessions.begin() as session:
        await emit(session, *(lines.line_created(id=first + n) for n in range(BURST)))
    await until(clock, first + BURST)
    return BURST / (time.perf_counter() - begin)


async def until(clock: Clock, count: int) -> None:
    """Wait until so many events came."""
    async with asyncio.timeout(60):
        while len(clock.seen) < count:  # noqa: ASYNC110 - an event would cost the measured loop
            await asyncio.sleep(0.001)


async def measure(database_url: str, bus_url: str, seconds: float, rate: float) -> str:
    """One line of figures for a transport."""
    relay = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ovix_bus"),
        env={**os.environ, "OVIX_DATABASE_URL": database_url, "OVIX_BUS_URL": bus_url},
        stdout=subprocess.DEVNULL,
    )
    engine = create_async_engine(database_url.replace("://", "+asyncpg://", 1))
    sessions = async_sessionmaker(engine)
    bus = await connect(bus_url)
    clock, durable = Clock(), Clock()
    try:
        await bus.subscribe(Queue(None, ("config.#",)), clock)
        await bus.subscribe(Queue("bench", ("config.#",)), durable)
        # The first event waits for the election and opens the publisher's connection.
        async with sessions.begin() as session:
            await emit(session, lines.line_deleted(id=-1))
        await until(clock, 1)
        clock.seen.clear()
        durable.committed = clock.committed
        await steady(sessions, clock, seconds, rate)
        figures = f"{int(seconds * rate):5} events   exclusive {clock}   durable {durable}"
        per_second = await burst(sessions, clock, int(seconds * rate))
        return f"{figures}   burst {per_second:5.0f} events/s"
    finally:
        await bus.close()
        await engine.dispose()
        relay.terminate()
        await relay.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="Latency from commit to consumer.")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rate", type=float, default=100, help="events a second")
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory(prefix="ovix-bench-") as folder:
        postgres = EmbeddedPostgres(Path(folder) / "postgres")
        postgres.start()
        broker = PrivateRabbitMq(Path(folder) / "rabbitmq")
        try:
            url = postgres.url()
            subprocess.run(
                [sys.executable, "-m", "alembic", "upgrade", "head"],
                cwd=ROOT,
                env={**os.environ, "OVIX_DATABASE_URL": url},
                check=True,
                capture_output=True,
            )
            transports = {"postgresql": url}
            if server_script() is None:
                print("rabbitmq     not installed (tools/rabbitmq/install): not measured")
            else:
                broker.start()
                transports["rabbitmq"] = broker.url
            for name, bus_url in transports.items():
                figures = asyncio.run(measure(url, bus_url, arguments.seconds, arguments.rate))
                print(f"{name:12} {figures}", flush=True)
        finally:
            broker.stop()
            postgres.stop()


if __name__ == "__main__":
    main()
