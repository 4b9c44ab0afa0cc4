"""``ovix up`` as a newcomer meets it: what it prints is true, and Ctrl-C ends all of it."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from ovix_testkit.stack import PORTS, Stack

WITHIN_S = 60.0
PHONE = re.compile(r"^\s+(\d{4})\s+(.+?)\s{2,}(\S+)\s{2,}(\S+)\s*$", re.MULTILINE)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ovix(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """A newcomer's Ovix, with the demo company and without Asterisk."""
    async with Stack(tmp_path_factory.mktemp("up"), demo=True, asterisk=False) as stack:
        await logged(stack, r"Ctrl-C here stops everything")
        yield stack


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what another process does."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            if condition():
                return
            await asyncio.sleep(0.1)


async def logged(ovix: Stack, pattern: str, times: int = 1) -> str:
    """The merged log, once it holds the pattern so many times."""
    await until(lambda: len(re.findall(pattern, ovix.log.read_text())) >= times)
    return ovix.log.read_text()


async def shell(line: str, token: str) -> str:
    """What a line of the welcome page prints when a newcomer runs it."""
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", line),
        env={**os.environ, "TOKEN": token},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(), WITHIN_S)
    assert process.returncode == 0, errors.decode()
    return output.decode().strip()


async def printed(ovix: Stack) -> tuple[str, list[str]]:
    """The token and the three lines."""
    text = await logged(ovix, r"Ctrl-C here stops everything")
    token = re.findall(r"^TOKEN=(\S+)$", text, re.MULTILINE)[-1]
    lines = [line for line in text.splitlines() if "curl -s" in line]
    return token, lines[-3:]


async def test_the_printed_line_creates_a_user_with_a_phone(ovix: Stack) -> None:
    token, (create, _, _) = await printed(ovix)
    uuid = await shell(create, token)
    async with httpx.AsyncClient(headers={"X-Auth-Token": token}, timeout=WITHIN_S) as client:
        user = (await client.get(f"{ovix.url('confd')}/1.1/users/{uuid}")).json()
    assert user["firstname"] == "Zoé"
    (line,) = user["lines"]
    assert [extension["exten"] for extension in line["extensions"]] == ["1500"]
    assert line["endpoint_sip"]["username"] == "zoe"


async def test_a_first_lookup_finds_colleagues_suppliers_and_customers(ovix: Stack) -> None:
    token, _ = await printed(ovix)
    headers = {"X-Auth-Token": token}
    url = f"{ovix.url('dird')}/0.1/directories"
    nobody = "00000000-0000-0000-0000-000000000000"
    async with httpx.AsyncClient(headers=headers, timeout=WITHIN_S) as client:
        found = (await client.get(f"{url}/lookup/default", params={"term": "mar"})).json()
        assert {each["source"] for each in found["results"]} == {"internal", "xivodir", "customers"}
        assert found["failed_sources"] == []
        params = {"exten": "+33 6 12 00 00 03"}
        whose = await client.get(f"{url}/reverse/default/{nobody}", params=params)
        assert whose.json()["display"] == "Mehdi Benali"


async def test_the_printed_line_watches_events(ovix: Stack) -> None:
    token, (_, _, watch) = await printed(ovix)
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", f"exec {watch}"),
        env={**os.environ, "TOKEN": token},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(WITHIN_S):
            assert await process.stdout.readline() == b"\n"  # it listens
            async with httpx.AsyncClient(
                headers={"X-Auth-Token": token}, timeout=WITHIN_S
            ) as client:
                await client.post(f"{ovix.url('confd')}/1.1/users", json={"firstname": "Yves"})
            event = json.loads(await process.stdout.readline())
    finally:
        process.terminate()
        await process.wait()
    assert event["name"] == "user_created"
    assert event["data"]["uuid"]


async def test_the_demo_company_has_phones(ovix: Stack) -> None:
    text = await logged(ovix, r"Ctrl-C here stops everything")
    phones = {match[0]: match[2] for match in PHONE.findall(text)}
    assert phones == {number: f"phone{number}" for number in ("1000", "1001", "1002", "1003")}


async def test_a_killed_service_is_started_again(ovix: Stack) -> None:
    (first,) = ovix.processes("auth")
    os.kill(first, signal.SIGKILL)
    await logged(ovix, r"auth +│ was ended by SIGKILL")
    await until(lambda: ovix.processes("auth") not in ([], [first]))


