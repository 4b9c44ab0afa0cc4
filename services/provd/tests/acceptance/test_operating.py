"""What an operator lives through: files that follow documents, kills, replicas, phones not told."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import pytest
import pytest_asyncio

from ..host.stranger import misbehaving_package
from ..repository.installation import until
from ..repository.plugin_server import PluginServer
from .service import Provd, archive_of

MAC, OTHER = "00:15:65:aa:bb:cc", "00:15:65:aa:bb:dd"
HERE, THERE = "127.0.0.10", "127.0.0.11"
YEALINK = "ovix-yealink"


def agent(mac: str) -> str:
    return f"Yealink SIP-T46S 66.86.0.15 {mac}"


async def fetch(provd: Provd, mac: str = MAC, ip: str = HERE) -> httpx.Response:
    return await provd.get(f"/{mac.replace(':', '')}.cfg", agent(mac), ip)


def file_of(provd: Provd, mac: str = MAC) -> Path:
    """Where its file lies."""
    boot = provd.storage / "plugins" / YEALINK / "var" / "tftpboot"
    return boot / f"{mac.replace(':', '')}.cfg"


@pytest_asyncio.fixture
async def office(provd: Provd) -> Provd:
    """With a plugin, and a phone that came by itself."""
    await provd.plugin("install", YEALINK)
    assert (await fetch(provd)).status_code == 200
    return provd


async def test_files_follow_documents(office: Provd) -> None:
    """F4, F7, F8, F13, G1, G2, H6: what is written, left alone and removed."""
    device = await office.device(MAC)
    path = f"/dev_mgr/devices/{device['id']}"
    wrong = await office.rest.put(path, json={"device": {**device, "mac": "00-15-65-aa-bb-cc"}})
    assert wrong.status_code == 400
    written = file_of(office).stat().st_mtime_ns
    await office.ask("PUT", path, {"device": {**device, "ip": THERE}})
    base = (await office.ask("GET", "/cfg_mgr/configs/base")).json()["config"]
    await office.ask("PUT", "/cfg_mgr/configs/base", {"config": base})
    assert file_of(office).stat().st_mtime_ns == written
    base["raw_config"]["ntp_ip"] = "192.0.2.77"
    await office.ask("PUT", "/cfg_mgr/configs/base", {"config": base})
    assert "192.0.2.77" in file_of(office).read_text()
    await office.ask("PUT", path, {"device": {**device, "mac": OTHER}})
    assert file_of(office, OTHER).exists()
    assert not file_of(office).exists()
    await office.ask("DELETE", path)
    assert not file_of(office, OTHER).exists()
    configs = (await office.ask("GET", "/cfg_mgr/configs")).json()["configs"]
    assert device["config"] not in [each["id"] for each in configs]


async def test_without_asterisk_a_phone_is_not_told_and_others_do_not_wait(office: Provd) -> None:
    """J5, for an installation with one Asterisk: it is down, REST and phones go on."""
    device = await office.device(MAC)
    synchronizing = asyncio.create_task(office.ended("/dev_mgr/synchronize", {"id": device["id"]}))
    async with asyncio.timeout(60):
        assert len(await office.devices()) == 1
        assert (await fetch(office)).status_code == 200
    assert (await synchronizing).startswith("fail")


async def test_a_phone_that_can_not_be_told_says_so(
    provd: Provd, repository: PluginServer, tmp_path: Path
) -> None:
    """J6: such as those of SCCP, whose plugin refuses."""
    package = misbehaving_package(
        tmp_path,
        "wazo-sccp",
        """
        def configure(self, device, raw_config):
            pass

        def synchronize(self, device, raw_config):
            return defer.fail(Exception('operation not supported'))
        """,
    )
    repository.offer("wazo-sccp", archive_of(package))
    await provd.use(repository.url)
    await provd.plugin("install", "wazo-sccp")
    told = {"plugin": "wazo-sccp", "config": "base", "mac": MAC, "ip": HERE}
    device_id = (await provd.ask("POST", "/dev_mgr/devices", {"device": told})).json()["id"]
    assert (await provd.ended("/dev_mgr/synchronize", {"id": device_id})).startswith("fail")
    assert "operation not supported" in provd.events()


async def test_a_killed_plugin_host_is_started_again(office: Provd) -> None:
    host = office.host_pid()
    assert host is not None
    os.kill(host, signal.SIGKILL)
    assert (await fetch(office)).status_code == 200
    assert (await fetch(office, OTHER, THERE)).status_code == 200
    assert office.host_pid() not in (None, host)


async def test_a_killed_provd_goes_on_where_it_was(office: Provd) -> None:
    before, host = await office.devices(), office.host_pid()
    await office.kill()
    await until(lambda: asyncio.to_thread(_is_gone, host))
    await office.start()
    assert (await fetch(office)).status_code == 200
    assert await office.devices() == before


async def test_connections_to_the_database_that_end_are_opened_again(office: Provd) -> None:
    connection = await asyncpg.connect(office.database_url)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND application_name LIKE 'ovix-provd%'"
        )
    finally:
        await connection.close()

    async def are_served() -> bool:
        answers = [await fetch(office), await fetch(office, OTHER, THERE)]
        assert {each.status_code for each in answers} <= {200, 503}
        return all(each.is_success for each in answers)

    await until(are_served)
    assert "phone_request_failed" not in office.events()


@pytest_asyncio.fixture
async def other(office: Provd, tmp_path: Path) -> AsyncIterator[Provd]:
    """Another provd on the same database and directory."""
    async with Provd(tmp_path / "other", office.database_url, office.storage) as replica:
        yield replica


async def test_two_replicas_serve_the_same_phones_and_one_may_be_killed(
    office: Provd, other: Provd
) -> None:
    assert (await fetch(other)).text == (await fetch(office)).text
    assert (await fetch(other, OTHER, THERE)).status_code == 200
    assert (await fetch(office, OTHER, THERE)).status_code == 200
    assert len(await office.devices()) == 2
    answers = await asyncio.gather(
        *(fetch(provd, f"00:15:65:00:00:{n:02x}", f"127.0.1.{n}")
          for n in range(1, 9) for provd in (office, other))
    )  # fmt: skip
    assert {each.status_code for each in answers} == {200}
    assert len(await office.devices()) == 10
    await other.plugin("install", "ovix-snom")

    async def is_loaded_here() -> bool:
        plugins = (await office.ask("GET", "/pg_mgr/plugins")).json()["plugins"]
        return "ovix-snom" in plugins

    await until(is_loaded_here)
    await other.kill()
    assert (await fetch(office, OTHER, THERE)).status_code == 200
    await office.give_account(OTHER, username="zoe", password="p", display_name="Zoe")
    assert "= zoe" in (await fetch(office, OTHER, THERE)).text
    await other.start()
    assert "= zoe" in (await fetch(other, OTHER, THERE)).text


def _is_gone(pid: int | None) -> bool:
    return not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("client", ["curl", "atftp", "tftp"])
async def test_clients_fetch_the_same_bytes_as_by_http(
    office: Provd, tmp_path: Path, client: str
) -> None:
    """By the programs that operators have at hand."""
    ip = "127.0.0.1"  # these clients choose no address of their own
    device = await office.device(MAC)
    await office.ask("PUT", f"/dev_mgr/devices/{device['id']}", {"device": {**device, "ip": ip}})
    expected = (await fetch(office, MAC, ip)).content
    target, name, port = tmp_path / "file", file_of(office).name, str(office.tftp_port)
    commands = {
        "curl": ("curl", "-s", "-o", str(target), f"tftp://{ip}:{port}/{name}"),
        "atftp": ("atftp", "--get", "-r", name, "-l", str(target), ip, port),
        "tftp": ("tftp", "-m", "binary", ip, port, "-c", "get", name, str(target)),
    }
    process = await asyncio.create_subprocess_exec(*commands[client])
    assert await asyncio.wait_for(process.wait(), 30) == 0
    assert target.read_bytes() == expected
