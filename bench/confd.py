"""confd: lists of users and lines among 1,000 and 50,000, users created, memory at rest.

``python bench/confd.py [--seconds 4] [--rounds 3]``. Every list figure is the best of several
rounds; as other programs of the machine distort it all the same, processor times are printed too.
The floor of lists is the facts of the same page, read by one asyncpg query and serialised
by orjson in this process: without links, count, access check or HTTP.
"""

import argparse
import itertools
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
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
    processor_ms_per,
    show,
    statements_per,
)

PAGE = 100
FEW, MANY = 1_000, 50_000
WORKERS = 4
LISTS = {
    "GET /users?limit=100": ("/users?", PAGE),
    "… in the middle": ("/users?offset={half}&", PAGE),
    "… by firstname, descending": ("/users?order=firstname&direction=desc&", PAGE),
    "… search=lefevre-unique (10 users)": ("/users?search=lefevre-unique&", RARE),
    "… exten=100500 (1 user)": ("/users?exten=100500&", 1),
    "GET /lines?search=100500 (1 line)": ("/lines?search=100500&", 1),
}
OF_ENTITY = {"GET /lines?limit=100, token of an entity": ("/lines?", PAGE)}


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


async def _best(operation: Operation, seconds: float, rounds: int) -> Figure:
    """The quickest round of one worker: other programs of the machine only make it slower."""
    figures = [await measure(operation, concurrency=1, seconds=seconds) for _ in range(rounds)]
    return min(figures, key=lambda figure: figure.median_ms)


async def _lists(
    machine: Machine,
    connection: asyncpg.Connection,
    client: Client,
    of_entity: Client,
    users: int,
    seconds: float,
    rounds: int,
) -> dict[str, Figure]:
    async def of_floor(_worker: int) -> None:
        await floor(connection, PAGE)

    lowest = await _best(of_floor, seconds, rounds)
    of_processor = await processor_ms_per(machine, of_floor)
    print(f"  processor time among {users:,} users: floor {of_processor:.1f} ms")
    found = {"floor": replace(lowest, name=f"floor, {users:,} users", ratio=1.0, statements=1)}
    for name, (query, expected) in (LISTS | OF_ENTITY).items():
        path = f"{query.format(half=users // 2)}limit={PAGE}"
        asking = of_entity if name in OF_ENTITY else client
        page = orjson.loads(await asking.get(path))
        assert len(page["items"]) == expected, (path, len(page["items"]))
        assert page["total"] == (users if expected == PAGE else expected), page["total"]

        async def listed(_worker: int, asking: Client = asking, path: str = path) -> None:
            await asking.get(path)

        figure = await _best(listed, seconds, rounds)
        cost = await processor_ms_per(machine, listed)
        print(f"  {name}: {cost:.1f} ms, {cost / of_processor:.2f} times the floor")
        found[name] = replace(
            figure,
            name=name,
            ratio=figure.median_ms / lowest.median_ms,
            statements=await statements_per(machine, listed),
        )
    await client.close()
    await of_entity.close()
    return found


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


async def _run(machine: Machine, seconds: float, rounds: int) -> None:
    connection = await asyncpg.connect(machine.database_url, server_settings={"jit": "off"})
    await begin(connection)
    token = await token_of_all(connection)
    entity_id = await connection.fetchval("SELECT min(id) FROM entities")
    token_of_entity = await token_of_all(connection, entity_id)
    url = machine.service("confd")
    print(f"  resting memory of confd: {machine.resting_memory_mb()[0]:.0f} MB")
    # Each with a connection of its own: filling takes longer than confd keeps an idle one.
    await fill(connection, 1, FEW)
    asking = (Client(url, token), Client(url, token_of_entity))
    few = await _lists(machine, connection, *asking, FEW, seconds, rounds)
    show(f"lists among {FEW:,} users (ratio: time to that of the floor)", list(few.values()))
    await fill(connection, FEW + 1, MANY)
    asking = (Client(url, token), Client(url, token_of_entity))
    many = await _lists(machine, connection, *asking, MANY, seconds, rounds)
    show(f"lists among {MANY:,} users (ratio: time to that of the floor)", list(many.values()))
    grown = [
        replace(figure, ratio=figure.median_ms / few[name].median_ms, statements=None)
        for name, figure in many.items()
    ]
    show(f"the same (ratio: time to that among {FEW:,})", grown)

    clients = [Client(url, token) for _ in range(WORKERS)]
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
    show(f"creating among {MANY:,} users", created)
    print(f"  memory of confd afterwards: {machine.resting_memory_mb()[0]:.0f} MB")
    for client in clients:
        await client.close()
    await connection.close()


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=2.0)
    arguments.add_argument("--rounds", type=int, default=3)
    given = arguments.parse_args()
    with exclusive(), Machine() as machine:
        uvloop.run(_run(machine, given.seconds, given.rounds))


if __name__ == "__main__":
    main()
