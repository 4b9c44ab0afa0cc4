"""dird: lookups and reverse lookups among 100,000 contacts, several sources, many clients.

``python -m bench dird``. Each figure stands beside the one it must reach. The floor of many clients
is a bare FastAPI endpoint that runs the one SELECT and gives its rows (``dird_floor.py``); that of
single lookups is the same SELECT by asyncpg in this process.
"""

import argparse
import asyncio
import csv
import itertools
import random
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias
from uuid import uuid4

import asyncpg
import orjson
import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ovix_engines.ports import free_port
from ovix_web import hash_of

from bench.dird_floor import SEARCH
from bench.harness import Http, Machine, exclusive, measure, processor_ms_per, show

Ask: TypeAlias = Callable[[str], Awaitable[object]]
MANY, FEW = 100_000, 10_000
CLIENTS = 16
FIRST = ("Élodie", "Marc", "Zoé", "Bruno", "Chloé", "Inès", "Noël", "Alice", "Hugo", "Léa")
SYLLABLES = (
    "ba", "cho", "du", "fer", "gui", "har", "jo", "kel", "lan", "mor", "nel", "pas", "quin", "rou",
    "sal", "tes", "val", "wil", "yon", "zac",
)  # fmt: skip
COLUMNS: dict[str, Any] = {
    "searched_columns": ["firstname", "lastname", "number"],
    "first_matched_columns": ["number"],
    "format_columns": {
        "name": "{firstname} {lastname}",
        "reverse": "{firstname} {lastname}",
        "phone": "{number}",
    },
}
DISPLAY = [
    {"title": "Name", "type": "name", "field": "name"},
    {"title": "Number", "type": "number", "field": "phone"},
    {"title": "Favorite", "type": "favorite", "field": "favorite"},
]


def contacts(count: int) -> Iterator[dict[str, str]]:
    """Names of four syllables, and a number each."""
    names = itertools.cycle(itertools.product(SYLLABLES, repeat=4))
    for number, syllables in zip(range(count), names, strict=False):
        yield {
            "id": str(number),
            "firstname": FIRST[number % len(FIRST)],
            "lastname": "".join(syllables).capitalize(),
            "number": f"01 42 {number // 10000:02} {number // 100 % 100:02} {number % 100:02}",
        }


def terms(count: int) -> list[str]:
    """What people type: three syllables of a name, half of them with a part of a first name."""
    chosen = random.Random(1)  # the same ones each time
    typed = ["".join(chosen.choices(SYLLABLES, k=3)) for _ in range(count)]
    return [
        f"{chosen.choice(('elod', 'ZOÉ', 'hug'))} {each}" if number % 2 else each
        for number, each in enumerate(typed)
    ]


class Client:
    """A program with every access, on one connection."""

    def __init__(self, url: str, token: str) -> None:
        self._http = Http(url)
        self._headers = {"X-Auth-Token": token}

    async def __call__(self, method: str, path: str, body: Any = None) -> Any:
        content = b"" if body is None else orjson.dumps(body)
        status, answer = await self._http.request(method, f"/0.1{path}", content, self._headers)
        assert status in (200, 201, 204), (status, answer)
        return orjson.loads(answer) if answer else None

    async def lookup(self, profile: str, term: str) -> int:
        quoted = term.replace(" ", "%20").replace("É", "%C3%89")
        found = await self("GET", f"/directories/lookup/{profile}?term={quoted}")
        assert not found["failed_sources"], found["failed_sources"]
        return len(found["results"])

    async def close(self) -> None:
        await self._http.close()


async def token_of(connection: asyncpg.Connection) -> str:
    """A token of a program that may ask dird anything."""
    token = str(uuid4())
    await connection.execute(
        "INSERT INTO tokens (token_hash, auth_id, acl, expires_at)"
        " VALUES ($1, 'bench', '{dird.#}', $2)",
        hash_of(token),
        datetime.now(UTC) + timedelta(hours=1),
    )
    return token


async def phonebook(connection: asyncpg.Connection, name: str, count: int) -> tuple[int, str]:
    """A phonebook of so many contacts; its id and uuid."""
    book = await connection.fetchrow(
        "INSERT INTO phonebooks (tenant, name) VALUES ('bench', $1) RETURNING id, uuid::text", name
    )
    assert book is not None
    rows = [
        (book["id"], orjson.dumps(each).decode(), str(number).encode())
        for number, each in enumerate(contacts(count))
    ]
    await connection.executemany(
        "INSERT INTO phonebook_contacts (phonebook_id, fields, content_hash)"
        " VALUES ($1, $2::text::jsonb, $3)",
        rows,
    )
    await connection.execute("VACUUM ANALYZE phonebook_contacts")
    return book["id"], book["uuid"]


