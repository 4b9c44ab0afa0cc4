"""provd told many devices at once: 2,000 of 10,000 reconfigured, and the REST meanwhile.

``python -m bench selections``. The devices are of the shipped Yealink plugin, in a real host.
"""

import asyncio
import time
from typing import Any

import asyncpg
import orjson
import uvloop

from bench.harness import Http, Machine, exclusive

PLUGIN, KEY = "ovix-yealink", "bench"
DEVICES, SELECTED = 10_000, 2_000
ADDED_AT_ONCE = 500
LOOKERS = 4
SELECTION = {"plugin": PLUGIN, "description": "ground floor"}


class Rest:
    """The REST of provd, on one connection."""

    def __init__(self, url: str) -> None:
        self._http = Http(url)

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One request, whose answer must be a success."""
        content = b"" if body is None else orjson.dumps(body)
        headers = {"X-Auth-Token": KEY, "Content-Type": "application/json"}
        status, answer = await self._http.request(method, f"/provd{path}", content, headers)
        if status >= 400:
            raise RuntimeError(f"{method} {path}: {status} {answer[:200]!r}")
        return orjson.loads(answer) if answer else None

    async def close(self) -> None:
        """Disconnect."""
        await self._http.close()


async def install(rest: Rest) -> None:
    """Install the plugin that is shipped."""
    await rest.ask("POST", "/pg_mgr/install/install", {"id": PLUGIN})
    status = "waiting"
    while "success" not in status:
        status = (await rest.ask("GET", "/pg_mgr/install/install/1"))["status"]
        if "fail" in status:
            raise RuntimeError(f"{PLUGIN} was not installed: {status}")
        await asyncio.sleep(0.1)


async def add_devices(database_url: str) -> None:
    """Devices with their configs; every fifth is of the selection."""
    connection = await asyncpg.connect(database_url)
    try:
        for first in range(0, DEVICES, ADDED_AT_ONCE):
            configs, devices = [], []
            for number in range(first, first + ADDED_AT_ONCE):
                name = f"phone{number}"
                line = {
                    "username": name, "password": f"secret{number}", "display_name": name,
                    "proxy_ip": "192.0.2.1", "registrar_ip": "192.0.2.1",
                }  # fmt: skip
                raw = {"protocol": "SIP", "sip_lines": {"1": line}}
                configs.append({"id": name, "parent_ids": [], "raw_config": raw})
                floor = "ground floor" if number % (DEVICES // SELECTED) == 0 else "above"
                mac = ":".join(f"{byte:02x}" for byte in (0, 21, 101, *number.to_bytes(3, "big")))
                devices.append(
                    {
                        "id": name, "mac": mac, "config": name, "vendor": "Yealink",
                        "model": "T46S", "version": "66.86.0.15", "plugin": PLUGIN,
                        "configured": True, "description": floor,
                    }
                )  # fmt: skip
            for table, documents in (("provd_configs", configs), ("devices", devices)):
                await connection.execute(
                    f"INSERT INTO {table} (id, document) SELECT each ->> 'id', each"
                    " FROM jsonb_array_elements(CAST($1 AS jsonb)) AS each",
                    orjson.dumps(documents).decode(),
                )
        await connection.execute("ANALYZE devices, provd_configs")
    finally:
        await connection.close()


async def looked_at(url: str, over: asyncio.Event, taken: list[float]) -> None:
    """Other clients read devices, and change one now and then."""
    rest, number = Rest(url), 0
    while not over.is_set():
        number += 1
        name = f"phone{number * 7 % DEVICES}"
        began = time.perf_counter()
        found = await rest.ask("GET", f"/dev_mgr/devices/{name}")
        taken.append((time.perf_counter() - began) * 1000)
        if number % 10 == 0:
            began = time.perf_counter()
            await rest.ask("PUT", f"/dev_mgr/devices/{name}", {
                "device": {**found["device"], "X_seen": number}
            })  # fmt: skip
            taken.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(0.02)
    await rest.close()


async def selected(machine: Machine, url: str, action: str) -> None:
    """Tell the selection, and print how long it took and what others waited."""
    rest, over = Rest(url), asyncio.Event()
    taken: list[float] = []
    lookers = [asyncio.create_task(looked_at(url, over, taken)) for _ in range(LOOKERS)]
    started, worked_s = time.perf_counter(), machine.processor_s()
    await rest.ask("POST", "/dev_mgr/selections", {"action": action, "q": SELECTION})
    async with asyncio.timeout(600):
        while True:
            report = (await rest.ask("GET", "/dev_mgr/selections/1/report"))["report"]
            if report["state"] in ("success", "fail"):
                break
            await asyncio.sleep(0.1)
    seconds, worked_s = time.perf_counter() - started, machine.processor_s() - worked_s
    over.set()
    await asyncio.gather(*lookers)
    taken.sort()
    print(
        f"  {report['done']} devices, {report['failed']} failed: {action} in {seconds:.1f} s"
        f" (at most 60), {worked_s:.1f} s of processor without the plugin host\n"
        f"  REST meanwhile: {len(taken)} requests, median {taken[len(taken) // 2]:.1f} ms,"
        f" p99 {taken[int(len(taken) * 0.99)]:.1f} ms (at most 100)"
    )
    await rest.close()


async def measured(machine: Machine) -> None:
    """All of it, on one machine."""
    url = machine.service(
        "provd",
        OVIX_PROVD_STORAGE_DIR=str(machine.directory / "provd"),
        OVIX_PROVD_KEY=KEY,
        OVIX_PROVD_EXTERNAL_IP="192.0.2.1",
    )
    rest = Rest(url)
    await install(rest)
    await add_devices(machine.database_url)
    await selected(machine, url, "reconfigure")
    await rest.close()


def main() -> None:
    """Measure and print."""
    with exclusive(), Machine() as machine:
        uvloop.run(measured(machine))


if __name__ == "__main__":
    main()