async def test_a_killed_database_is_started_again(ovix: Stack) -> None:
    text = await logged(ovix, r"its log is \S+")
    log = Path(re.findall(r"its log is (\S+)", text)[-1])
    postmaster = (log.parent / "data" / "postmaster.pid").read_text().splitlines()[0]
    os.kill(int(postmaster), signal.SIGKILL)
    await logged(ovix, r"postgres │ has ended; starting again")
    await logged(ovix, r"postgres │ ready on port", times=2)


async def test_a_second_ovix_on_the_same_ports_is_refused(ovix: Stack, tmp_path: Path) -> None:
    ports = {PORTS[name]: str(number) for name, number in ovix.ports.items()}
    second = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ovix_cli", "up", "--no-asterisk"),
        env={**os.environ, **ports, "OVIX_HOME": str(tmp_path)},
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await asyncio.wait_for(second.communicate(), WITHIN_S)
    assert second.returncode == 1
    refusal = f"tcp port {ovix.ports['confd']} (confd: configuration) is taken"
    assert refusal in errors.decode()


async def test_someone_who_watches_events_does_not_keep_it_from_stopping(tmp_path: Path) -> None:
    async with Stack(tmp_path, demo=True, asterisk=False) as ovix:
        token, (_, _, watch) = await printed(ovix)
        curl = await asyncio.create_subprocess_exec(
            *("sh", "-c", f"exec {watch}"),
            env={**os.environ, "TOKEN": token},
            stdout=asyncio.subprocess.PIPE,
        )
        assert curl.stdout is not None
        assert await asyncio.wait_for(curl.stdout.readline(), WITHIN_S) == b"\n"
    assert await asyncio.wait_for(curl.wait(), WITHIN_S) == 0
    assert "was killed" not in ovix.log.read_text()


async def test_a_second_run_finds_its_data_and_leaves_nothing_behind(tmp_path: Path) -> None:
    async with Stack(tmp_path, demo=True, asterisk=False) as first:
        token, _ = await printed(first)
        async with httpx.AsyncClient(headers={"X-Auth-Token": token}, timeout=WITHIN_S) as client:
            url = f"{first.url('provd')}/provd/pg_mgr/install/uninstall"
            removed = await client.post(url, json={"id": "ovix-patton"})
            assert removed.status_code == 204
        await first.stop(by=signal.SIGHUP)  # the terminal was closed
        assert processes_of(first.home) == []
    async with Stack(tmp_path, demo=True, asterisk=False, ports=first.ports) as second:
        text = await logged(second, r"Ctrl-C here stops everything", times=2)
    plugins = re.findall(r"^Their plugins: (.*)\.$", text, re.MULTILINE)
    assert ["ovix-patton" in each for each in plugins] == [True, False]
    assert text.count("a small company was created") == 1
    assert processes_of(second.home) == []


def processes_of(home: Path) -> list[str]:
    """Command lines of the processes that were started for this home."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environment = (entry / "environ").read_bytes()
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if f"OVIX_HOME={home}".encode() in environment:
            found.append(command.decode(errors="replace"))
    return found


async def test_phones_are_told_to_register_here(ovix: Stack) -> None:
    """The default registrar has an address, and so has what provd gives phones that wait."""
    token, _ = await printed(ovix)
    async with httpx.AsyncClient(headers={"X-Auth-Token": token}, timeout=WITHIN_S) as client:
        registrar = await client.get(f"{ovix.url('confd')}/1.1/registrars/default")
        address = registrar.json()["main_host"]
        assert address
        async with asyncio.timeout(WITHIN_S):
            while True:
                config = await client.get(f"{ovix.url('provd')}/provd/cfg_mgr/configs/autoprov")
                line = config.json()["config"]["raw_config"]["sip_lines"]["1"]
                if line["registrar_ip"] == address:
                    return
                await asyncio.sleep(0.2)


async def test_a_phone_finds_itself_known(ovix: Stack) -> None:
    """The plugins that are shipped are installed, and a phone that nobody typed in gets a file."""
    text = await logged(ovix, r"Ctrl-C here stops everything")
    assert f":{ovix.ports['phones_http']}/" in text
    assert "ovix-yealink" in text
    agent = "Yealink SIP-T46S 66.86.0.15 00:15:65:aa:bb:cc"
    async with httpx.AsyncClient(headers={"User-Agent": agent}, timeout=WITHIN_S) as phone:
        url = f"http://127.0.0.1:{ovix.ports['phones_http']}/001565aabbcc.cfg"
        answer = await phone.get(url)
    assert answer.status_code == 200
    assert "account.1.user_name = ap" in answer.text
