"""confd: lists of users and lines among 1,000 and 50,000, users created, memory at rest.

``python bench/confd.py [--seconds 4]``. Lists are measured by two confds on two databases, of few
and of many users, request by request in turn with their floors, so that ratios hold on a machine
that others use too. The floor of lists is the facts of the same page, read by one asyncpg query
and serialised by orjson in this process: without links, count, access check or HTTP.
"""

import argparse
import itertools
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import asyncpg
import orjson
import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ovix_web import hash_of

from bench.confd_rows import CONTEXT, RARE, begin, fill, floor
from bench.harness import (
    Figure,
    Http,
    Machine,
    Operation,
    exclusive,
    measure,
    measure_in_turn,
    processor_ms_per,
    show,
    statements_per,
)

PAGE = 100
FEW, MANY = 1_000, 50_000
WORKERS = 4


class List(NamedTuple):
    """A list that is measured, and how many rows of it a page shows."""

    name: str
    query: str
    rows: int = PAGE
    of_entity: bool = False
    """Asked for by a program that may see one entity, not all."""


LISTS = (
    List("GET /users?limit=100", "/users?"),
    List("… in the middle", "/users?offset={half}&"),
    List("… by firstname, descending", "/users?order=firstname&direction=desc&"),
    List("… search=lefevre-unique (10 users)", "/users?search=lefevre-unique&", RARE),
    List("… exten=100500 (1 user)", "/users?exten=100500&", 1),
    List("… of an entity", "/users?", of_entity=True),
    List("… of an entity, search", "/users?search=lefevre-unique&", RARE, of_entity=True),
    List("GET /lines?limit=100", "/lines?"),
    List("… search=100500 (1 line)", "/lines?search=100500&", 1),
    List("… of an entity", "/lines?", of_entity=True),
)


class Client:
    """A program with every access, on one connection."""

    def __init__(self, base_url: str, token: str) -> None:
        self._http = Http(base_url)
        self._headers = {"X-Auth-Token": token}

    async def get(self, path: str) -> Any:
        status, body = await self._http.request("GET", f"/1.1{path}", headers=self._headers)
        assert status == 200, (status, body)
        return body

    async def post(self, path: str, **body: Any) -> Any:
        status, answer = await self._http.request(
            "POST", f"/1.1{path}", orjson.dumps(body), self._headers
        )
        assert status == 201, (status, answer)
        return orjson.loads(answer)

    async def link(self, path: str) -> None:
        status, answer = await self._http.request("PUT", f"/1.1{path}", headers=self._headers)
        assert status == 204, (status, answer)

    async def close(self) -> None:
        await self._http.close()


async def token_of_all(connection: asyncpg.Connection, entity_id: int | None = None) -> str:
    """A token that confd lets do everything, in one entity or in all."""
    token = str(uuid4())
    await connection.execute(
        "INSERT INTO tokens (token_hash, auth_id, acl, expires_at, entity_id)"
        " VALUES ($1, 'bench', '{confd.#}', $2, $3)",
        hash_of(token),
        datetime.now(UTC) + timedelta(hours=1),
        entity_id,
    )
    return token


class Company:
    """A database of so many users, a confd on it, and what measures ask them by."""

    def __init__(self, machine: Machine, users: int) -> None:
        self.users = users
        self.database_url = machine.database(f"ovix_bench_{users}")
        self.url = machine.service("confd", OVIX_DATABASE_URL=self.database_url)

    async def open(self) -> None:
        """Connect, and fill the database."""
        self.connection = await asyncpg.connect(self.database_url, server_settings={"jit": "off"})
        await begin(self.connection)
        await fill(self.connection, 1, self.users)
        self.token = await token_of_all(self.connection)
        entity_id = await self.connection.fetchval("SELECT min(id) FROM entities")
        self._all = Client(self.url, self.token)
        self._entity = Client(self.url, await token_of_all(self.connection, entity_id))

    async def asking_for(self, asked: List) -> Operation:
        """A request for that list, having looked at what it answers."""
        client = self._entity if asked.of_entity else self._all
        path = f"{asked.query.format(half=self.users // 2)}limit={PAGE}"
        page = orjson.loads(await client.get(path))
        assert len(page["items"]) == asked.rows, (path, len(page["items"]))
        assert page["total"] == (self.users if asked.rows == PAGE else asked.rows), page["total"]

        async def ask(_worker: int) -> None:
            await client.get(path)

        return ask

    async def floor(self, _worker: int) -> None:
        """The first page as cheaply as can be."""
        await floor(self.connection, PAGE)

    async def close(self) -> None:
        """Close every connection."""
        await self._all.close()
        await self._entity.close()
        await self.connection.close()


