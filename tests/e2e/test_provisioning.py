"""A phone gets its line by the code its user dials on it (F-105, F-106, F-108; C1, C2, C3, C5)."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree import ElementTree

import httpx
import pytest
import pytest_asyncio
from ovix_testkit.integrator import Integrator
from ovix_testkit.office import Desk, Office, registered_phone
from ovix_testkit.phones import Phone

pytestmark = pytest.mark.asterisk
YEALINK, CISCO = "ovix-yealink", "ovix-cisco-spa"
WITHIN_S = 60.0
_SETTING = re.compile(r"^account\.1\.([\w.]+) = ?(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Account:
    """What a phone's file has its first line register with."""

    username: str
    auth_username: str
    password: str
    server: str
    port: int

    @classmethod
    def of_yealink(cls, file: str) -> "Account":
        """From lines ``account.1.name = value``."""
        settings = dict(_SETTING.findall(file))
        return cls(
            settings["user_name"], settings["auth_name"], settings["password"],
            settings["sip_server.1.address"], int(settings["sip_server.1.port"]),
        )  # fmt: skip

    @classmethod
    def of_ata190(cls, file: str) -> "Account":
        """From the line of button 1 in the XML of Unified Communications Manager."""
        line = ElementTree.fromstring(file).find("./sipProfile/sipLines/line[@button='1']")
        assert line is not None, file
        name, auth_name, password, proxy, port = (
            line.findtext(each) or ""
            for each in ("name", "authName", "authPassword", "proxy", "port")
        )
        return cls(name, auth_name, password, proxy, int(port))


Fetch: TypeAlias = Callable[[str, str], Awaitable[Account]]
"""What the phone of that MAC and address fetches."""


