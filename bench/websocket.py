"""From the commit of a change to the frame at a websocket client, on both transports of the bus.

``python bench/websocket.py [--seconds 10] [--rate 100] [--clients 50]`` starts a PostgreSQL of
production's durability, a RabbitMQ where one is installed, and calld as a process. One client is
timed; the others hear the same events. The aim is a p99 under 30 ms.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import uvloop
from ovix_engines.ports import free_port

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ovix_bus import outbox_row
from ovix_bus.catalogue import calls
from ovix_engines.rabbitmq import PrivateRabbitMq, server_script
from ovix_web import hash_of
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bench.harness import Figure, Machine, exclusive, show

AIM_MS = 30.0


async def _a_token(connection: "asyncpg.Connection[asyncpg.Record]") -> str:
    token = str(uuid4())
    await connection.execute(
        "INSERT INTO tokens (token_hash, auth_id, acl, expires_at) VALUES ($1, 'bench', $2, $3)",
        hash_of(token),
        ["websocketd", "events.#"],
        datetime.now(UTC) + timedelta(hours=1),
    )
    return token


async def _follow(url: str) -> ClientConnection:
    """A client that has subscribed to everything and started."""
    for _ in range(50):
        websocket = await connect(url, compression=None)
        await websocket.send('{"op":"subscribe","data":{"event_name":"*"}}')
        await websocket.send('{"op":"start"}')
        try:
            for _ in ("init", "subscribe", "start"):
                await asyncio.wait_for(websocket.recv(), 5)
        except ConnectionClosed:  # calld has not reached the bus yet
            await asyncio.sleep(0.2)
        else:
            return websocket
    raise RuntimeError("calld does not reach the bus")


async def _listen(websocket: ClientConnection, arrived: dict[int, float]) -> None:
    async for frame in websocket:
        now = time.perf_counter()
        arrived[json.loads(frame)["data"]["seq"]] = now


async def _measure(
    database_url: str, port: int, *, clients: int, seconds: float, rate: float
) -> Figure:
    database = await asyncpg.connect(database_url)
    url = f"ws://127.0.0.1:{port}/?token={await _a_token(database)}"
    committed: dict[int, float] = {}
    arrived: dict[int, float] = {}
    async with AsyncExitStack() as parts:
        parts.push_async_callback(database.close)
        for number in range(clients):
            websocket = await _follow(url)
            parts.push_async_callback(websocket.close)
            # Of the others only the bytes are taken: their share of the work is calld's.
            listener = _listen(websocket, arrived) if number == 0 else _swallow(websocket)
            parts.callback(asyncio.create_task(listener).cancel)
        begin = time.perf_counter()
        for number in range(1, int(seconds * rate) + 1):
            await asyncio.sleep(max(0.0, begin + number / rate - time.perf_counter()))
            row = outbox_row(calls.call_held(call_id="1.0", user_uuid=uuid4(), seq=number))
            await database.execute(
                "INSERT INTO outbox (name, routing_key, body) VALUES ($1, $2, $3)", *row
            )
            committed[number] = time.perf_counter()
        async with asyncio.timeout(20):
            while len(arrived) < len(committed):  # noqa: ASYNC110 - an event would cost the loop
                await asyncio.sleep(0.01)
    taken = sorted((arrived[number] - at) * 1000 for number, at in committed.items())
    return Figure(
        f"{clients} clients",
        per_second=rate,
        median_ms=taken[len(taken) // 2],
        p99_ms=taken[int(len(taken) * 0.99)],
    )


async def _swallow(websocket: ClientConnection) -> None:
    async for _ in websocket:
        pass


def main() -> int:
    parser = argparse.ArgumentParser(description="Latency from commit to websocket frame.")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rate", type=float, default=100, help="events a second")
    parser.add_argument("--clients", type=int, default=20)
    arguments = parser.parse_args()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="ovix-bench-") as folder:
        broker = PrivateRabbitMq(Path(folder) / "rabbitmq")
        try:
            transports = ["postgresql"]
            if server_script() is None:
                print("rabbitmq is not installed (tools/rabbitmq/install): not measured")
            else:
                broker.start()
                transports.append("rabbitmq")
            for transport in transports:
                with exclusive(), Machine() as machine:
                    port = free_port()
                    bus = machine.database_url if transport == "postgresql" else broker.url
                    machine.service("calld", OVIX_CALLD_WEBSOCKET_PORT=str(port), OVIX_BUS_URL=bus)
                    for clients in (1, arguments.clients):
                        figure = uvloop.run(
                            _measure(
                                machine.database_url,
                                port,
                                clients=clients,
                                seconds=arguments.seconds,
                                rate=arguments.rate,
                            )
                        )
                        figures.append(replace(figure, name=f"{transport}, {figure.name}"))
                    print(f"calld holds {machine.resting_memory_mb()[0]:.0f} MB ({transport})")
        finally:
            broker.stop()
    show("Commit → websocket frame", figures)
    late = [each.name for each in figures if each.p99_ms > AIM_MS]
    if late:
        print(f"  over {AIM_MS:g} ms: {', '.join(late)}")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