async def _p95(ask: Ask, asked: list[str]) -> tuple[float, float]:
    """Median and 95th percentile of one client, in milliseconds; the better of two rounds."""
    rounds = []
    for each in asked[:20]:
        await ask(each)
    for _ in range(2):
        taken = []
        for each in asked:
            began = time.perf_counter()
            await ask(each)
            taken.append((time.perf_counter() - began) * 1000)
        taken.sort()
        rounds.append((taken[len(taken) // 2], taken[int(len(taken) * 0.95)]))
    return min(rounds)


def _tell(what: str, figures: tuple[float, float], bound_ms: float, floor_ms: float = 0) -> None:
    median, p95 = figures
    ratio = f", {median / floor_ms:.1f} times the floor" if floor_ms else ""
    verdict = "" if p95 <= bound_ms else "   <-- TOO SLOW"
    print(f"  {what}: median {median:.1f} ms{ratio}, p95 {p95:.1f} ms (≤ {bound_ms:g}){verdict}")


class Bench:
    """One dird, its sources and profiles."""

    def __init__(self, machine: Machine, client: Client, connection: asyncpg.Connection) -> None:
        self.machine, self.client, self.connection = machine, client, connection
        self.display: dict[str, str] = {}
        self.sources: dict[str, str] = {}

    async def source(self, backend: str, name: str, **settings: Any) -> None:
        made = await self.client(
            "POST", f"/backends/{backend}/sources", {"name": name, **COLUMNS, **settings}
        )
        self.sources[name] = made["uuid"]

    async def profile(self, name: str, *sources: str) -> None:
        if not self.display:
            shown = {"name": "bench", "columns": DISPLAY}
            self.display = {"uuid": (await self.client("POST", "/displays", shown))["uuid"]}
        uuids = [{"uuid": self.sources[each]} for each in sources]
        options = {"timeout": 30}
        services = {each: {"sources": uuids, "options": options} for each in ("lookup", "reverse")}
        body = {"name": name, "display": self.display, "services": services}
        await self.client("POST", "/profiles", body)

    async def cost(self, ask: Ask, asked: list[str], floor: Ask | None = None) -> None:
        """Tell the processor time of one question, which other programs hardly change."""

        async def spent(question: Ask) -> float:
            turns = iter(asked)

            async def one(_worker: int) -> None:
                await question(next(turns))

            return await processor_ms_per(self.machine, one, len(asked))

        took = await spent(ask)
        beside = f", {took / await spent(floor):.1f} times the floor" if floor else ""
        print(f"    {took:.2f} ms of processor time, the client's included{beside}")


async def _phonebook_figures(bench: Bench) -> int:
    book_id, book_uuid = await phonebook(bench.connection, "many", MANY)
    await bench.source("phonebook", "many", phonebook_uuid=book_uuid)
    await bench.profile("many", "many")
    asked = terms(300)
    hits = [await bench.client.lookup("many", each) for each in asked[:100]]
    print(f"  a lookup finds {sum(hits) / len(hits):.1f} contacts on average, {max(hits)} at most")

    async def floor(term: str) -> object:
        return await bench.connection.fetch(SEARCH, book_id, f"%{term.split()[-1]}%")

    lowest, _ = await _p95(floor, asked)
    found = await _p95(lambda each: bench.client.lookup("many", each), asked)
    _tell(f"phonebook of {MANY:,}, by substring", found, 25, lowest)
    await bench.cost(lambda each: bench.client.lookup("many", each), asked, floor)

    numbers = [each["number"] for each in itertools.islice(contacts(MANY), 0, MANY, MANY // 300)]
    written = [f"%2B33{each.replace(' ', '')[1:]}" for each in numbers]
    url = "/directories/reverse/many/00000000-0000-0000-0000-000000000000?exten="

    async def reverse(number: str) -> object:
        answer = await bench.client("GET", url + number)
        assert answer["display"], number
        return answer

    _tell(f"reverse of {MANY:,}", await _p95(reverse, written), 5)
    await bench.cost(reverse, written)
    return book_id


async def _csv_figures(bench: Bench) -> None:
    path = bench.machine.directory / "many.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["id", "firstname", "lastname", "number"])
        writer.writeheader()
        writer.writerows(contacts(MANY))
    before_mb = bench.machine.resting_memory_mb()[0]
    await bench.source("csv", "file", file=str(path), unique_column="id")
    await bench.profile("file", "file")
    began = time.perf_counter()
    await bench.client.lookup("file", "xyzxyz")
    print(f"  csv of {MANY:,} loaded in {time.perf_counter() - began:.2f} s (≤ 3)")
    found = await _p95(lambda each: bench.client.lookup("file", each), terms(300))
    _tell(f"csv of {MANY:,}, by substring", found, 15)
    await bench.cost(lambda each: bench.client.lookup("file", each), terms(300))
    now_mb = bench.machine.resting_memory_mb()[0]
    print(
        f"  memory of dird with the csv: {now_mb:.0f} MB, {now_mb - before_mb:.0f} MB more (≤ 200)"
    )


async def _four_sources(bench: Bench) -> None:
    await bench.source("xivo", "users")
    await bench.source("personal", "own")
    for name in ("users", "own"):
        await bench.profile(name, name)
    await bench.profile("four", "many", "file", "users", "own")
    asked = terms(200)
    alone = {
        name: await _p95(lambda each, name=name: bench.client.lookup(name, each), asked)  # type: ignore[misc]  # mypy takes the default for a parameter
        for name in ("many", "file", "users", "own")
    }
    together = await _p95(lambda each: bench.client.lookup("four", each), asked)
    slowest = max(median for median, _ in alone.values())
    print(
        f"  four sources at once: median {together[0]:.1f} ms, the slowest alone {slowest:.1f} ms,"
        f" {together[0] - slowest:.1f} ms more (≤ 5)"
    )


def started_floor(database_url: str, port: int, phonebook_id: int) -> "subprocess.Popen[bytes]":
    """The bare endpoint, as a process of its own."""
    command = [sys.executable, "-m", "bench.dird_floor", database_url, str(port)]
    return subprocess.Popen([*command, str(phonebook_id)])


async def _many_clients(bench: Bench, url: str, token: str, seconds: float) -> None:
    book_id, book_uuid = await phonebook(bench.connection, "few", FEW)
    await bench.source("phonebook", "few", phonebook_uuid=book_uuid)
    await bench.profile("few", "few")
    asked = [each for each in terms(400) if " " not in each]
    port = free_port()
    floor_process = started_floor(bench.machine.database_url, port, book_id)
    try:
        floors = [Http(f"http://127.0.0.1:{port}") for _ in range(CLIENTS)]
        for _ in range(200):
            try:
                await floors[0].request("GET", "/health/ready")
                break
            except OSError:
                await asyncio.sleep(0.05)
        clients = [Client(url, token) for _ in range(CLIENTS)]
        turns = itertools.count()

        async def bare(worker: int) -> None:
            term = asked[next(turns) % len(asked)]
            status, _ = await floors[worker].request("GET", f"/?term={term}")
            assert status == 200

        async def whole(worker: int) -> None:
            await clients[worker].lookup("few", asked[next(turns) % len(asked)])

        # By turns, so that other programs of the machine slow down both.
        rounds = [
            (
                await measure(bare, concurrency=CLIENTS, seconds=seconds),
                await measure(whole, concurrency=CLIENTS, seconds=seconds),
            )
            for _ in range(3)
        ]
        ratios = sorted(whole.per_second / bare.per_second for bare, whole in rounds)
        best = max(rounds, key=lambda pair: pair[1].per_second)
        named = ("bare endpoint with one SELECT", "lookup")
        show(
            f"{CLIENTS} clients, {FEW:,} contacts",
            [
                type(figure)(
                    name, figure.per_second, figure.median_ms, figure.p99_ms, statements=None
                )
                for name, figure in zip(named, best, strict=True)
            ],
        )
        verdict = "" if ratios[1] >= 0.4 else "   <-- TOO SLOW"
        print(f"  ratios of three rounds: {[round(each, 2) for each in ratios]} (≥ 0.4){verdict}")
        await asyncio.gather(*(each.close() for each in floors))
        await asyncio.gather(*(each.close() for each in clients))
    finally:
        floor_process.send_signal(signal.SIGTERM)
        floor_process.wait(30)


async def _run(machine: Machine, seconds: float) -> None:
    connection = await asyncpg.connect(machine.database_url, server_settings={"jit": "off"})
    token = await token_of(connection)
    url = machine.service(
        "dird",
        OVIX_DIRD_PHONES_PORT=str(free_port()),
        OVIX_DIRD_PHONES_TLS_PORT="0",
        OVIX_DIRD_CSV_DIRECTORIES=str(machine.directory),
    )
    client = Client(url, token)
    bench = Bench(machine, client, connection)
    print(f"  resting memory of dird: {machine.resting_memory_mb()[0]:.0f} MB")
    await _phonebook_figures(bench)
    await _csv_figures(bench)
    await _four_sources(bench)
    await _many_clients(bench, url, token, seconds)
    await client.close()
    await connection.close()


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=3.0)
    given = arguments.parse_args()
    with exclusive(), Machine() as machine:
        uvloop.run(_run(machine, given.seconds))


if __name__ == "__main__":
    main()