@dataclass
class Rack:
    """Phones, and provd as they and the administrator meet it."""

    admin: Integrator

    async def provd(self, method: str, path: str, body: Any = None) -> Any:
        """A request of the administrator."""
        url = f"{self.admin.stack.url('provd')}/provd{path}"
        answer = await self.admin.http.request(method, url, json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def device(self, mac: str) -> dict[str, Any]:
        """The phone as provd knows it."""
        (found,) = [
            each for each in (await self.provd("GET", "/dev_mgr/devices"))["devices"]
            if each.get("mac") == mac
        ]  # fmt: skip
        return dict(found)

    async def fetch_http(self, mac: str, ip: str) -> Account:
        """The account in the file that the Yealink phone of that address gets."""
        transport = httpx.AsyncHTTPTransport(local_address=ip)
        agent = f"Yealink SIP-T46S 66.86.0.15 {mac}"
        async with httpx.AsyncClient(transport=transport, headers={"User-Agent": agent}) as http:
            port = self.admin.stack.ports["phones_http"]
            answer = await http.get(f"http://127.0.0.1:{port}/{mac.replace(':', '')}.cfg")
        assert answer.status_code == 200, answer.text
        return Account.of_yealink(answer.text)

    async def fetch_tftp(self, mac: str, ip: str, directory: Path) -> Account:
        """The account in the file that the Cisco adapter of that address gets, with curl."""
        file = directory / "fetched.xml"
        port = self.admin.stack.ports["phones_tftp"]
        url = f"tftp://127.0.0.1:{port}/ATA{mac.replace(':', '').upper()}.cnf.xml"
        curl = await asyncio.create_subprocess_exec(
            "curl", "--silent", "--show-error", "--fail", "--max-time", "60", "--interface", ip,
            "--output", str(file), url,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await curl.communicate()
        assert curl.returncode == 0, said.decode()
        return Account.of_ata190(file.read_text())

    def phone(self, account: Account, ip: str) -> Phone:
        """A phone that runs with exactly what its file says."""
        assert account.auth_username == account.username
        return Phone((account.server, account.port), account.username, account.password, host=ip)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def rack(admin: Integrator) -> AsyncIterator[Rack]:
    """provd with the plugins of a first start, whose phones know where to register."""
    rack = Rack(admin)
    port = admin.stack.ports["sip"]
    line = {"proxy_ip": "127.0.0.1", "proxy_port": port, "registrar_ip": "127.0.0.1",
            "registrar_port": port}  # fmt: skip
    waiting = (await rack.provd("GET", "/cfg_mgr/configs/autoprov"))["config"]
    lines = waiting["raw_config"]["sip_lines"]
    lines["1"].update(line)
    waiting["raw_config"]["protocol"] = "SIP"
    await rack.provd("PUT", "/cfg_mgr/configs/autoprov", {"config": waiting})
    await admin.confd(
        "PUT",
        "/registrars/default",
        {"main_host": "127.0.0.1", "main_port": port, "proxy_main_host": "127.0.0.1",
         "proxy_main_port": port},
    )  # fmt: skip

    async def are_installed() -> bool:
        installed = (await rack.provd("GET", "/pg_mgr/plugins"))["plugins"]
        return {YEALINK, CISCO} <= set(installed)

    await eventually(are_installed)
    yield rack


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """Return once it does."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            if await holds():
                return
            await asyncio.sleep(0.1)


async def provision(rack: Rack, office: Office, waiting: Phone, name: str) -> Desk:
    """Somebody without a phone dials the code of his line on one that waits."""
    desk = await office.hire(name, registered=False)
    code = (await rack.admin.confd("GET", f"/lines/{desk.person.line_id}"))["provisioning_code"]
    call = await waiting.call(code)
    await call.answered()
    await call.ended()

    async def is_notified() -> bool:
        return bool(waiting.notifications)

    await eventually(is_notified)
    assert waiting.notifications[0].get("Event").startswith("check-sync")
    return desk


async def test_t05_a_phone_is_given_a_line_by_its_code_over_http(
    rack: Rack, office: Office, tmp_path: Path
) -> None:
    mac, ip = "00:15:65:aa:00:01", "127.0.0.21"
    assert (await rack.fetch_http(mac, ip)).username.startswith("ap")
    device = await rack.device(mac)
    assert (device["ip"], device["plugin"], device["added"]) == (ip, YEALINK, "auto")
    await becomes_a_phone_of_somebody(rack, office, mac, ip, tmp_path, rack.fetch_http)


async def test_t05_a_phone_is_given_a_line_by_its_code_over_tftp(
    rack: Rack, office: Office, tmp_path: Path
) -> None:
    """A Cisco adapter, which knows TFTP alone: the name that it asks for is all that tells it."""
    mac, ip = "00:23:32:aa:00:02", "127.0.0.22"

    async def fetch(mac: str, ip: str) -> Account:
        return await rack.fetch_tftp(mac, ip, tmp_path)

    assert (await fetch(mac, ip)).username.startswith("ap")
    device = await rack.device(mac)
    told = {key: device[key] for key in ("ip", "vendor", "model", "plugin", "added")}
    assert told == {
        "ip": ip, "vendor": "Cisco", "model": "ATA190", "plugin": CISCO, "added": "auto"
    }  # fmt: skip
    await becomes_a_phone_of_somebody(rack, office, mac, ip, tmp_path, fetch)


async def becomes_a_phone_of_somebody(
    rack: Rack, office: Office, mac: str, ip: str, directory: Path, fetch: Fetch
) -> None:
    """A waiting phone gets a line by its code, registers, is called, and waits again."""
    async with rack.phone(await fetch(mac, ip), ip) as waiting:
        await registered_phone(waiting)
        wrong = await waiting.call("000000")
        await wrong.answered()
        await wrong.ended()
        desk = await provision(rack, office, waiting, "Alice")
    account = await fetch(mac, ip)
    assert (account.username, account.password) == (
        desk.person.sip_username, desk.person.sip_secret,
    )  # fmt: skip
    assert (await rack.device(mac))["remote_state_sip_username"] == desk.person.sip_username
    await sipp_registers(account, ip, directory)
    async with rack.phone(account, ip) as phone:
        await registered_phone(phone)
        await is_called(office, phone, desk)
        reset = await phone.call("*48378")
        await reset.answered()
        await reset.send_dtmf("9486#")
        await reset.ended()

        async def waits_again() -> bool:
            return str((await rack.device(mac))["config"]).startswith("autoprov")

        await eventually(waits_again)
    assert (await fetch(mac, ip)).username.startswith("ap")


REGISTER = """<?xml version="1.0" encoding="UTF-8" ?>
<scenario name="register">
<send><![CDATA[{first}]]></send>
<recv response="401" auth="true"/>
<send><![CDATA[{second}]]></send>
<recv response="200"/>
</scenario>
"""


def register(account: Account, number: int, extra: str = "") -> str:
    """A REGISTER as SIPp sends it."""
    name = account.username
    return f"""
REGISTER sip:[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:{name}@[remote_ip]>;tag=[pid]SIPp[call_number]
To: <sip:{name}@[remote_ip]>
Call-ID: [call_id]
CSeq: {number} REGISTER
Contact: <sip:{name}@[local_ip]:[local_port]>
Max-Forwards: 70
Expires: 60
{extra}Content-Length: 0

"""


async def sipp_registers(account: Account, ip: str, directory: Path) -> None:
    """SIPp, whose digest is its own, is taken with what the file says."""
    digest = f"[authentication username={account.auth_username} password={account.password}]\n"
    scenario = directory / "register.xml"
    scenario.write_text(
        REGISTER.format(first=register(account, 1), second=register(account, 2, digest))
    )
    server = f"{account.server}:{account.port}"
    sipp = await asyncio.create_subprocess_exec(
        "sipp", server, "-sf", str(scenario), "-m", "1", "-i", ip, "-nostdin", "-aa",
        "-timeout", "50",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=directory,
    )  # fmt: skip
    output, _ = await asyncio.wait_for(sipp.communicate(), WITHIN_S)
    assert sipp.returncode == 0, output.decode(errors="replace")[-3000:]


async def is_called(office: Office, phone: Phone, desk: Desk) -> None:
    """Somebody else reaches the phone under its number."""
    other = await office.hire("Chloe")
    call = await other.phone.call(desk.number)
    ringing = await phone.incoming()
    await ringing.answer()
    await call.answered()
    await asyncio.gather(call.hears(phone.tone_hz), ringing.hears(other.phone.tone_hz))
    await call.hangup()
    await ringing.ended()
