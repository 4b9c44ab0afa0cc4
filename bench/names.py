"""Callers' names while many call: how many come in time, and how long they take.

``python -m bench.names [--calls 200] [--seconds 20]``. Calls come at that rate, whatever answers
take. For each agid asks (nobody's contacts, within 300 ms), then calld for the user who is called
(within a second). dird has a phonebook of 100,000 and a web server that takes 400 ms. Half the
calls come from 500 regular callers, the others from anybody. Everything shares this machine, the
two clients are in this process.
"""

import argparse
import asyncio
import random
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ovix_engines.ports import free_port
from ovix_web.caller_names import ACCESS, CallerNames
from ovix_web.own_token import OwnToken

from bench.dird import MANY, Bench, Client, phonebook, token_of
from bench.harness import Machine, exclusive

REGULARS = 500
REMOTE_S = 0.4
USERS = 200


@asynccontextmanager
async def _slow_server() -> AsyncIterator[tuple[str, list[int]]]:
    """Knows every number that begins with 09, after a while; counts its questions."""
    asked = [0]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                asked[0] += 1
                await asyncio.sleep(REMOTE_S)
                number = head.split(b"number=")[1].split(b" ")[0].decode()
                row = f"Remote,{number},{number}\n" if number.startswith("09") else ""
                body = f"firstname,lastname,number\n{row}".encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/", asked


def _callers(count: int) -> list[str]:
    """Who calls: numbers of the phonebook, one of ten of the web server instead."""
    chosen = random.Random(1)

    def anybody() -> str:
        number = chosen.randrange(MANY)
        return f"09{number:08}" if number % 10 == 0 else f"0142{number:06}"

    regulars = [anybody() for _ in range(REGULARS)]
    return [chosen.choice(regulars) if chosen.random() < 0.5 else anybody() for _ in range(count)]


class _Tally:
    """Answers of one asker."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.of_book: list[bool] = []
        self.of_server: list[bool] = []
        self.seconds: list[float] = []

    async def ask(self, names: CallerNames, number: str, user: str | None) -> None:
        began = time.perf_counter()
        found = await names.of(number, user)
        self.seconds.append(time.perf_counter() - began)
        (self.of_server if number.startswith("09") else self.of_book).append(found is not None)

    def tell(self) -> None:
        taken = sorted(each * 1000 for each in self.seconds)
        book = sum(self.of_book) / len(self.of_book)
        server = sum(self.of_server) / len(self.of_server)
        print(
            f"  {self.name}: median {taken[len(taken) // 2]:.1f} ms,"
            f" p95 {taken[int(len(taken) * 0.95)]:.1f} ms; names of the phonebook {book:.1%},"
            f" of the slow web server {server:.1%}"
        )


async def _run(machine: Machine, rate: int, seconds: float) -> None:
    connection = await asyncpg.connect(machine.database_url)
    token = await token_of(connection)
    url = machine.service(
        "dird",
        OVIX_DIRD_PHONES_PORT=str(free_port()),
        OVIX_DIRD_PHONES_TLS_PORT="0",
        OVIX_DIRD_SOURCE_NETWORKS="any,127.0.0.0/8",
    )
    client = Client(url, token)
    bench = Bench(machine, client, connection)
    _, book = await phonebook(connection, "many", MANY)
    users = [str(uuid4()) for _ in range(USERS)]
    await connection.executemany(
        "INSERT INTO users (uuid, firstname, caller_id) VALUES ($1::uuid, 'x', 'x')",
        [(each,) for each in users],
    )
    await connection.execute("DELETE FROM directory_profiles WHERE name = 'default'")
    async with _slow_server() as (server, asked):
        await bench.source("phonebook", "many", phonebook_uuid=book)
        await bench.source("csv_ws", "remote", lookup_url=server)
        await bench.profile("default", "many", "remote")
        askers = [
            CallerNames(url, OwnToken(machine.database_url, name, [ACCESS]), budget_s=budget_s)
            for name, budget_s in (("ovix-agid", 0.3), ("ovix-calld", 1.0))
        ]
        agid, calld = _Tally("agid"), _Tally("calld")

        async def call(number: str) -> None:
            await agid.ask(askers[0], number, None)
            await calld.ask(askers[1], number, random.choice(users))

        numbers = _callers(int(rate * seconds))
        began, calls = time.perf_counter(), []
        for turn, number in enumerate(numbers):
            await asyncio.sleep(max(0.0, began + turn / rate - time.perf_counter()))
            calls.append(asyncio.create_task(call(number)))
        await asyncio.gather(*calls)
        print(f"  {len(numbers)} calls, {rate} each second; {asked[0]} questions to the web server")
        agid.tell()
        calld.tell()
        for each in askers:
            await each.close()
    await client.close()
    await connection.close()


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--calls", type=int, default=200, help="each second")
    arguments.add_argument("--seconds", type=float, default=20.0)
    given = arguments.parse_args()
    with exclusive(), Machine() as machine:
        uvloop.run(_run(machine, given.calls, given.seconds))


if __name__ == "__main__":
    main()
