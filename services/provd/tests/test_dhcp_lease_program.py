"""The program that DHCP servers run tells a running provd of their leases (F-079)."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from ovix_provd.app import create_provd_app
from ovix_provd.settings import ProvdSettings
from pydantic import SecretStr

from .listening import listening

PROGRAM = Path(__file__).parents[3] / "deploy" / "dhcp" / "ovix-dhcp-lease"
KEY = "what DHCP servers show"
MAC = "00:15:65:0a:0b:0c"


@pytest.fixture
def settings(settings: ProvdSettings) -> ProvdSettings:
    return settings.model_copy(update={"dhcp_key": SecretStr(KEY)})


@dataclass
class Program:
    """The program as a server runs it: nothing of our environment but what it is given."""

    settings: Path

    async def run(self, *arguments: str, **environment: str) -> int:
        given = {
            "PATH": os.environ["PATH"],
            "OVIX_DHCP_LEASE_SETTINGS": str(self.settings),
            **environment,
        }
        running = await asyncio.create_subprocess_exec(PROGRAM, *arguments, env=given)
        return await asyncio.wait_for(running.wait(), 60)


@pytest_asyncio.fixture
async def program(app: FastAPI, tmp_path: Path) -> AsyncIterator[Program]:
    told = tmp_path / "dhcp-lease"
    async with listening(app) as port:
        told.write_text(f"PROVD_URL=http://127.0.0.1:{port}/provd\nPROVD_KEY='{KEY}'\n")
        yield Program(told)


async def eventually_at(provd: Any, device: str, ip: str) -> None:
    async with asyncio.timeout(60):
        while True:
            found = await provd.device(device)
            if found.get("ip") == ip:
                return
            await asyncio.sleep(0.02)


async def test_a_commit_of_isc_dhcpd_tells_where_a_phone_is(provd: Any, program: Program) -> None:
    device = await provd.add("device", mac=MAC)
    # As binary-to-ascii of dhcp-eval(5) writes them: without leading zeros.
    assert await program.run("commit", "192.0.2.7", "0:15:65:a:b:c", "59.65.a") == 0
    await eventually_at(provd, device, "192.0.2.7")
    assert await program.run("commit", "192.0.2.8", "0:15:65:a:b:c", "") == 0
    await eventually_at(provd, device, "192.0.2.8")


async def test_leases_of_kea_tell_where_phones_are(provd: Any, program: Program) -> None:
    devices = [await provd.add("device", mac=f"{MAC[:-1]}{number}") for number in (1, 2)]
    leases = {"LEASES4_SIZE": "2"}
    for at, number in enumerate((1, 2)):
        leases[f"LEASES4_AT{at}_ADDRESS"] = f"192.0.2.{number}"
        leases[f"LEASES4_AT{at}_HWADDR"] = f"{MAC[:-1]}{number}"
    assert await program.run("leases4_committed", **leases) == 0
    for device, ip in zip(devices, ("192.0.2.1", "192.0.2.2"), strict=True):
        await eventually_at(provd, device, ip)


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (("expiry", "192.0.2.7"), {}),
        (("release", "192.0.2.7"), {}),
        (("lease4_expire",), {"LEASE4_ADDRESS": "192.0.2.7"}),
        (("lease4_release",), {"LEASE4_ADDRESS": "192.0.2.7"}),
        (("lease4_renew",), {"LEASE4_ADDRESS": "192.0.2.7"}),
    ],
)
async def test_the_end_of_a_lease_leaves_the_phone_as_it_is(
    provd: Any, program: Program, arguments: tuple[str, ...], environment: dict[str, str]
) -> None:
    device = await provd.add("device", mac=MAC, ip="192.0.2.7")
    assert await program.run(*arguments, **environment) == 0
    assert await program.run("commit", "192.0.2.9", MAC) == 0
    await eventually_at(provd, device, "192.0.2.9")


@pytest.mark.parametrize("arguments", [("commit", "a", MAC), ("commit", "192.0.2.7", "$(id)")])
async def test_what_is_no_lease_is_not_told(program: Program, arguments: tuple[str, ...]) -> None:
    assert await program.run(*arguments) == 1


async def test_an_empty_key_is_nobodys(settings: ProvdSettings) -> None:
    empty = {"key": SecretStr(""), "dhcp_key": SecretStr("")}
    app = create_provd_app(settings.model_copy(update=empty))
    try:
        for headers in ({}, {"X-Auth-Token": ""}):
            async with AsyncClient(
                transport=ASGITransport(app), base_url="http://provd/provd", headers=headers
            ) as stranger:
                lease = {"dhcp_info": {"op": "release", "ip": "192.0.2.7"}}
                assert (await stranger.post("/dev_mgr/dhcpinfo", json=lease)).status_code == 401
                assert (await stranger.get("/dev_mgr/devices")).status_code == 401
    finally:
        await app.state.engine.dispose()


async def test_a_dhcp_server_may_tell_of_leases_and_nothing_else(app: FastAPI, client: Any) -> None:
    stranger = await client()
    stranger.headers["X-Auth-Token"] = KEY
    lease = {"dhcp_info": {"op": "release", "ip": "192.0.2.7"}}
    assert (await stranger.post("/dev_mgr/dhcpinfo", json=lease)).status_code == 204
    assert (await stranger.get("/dev_mgr/devices")).status_code == 401
    assert (await stranger.post("/cfg_mgr/autocreate", json={})).status_code == 401