async def _lists(machine: Machine, few: Company, many: Company, seconds: float) -> None:
    async def in_turn(name: str, floors: Sequence[Operation], lists: Sequence[Operation]) -> None:
        low, high, little, large = await measure_in_turn([*floors, *lists], seconds=seconds)
        for figures, figure, lowest, each in (
            (among_few, little, low, lists[0]),
            (among_many, large, high, lists[1]),
        ):
            figures.append(
                replace(
                    figure,
                    name=name,
                    ratio=figure.median_ms / lowest.median_ms,
                    statements=await statements_per(machine, each),
                )
            )
        grown.append(replace(large, name=name, ratio=large.median_ms / little.median_ms))

    among_few: list[Figure] = []
    among_many: list[Figure] = []
    grown: list[Figure] = []
    floors = [few.floor, many.floor]
    await in_turn("the floor", floors, floors)
    for asked in LISTS:
        lists = [await few.asking_for(asked), await many.asking_for(asked)]
        await in_turn(asked.name, floors, lists)
    show(f"lists among {few.users:,} users (ratio: time to that of the floor)", among_few)
    show(f"lists among {many.users:,} users (ratio: time to that of the floor)", among_many)
    show(f"the same (ratio: time to that among {few.users:,})", grown)


def _creations(clients: Sequence[Client]) -> dict[str, tuple[Operation, int]]:
    """What is measured of creating, and how many requests each takes."""
    numbers = itertools.count(200_000)

    async def user(worker: int) -> None:
        await clients[worker].post("/users", firstname="Zoé", lastname=f"Created {next(numbers)}")

    async def flow(worker: int) -> None:
        client, exten = clients[worker], str(next(numbers))
        user = await client.post("/users", firstname="Zoé", lastname=f"Flow {exten}")
        line = await client.post("/lines", context=CONTEXT)
        endpoint = await client.post("/endpoints/sip", username=f"phone{exten}")
        extension = await client.post("/extensions", exten=exten, context=CONTEXT)
        await client.link(f"/lines/{line['id']}/endpoints/sip/{endpoint['id']}")
        await client.link(f"/lines/{line['id']}/extensions/{extension['id']}")
        await client.link(f"/users/{user['id']}/lines/{line['id']}")

    async def nested(worker: int) -> None:
        exten = str(next(numbers))
        line = {
            "context": CONTEXT,
            "endpoint_sip": {"username": f"phone{exten}"},
            "extensions": [{"exten": exten, "context": CONTEXT}],
        }
        await clients[worker].post("/users", firstname="Zoé", lastname=exten, lines=[line])

    return {
        "POST /users": (user, 1),
        "a working user by 7 requests": (flow, 7),
        "a working user by 1 request": (nested, 1),
    }


async def _run(machine: Machine, few: Company, many: Company, seconds: float) -> None:
    print(f"  resting memory of confd: {machine.resting_memory_mb()[0]:.0f} MB")
    await few.open()
    await many.open()
    await _lists(machine, few, many, seconds)

    clients = [Client(many.url, many.token) for _ in range(WORKERS)]
    created: list[Figure] = []
    for name, (operation, requests) in _creations(clients).items():
        for workers in (1, WORKERS):
            figure = await measure(operation, concurrency=workers, seconds=seconds)
            created.append(replace(figure, name=f"{name}, {workers} at once"))
        statements = await statements_per(machine, operation)
        cost = await processor_ms_per(machine, operation, 20)
        print(f"  {name}: {cost:.1f} ms of processor time")
        created[-2] = replace(created[-2], statements=statements)
        if requests > 1:
            print(f"  {name}: {statements / requests:.1f} statements a request")
    show(f"creating among {many.users:,} users", created)
    print(f"  memory of confd afterwards: {machine.resting_memory_mb()[1]:.0f} MB")
    for client in clients:
        await client.close()
    await few.close()
    await many.close()


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=2.0)
    given = arguments.parse_args()
    with exclusive(), Machine() as machine:
        few, many = Company(machine, FEW), Company(machine, MANY)
        uvloop.run(_run(machine, few, many, given.seconds))


if __name__ == "__main__":
    main()
