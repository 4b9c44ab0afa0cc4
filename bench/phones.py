"""Phones by HTTP: known ones one after another, 10,000 after a power cut, 2,000 configured anew.

Every phone has an address of its own, which a proxy before the server would tell. The floor is a
bare Twisted static-file server with the same files, in the same run.
"""

import asyncio
import itertools
import resource
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import uvloop
from ovix_engines.ports import free_port

from bench.harness import (
    Figure,
    Http,
    Machine,
    Operation,
    exclusive,
    measure,
    show,
    statements_per,
)

PLUGIN = "ovix-yealink"
KEY = "bench"
PHONES, FEW, RECONFIGURED = 10_000, 100, 2_000
CLIENTS, SECONDS, ROUNDS = 64, 3.0, 3
COMMON = ("y000000000028.cfg", "directory.xml")
"""Files that all phones of a model fetch; with its own each fetches three."""
STARTING_AT_ONCE = 1_000
"""Phones whose requests are under way at a time; the others are still starting."""


def mac(number: int, between: str = ":") -> str:
    """The MAC of a phone."""
    return between.join(f"{byte:02x}" for byte in (0x00, 0x15, 0x65, *number.to_bytes(3, "big")))


def headers(number: int) -> dict[str, str]:
    """What a phone says of itself, and the proxy of it."""
    ip = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    return {
        "X-Forwarded-For": ip,
        "User-Agent": f"Yealink SIP-T46S 66.86.0.15 {mac(number)}",
    }


async def add_phones(database_url: str, root: Path, numbers: range) -> None:
    """Phones that were configured, and have fetched their files, before."""
    devices, configs = [], []
    for number in numbers:
        name, told = f"phone{number}", headers(number)
        devices.append(
            {
                "id": name, "mac": mac(number), "ip": told["X-Forwarded-For"], "config": name,
                "vendor": "Yealink", "model": "T46S", "version": "66.86.0.15", "plugin": PLUGIN,
                "configured": True, "added": "auto", "remote_state_sip_username": name,
            }
        )  # fmt: skip
        line = {"username": name, "password": f"secret{number}", "display_name": name}
        configs.append(
            {"id": name, "parent_ids": ["base"], "raw_config": {
                "protocol": "SIP", "sip_lines": {"1": {**line, "proxy_ip": "192.0.2.1"}}}}
        )  # fmt: skip
        (root / f"{mac(number, '')}.cfg").write_bytes(b"account.1.enable = 1\n" * 300)
    connection = await asyncpg.connect(database_url)
    try:
        for table, documents in (("provd_configs", configs), ("devices", devices)):
            await connection.execute(
                f"INSERT INTO {table} (id, document) SELECT each ->> 'id', each"
                " FROM jsonb_array_elements(CAST($1 AS jsonb)) AS each",
                orjson.dumps(documents).decode(),
            )
        await connection.execute("ANALYZE devices, provd_configs")
    finally:
        await connection.close()


class Rest:
    """The REST of provd."""

    def __init__(self, url: str) -> None:
        self._http = Http(url)

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One request, whose answer must be a success."""
        content = b"" if body is None else orjson.dumps(body)
        status, answer = await self._http.request(
            method, f"/provd{path}", content, {"X-Auth-Token": KEY}
        )
        if status >= 400:
            raise RuntimeError(f"{method} {path}: {status} {answer[:200]!r}")
        return orjson.loads(answer) if answer else None

    async def close(self) -> None:
        """Disconnect."""
        await self._http.close()


async def install(rest: Rest, plugin: str = PLUGIN) -> None:
    """Install a plugin that is shipped."""
    await rest.ask("POST", "/pg_mgr/install/install", {"id": plugin})
    give_up_at = time.monotonic() + 60
    while plugin not in (await rest.ask("GET", "/pg_mgr/plugins"))["plugins"]:
        if time.monotonic() > give_up_at:
            raise RuntimeError(f"{plugin} was not installed")
        await asyncio.sleep(0.2)


@asynccontextmanager
async def fetching(url: str, phones: int, *, first: bool = False) -> AsyncIterator[Operation]:
    """Phones fetch their own files, one after another on kept connections.

    ``first``: provd meets each request for the first time, so that plugins are asked what it is.
    """
    connections = [Http(url) for _ in range(CLIENTS)]
    numbers = itertools.cycle(range(phones))
    requests = itertools.count()

    async def fetch(worker: int) -> None:
        number = next(numbers)
        path = f"/{mac(number, '')}.cfg"
        told = headers(number)
        if first:
            told["X-Fetch"] = f"{id(connections)}-{next(requests)}"
        status, content = await connections[worker].request("GET", path, b"", told)
        if status != 200 or not content:
            raise RuntimeError(f"{path}: {status}")

    try:
        yield fetch
    finally:
        for each in connections:
            await each.close()


async def beside(
    url: str, floor_url: str, phones: int, *, first: bool = False
) -> tuple[Figure, Figure]:
    """The server and the floor by turns, for the same files: the median round of each.

    A machine that others use as well is faster in one second than in the next.
    """
    ours: list[Figure] = []
    floors: list[Figure] = []
    for _ in range(ROUNDS):
        for taken, address in ((ours, url), (floors, floor_url)):
            async with fetching(address, phones, first=first) as fetch:
                taken.append(await measure(fetch, concurrency=CLIENTS, seconds=SECONDS))
    return _middle(ours), _middle(floors)


def _middle(rounds: list[Figure]) -> Figure:
    return sorted(rounds, key=lambda each: each.per_second)[len(rounds) // 2]


async def power_cut(url: str) -> tuple[float, int]:
    """All phones start at once: how long until each has its three files, and failures."""
    waiting = iter(range(PHONES))
    failures = 0

    async def start() -> None:
        nonlocal failures
        for number in waiting:
            connection = Http(url)
            for name in (*COMMON, f"{mac(number, '')}.cfg"):
                try:
                    status, _ = await connection.request("GET", f"/{name}", b"", headers(number))
                    failures += status != 200
                except OSError:
                    failures += 1
            await connection.close()

    started = time.perf_counter()
    await asyncio.gather(*(start() for _ in range(STARTING_AT_ONCE)))
    return time.perf_counter() - started, failures


async def reconfigured(url: str) -> tuple[float, float]:
    """How long 2,000 phones take to be configured anew, and the p99 of the REST meanwhile in ms."""
    waiting = iter(range(RECONFIGURED))

    async def reconfigure() -> None:
        rest = Rest(url)
        for number in waiting:
            await rest.ask("POST", "/dev_mgr/reconfigure", {"id": f"phone{number}"})
        await rest.close()

    taken: list[float] = []

    async def look() -> None:
        rest = Rest(url)
        while True:
            began = time.perf_counter()
            await rest.ask("GET", "/dev_mgr/devices/phone5000")
            taken.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(0.02)

    looking = asyncio.create_task(look())
    started = time.perf_counter()
    await asyncio.gather(*(reconfigure() for _ in range(4)))
    seconds = time.perf_counter() - started
    looking.cancel()
    taken.sort()
    return seconds, taken[int(len(taken) * 0.99)]


def highest_mb(pids: list[int]) -> float:
    """The most resident memory these processes have ever had, together."""
    total = 0.0
    for pid in pids:
        status = Path(f"/proc/{pid}/status").read_text()
        total += int(status.partition("VmHWM:")[2].split()[0]) / 1e3
    return total


def children(pid: int) -> list[int]:
    """Processes of a process, their own included."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += children(int(child))
    return found


