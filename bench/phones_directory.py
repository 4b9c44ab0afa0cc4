"""dird: what desk phones look up among 10,000 contacts, rendered for a Yealink and an Aastra.

``python -m bench phones_directory``. The floor is a bare FastAPI endpoint that runs the one SELECT
and gives its rows as JSON (``dird_floor.py``). Beside each other: a search of a few hits and one of
many, and an Aastra's second page, which is a part of what its first one found.
"""

import argparse
import asyncio
import itertools
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import asyncpg
import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ovix_engines.ports import free_port

from bench.dird import SYLLABLES, Bench, Client, phonebook, started_floor, terms, token_of
from bench.harness import (
    Figure,
    Http,
    Machine,
    Operation,
    exclusive,
    measure,
    processor_ms_per,
    show,
    statements_per,
)

CONTACTS = 10_000
CLIENTS = 16
ROUNDS = 3
USER = UUID(int=0)
"""A phone without a user: it sees what is there for everybody."""
"""Of the floor's lookups a second, which has neither sources nor sorting nor XML."""


@asynccontextmanager
async def asking(port: int, paths: Sequence[str]) -> AsyncIterator[Operation]:
    """Each worker asks on a connection of its own for the next path."""
    connections = [Http(f"http://127.0.0.1:{port}") for _ in range(CLIENTS)]
    turns = itertools.count()

    async def ask(worker: int) -> None:
        path = paths[next(turns) % len(paths)]
        status, content = await connections[worker].request("GET", path)
        if status != 200 or not content:
            raise RuntimeError(f"{path}: {status} {content[:200]!r}")

    try:
        yield ask
    finally:
        for each in connections:
            await each.close()


def looked_up(vendor: str, searched: Sequence[str], more: str = "") -> list[str]:
    """The paths of these searches."""
    base = f"/0.1/directories/lookup/bench/{vendor}?xivo_user_uuid={USER}&term="
    return [f"{base}{term}{more}" for term in searched]


@dataclass(frozen=True)
class Server:
    """Whom to ask for what."""

    port: int
    paths: Sequence[str]

    async def measured(self, seconds: float) -> Figure:
        """As many lookups as all clients together get."""
        async with asking(self.port, self.paths) as ask:
            return await measure(ask, concurrency=CLIENTS, seconds=seconds)

    async def statements(self, machine: Machine) -> float:
        """Of one lookup."""
        async with asking(self.port, self.paths) as ask:
            return await statements_per(machine, ask)

    async def processor_ms(self, machine: Machine) -> float:
        """Of one lookup."""
        async with asking(self.port, self.paths) as ask:
            return await processor_ms_per(machine, ask)


async def beside(floor: Server, whole: Server, seconds: float) -> tuple[Figure, Figure]:
    """Both by turns, so that other programs of the machine slow down both: the middle round."""
    rounds = [(await floor.measured(seconds), await whole.measured(seconds)) for _ in range(ROUNDS)]
    return sorted(rounds, key=lambda pair: pair[1].per_second / pair[0].per_second)[ROUNDS // 2]


async def until_ready(port: int) -> None:
    """Return once the floor answers."""
    for _ in range(600):
        try:
            async with asking(port, ["/health/ready"]) as ask:
                await ask(0)
            return
        except OSError:
            await asyncio.sleep(0.05)
    raise RuntimeError("the floor did not start")


async def run(machine: Machine, seconds: float) -> None:
    """All of it, on one machine."""
    connection = await asyncpg.connect(machine.database_url, server_settings={"jit": "off"})
    token = await token_of(connection)
    phones_port, floor_port = free_port(), free_port()
    url = machine.service(
        "dird",
        OVIX_DIRD_PHONES_HOST="127.0.0.1",
        OVIX_DIRD_PHONES_PORT=str(phones_port),
        OVIX_DIRD_PHONES_TLS_PORT="0",
    )
    api = Client(url, token)
    bench = Bench(machine, api, connection)
    book_id, book_uuid = await phonebook(connection, "bench", CONTACTS)
    await bench.source("phonebook", "bench", phonebook_uuid=book_uuid)
    await bench.profile("bench", "bench")
    floor_process = started_floor(machine.database_url, floor_port, book_id)
    few = [each for each in terms(400) if " " not in each]
    many = [first + second for first, second in itertools.product(SYLLABLES, repeat=2)]
    figures: list[Figure] = []
    costs: list[str] = []
    try:
        await until_ready(floor_port)
        for kind, searched in (("few hits", few), ("many hits", many)):
            floor = Server(floor_port, [f"/?term={each}" for each in searched])
            for vendor in ("yealink", "aastra"):
                whole = Server(phones_port, looked_up(vendor, searched))
                bare, ours = await beside(floor, whole, seconds)
                ratio = ours.per_second / bare.per_second
                statements = await whole.statements(machine)
                figures.append(replace(bare, name=f"floor, {kind}"))
                figures.append(
                    replace(ours, name=f"{vendor}, {kind}", ratio=ratio, statements=statements)
                )
                cost, floor_cost = [await each.processor_ms(machine) for each in (whole, floor)]
                costs.append(f"  {vendor}, {kind}: {cost:.2f} ms of processor time, floor"
                             f" {floor_cost:.2f} ms")  # fmt: skip
        async with asking(phones_port, looked_up("aastra", many)) as first_page:
            for _ in many:
                await first_page(0)
        second = Server(phones_port, looked_up("aastra", many, "&limit=16&offset=16"))
        statements = await second.statements(machine)
        ours = await second.measured(seconds)
        figures.append(replace(ours, name="aastra, second page", statements=statements))
    finally:
        floor_process.send_signal(signal.SIGTERM)
        floor_process.wait(30)
    show(f"{CLIENTS} phones look up among {CONTACTS:,} contacts", figures)
    print("\n".join(costs))
    await api.close()
    await connection.close()


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=3.0)
    given = arguments.parse_args()
    with exclusive(), Machine() as machine:
        uvloop.run(run(machine, given.seconds))


if __name__ == "__main__":
    main()