def main() -> None:
    """Measure and print."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with exclusive(), Machine() as machine:
        uvloop.run(measured(machine))


async def measured(machine: Machine) -> None:
    """All of it, on one machine."""
    port = free_port()
    url = machine.service(
        "provd",
        OVIX_PROVD_STORAGE_DIR=str(machine.directory / "provd"),
        OVIX_PROVD_KEY=KEY,
        OVIX_PROVD_HTTP_PORT=str(port),
        OVIX_PROVD_EXTERNAL_IP="192.0.2.1",
        OVIX_PROVD_TRUSTED_PROXIES_COUNT="1",
    )
    phones_url = f"http://127.0.0.1:{port}"
    rest = Rest(url)
    await install(rest)
    root = machine.directory / "provd" / "plugins" / PLUGIN / "var" / "tftpboot"
    for name in COMMON:
        (root / name).write_bytes(b"static.network = 1\n" * 50)
    await add_phones(machine.database_url, root, range(FEW))
    figures: list[Figure] = []
    floor = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.phones_floor", str(root), stdout=subprocess.PIPE
    )
    try:
        assert floor.stdout is not None
        floor_url = f"http://127.0.0.1:{int(await floor.stdout.readline())}"
        few, few_bare = await beside(phones_url, floor_url, FEW)
        await add_phones(machine.database_url, root, range(FEW, PHONES))
        first, first_bare = await beside(phones_url, floor_url, PHONES, first=True)
        seconds, failures = await power_cut(phones_url)
        print(
            f"  power cut: {PHONES} phones have their three files after {seconds:.1f} s"
            f" (at most 60), {failures} failures"
        )
        many, bare = await beside(phones_url, floor_url, PHONES)
        async with fetching(phones_url, PHONES) as fetch:
            statements = await statements_per(machine, fetch)
    finally:
        floor.terminate()
        await floor.wait()
    for name, each, floor_of, told in (
        ("bare Twisted, 100", few_bare, few_bare, None), ("100 devices", few, few_bare, None),
        ("bare Twisted, 10,000", bare, bare, None), ("10,000 devices", many, bare, statements),
        ("bare Twisted, 10,000", first_bare, first_bare, None),
        ("10,000, first fetch", first, first_bare, None),
    ):  # fmt: skip
        ratio = each.per_second / floor_of.per_second
        figures.append(Figure(name, each.per_second, each.median_ms, each.p99_ms, ratio, told))
    show(f"A phone's own file, {CLIENTS} clients", figures)
    print(f"  p99 against bare Twisted: {many.p99_ms / bare.p99_ms:.2f} (at most 2)")
    slower = few.per_second / few_bare.per_second * bare.per_second / many.per_second
    print(f"  10,000 devices against 100, beside their floors: {slower:.2f} (at most 1.2)")
    seconds, p99_ms = await reconfigured(url)
    print(
        f"  {RECONFIGURED} phones configured anew in {seconds:.1f} s (at most 60),"
        f" REST meanwhile p99 {p99_ms:.1f} ms (at most 100)"
    )
    pids = children(machine.pids()[0])
    print(f"  memory, {len(pids)} processes: {highest_mb(pids):.0f} MB (at most 250)")
    await rest.close()


if __name__ == "__main__":
    main()
