"""ISC's dhcpd and Kea run from our files: phones ask them, and provd hears of the leases."""

import asyncio
import json
import os
import shutil
import subprocess
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import PIPE, STDOUT
from typing import Any, cast

import pytest
import pytest_asyncio
from ovix_confgen.dhcp import kea
from ovix_confgen.dhcp.vendors import VENDOR_CLASSES, Made
from ovix_confgen.documents import DOCUMENTS, of_dhcp
from ovix_confgen.generation import Generation
from ovix_confgen.settings import ConfgenSettings
from ovix_schema import Setting
from ovix_testkit.network_namespace import (
    PHONES_END,
    SERVER_END,
    Namespace,
    NamespaceRefused,
    a_network,
)
from ovix_testkit.phones_dhcp import SILENCE_S, Ethernet, Offer, Phone
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

HOOK = Path(__file__).parents[3] / "deploy" / "dhcp" / "ovix-dhcp-lease"
FILES = [document for document in DOCUMENTS if document.directory is of_dhcp]
URL = "http://192.0.2.1:8667"
DHCP = {
    "active": True, "pool_start": "192.0.2.10", "pool_end": "192.0.2.250", "network_interfaces": [],
}  # fmt: skip
NOBODY = "02:00:00:00:00"
"""Of no vendor."""


def part(code: int, value: bytes) -> bytes:
    """An encapsulated option (RFC 2132, 8.4)."""
    return bytes((code, len(value))) + value


OFFERED: dict[str, tuple[Phone, dict[int, bytes]]] = {
    "aastra by class": (
        Phone("00:08:5d:00:00:01", "AastraIPPhone6731i"),
        {43: part(2, f"{URL}/Aastra".encode()) + part(3, b"\0")},
    ),
    "aastra by prefix": (Phone("00:08:5d:00:00:02"), {66: f"{URL}/Aastra".encode()}),
    "alcatel noe": (Phone(f"{NOBODY}:01", "alcatel.noe.0"), {}),
    "alcatel sip": (Phone(f"{NOBODY}:02", "alcatel.sip.0"), {43: part(67, URL.encode())}),
    "alcatel 8028s": (Phone(f"{NOBODY}:03", "ictouch.0"), {43: part(66, URL.encode())}),
    "cisco 7940": (
        Phone(f"{NOBODY}:04", "Cisco Systems, Inc. IP Phone CP-7940G\0"), {66: b"192.0.2.1"},
    ),
    "cisco 7920": (
        Phone(f"{NOBODY}:05", "Cisco Systems Inc. Wireless Phone 7920"),
        {66: b"192.0.2.1", 150: b"\xc0\0\x02\x01"},
    ),
    "cisco 3pcc": (Phone(f"{NOBODY}:06", "Cisco Systems, Inc. IP Phone CP-7841-3PCC\0"),
                   {66: URL.encode()}),
    "cisco by prefix": (Phone("d0:ec:35:00:00:01"), {66: URL.encode()}),
    "cisco spa": (Phone(f"{NOBODY}:07", "Cisco SPA508G"), {66: f"{URL}/spa$PSN.cfg".encode()}),
    "cisco spa by prefix": (Phone("00:e1:6d:00:00:01"), {66: f"{URL}/spa$PSN.cfg".encode()}),
    "cisco spa made by linksys": (
        Phone("00:0e:08:00:00:01", "CISCO SPA122"), {66: f"{URL}/spa$PSN.cfg".encode()},
    ),
    "digium": (Phone(f"{NOBODY}:08", "digium_D40_1_1_0_0_48178"), {66: f"{URL}/Digium".encode()}),
    "doro": (Phone("00:1d:29:00:00:01"), {66: b"192.0.2.1"}),
    "fanvil": (
        Phone("0c:38:3e:00:00:01"),
        {66: f"{URL}/Fanvil/$mac.cfg".encode(), 43: f"{URL}/Fanvil/$mac.cfg".encode()},
    ),
    "fanvil with a class": (Phone("0c:38:3e:00:00:02", "Fanvil X4"), {}),
    "gigaset": (Phone("7c:2f:80:00:00:01"), {114: URL.encode()}),
    "gigaset by class": (Phone(f"{NOBODY}:09", "Gigaset_N720_DM_PRO"), {114: URL.encode()}),
    "grandstream": (Phone("c0:74:ad:00:00:01"), {66: f"{URL}/Grandstream".encode()}),
    "htek": (Phone("00:1f:c1:00:00:01"), {66: URL.encode()}),
    "kirk": (Phone("00:90:33:00:00:01"), {}),
    "linksys": (Phone("00:0e:08:00:00:02", "LINKSYS SPA-942"), {66: b"192.0.2.1"}),
    "nortel": (Phone("00:24:00:00:00:01"), {66: b"192.0.2.1"}),
    "nortel sip": (Phone("00:24:00:00:00:02", "Nortel-SIP-Phone-11xx"), {66: URL.encode()}),
    "panasonic": (Phone(f"{NOBODY}:0a", "Panasonic"), {66: f"{URL}/".encode()}),
    "patton": (Phone("00:a0:ba:00:00:01", "SN4114"), {66: URL.encode()}),
    "patton by prefix": (Phone("00:a0:ba:00:00:02"), {66: f"{URL}/$(system.mac).cfg".encode()}),
    "polycom": (
        Phone("64:16:7f:00:00:01"),
        {66: f"{URL}/000000000000.cfg".encode(), 160: f"{URL}/000000000000.cfg".encode()},
    ),
    "snom": (Phone("00:04:13:00:00:01", "snom760"), {66: URL.encode()}),
    "snom by prefix": (Phone("00:04:13:00:00:02"), {66: URL.encode()}),
    "swissvoice": (Phone("00:05:90:00:00:01"), {66: b"192.0.2.1", 67: b"swupdate_ip10.inf"}),
    "thomson": (
        Phone(f"{NOBODY}:0b", user_class="Thomson ST2030S"), {43: f"{URL}/ST2030S.inf".encode()},
    ),
    "thomson after RFC 3004": (
        Phone(f"{NOBODY}:0c", user_class="\x0dThomson TB30S"), {43: f"{URL}/TB30S.inf".encode()},
    ),
    "yealink": (Phone("44:db:d2:00:00:01"), {66: URL.encode()}),
    "zenitel": (Phone("00:13:cb:00:00:01"), {66: b"192.0.2.1"}),
}  # fmt: skip
"""Who asks, and which of the options of provisioning it is offered (provd/vendors.md, 8)."""
PROVISIONING = (43, 66, 67, 114, 150, 160)


@pytest.fixture
def settings(settings: ConfgenSettings) -> ConfgenSettings:
    return settings.model_copy(
        update={
            "dhcp_routers": ("192.0.2.254",),
            "dhcp_name_servers": ("192.0.2.1", "192.0.2.2"),
            "dhcp_time_servers": ("192.0.2.1",),
            "dhcp_sip_servers": ("192.0.2.1",),
            "dhcp_hook": str(settings.asterisk_config_dir / "dhcp" / "hook"),
            "provd_external_ip": "192.0.2.1",
        }
    )


Written = Callable[..., Awaitable[Path]]


@pytest_asyncio.fixture(loop_scope="session")
async def written(
    generation: Generation, sessions: async_sessionmaker[AsyncSession], clean_database: str
) -> AsyncIterator[Written]:
    """Writes the files of an installation whose DHCP is active; gives the directory."""

    async def store(content: dict[str, Any]) -> None:
        async with sessions.begin() as session:
            await session.execute(
                update(Setting).where(Setting.name == "dhcp").values(content=content)
            )

    async def write(**changes: Any) -> Path:
        await store({**DHCP, **changes})
        directory = generation.directory / "dhcp"
        own = {"lease-database": {"name": str(directory / "leases.csv")}}
        (directory / "custom" / kea.CUSTOM_FILE).write_text(json.dumps(own))
        # An address that answers to a ping is another's: dhcpd waits a second for it, each time.
        (directory / "custom" / "dhcpd.conf").write_text("ping-check false;\n")
        await generation.render(FILES)
        return directory

    yield write
    await store({"active": False, "pool_start": None, "pool_end": None, "network_interfaces": []})


def program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        pytest.skip(f"{name} is not here (as root on Debian: tools/engines)")
    return found


@pytest.mark.parametrize("active", [True, False])
async def test_the_servers_own_parsers_take_the_files(written: Written, active: bool) -> None:
    directory = await written(active=active)
    (directory / "custom" / "pool.conf").write_text("allow unknown-clients;\n")
    (directory / "custom" / "dhcpd.conf").write_text(
        "subnet 198.51.100.0 netmask 255.255.255.0 {}\n"
    )
    for command in (
        [program("dhcpd"), "-4", "-t", "-cf", str(directory / "dhcpd.conf")],
        [program("kea-dhcp4"), "-t", str(directory / kea.FILE_NAME)],
    ):
        checked = await asyncio.create_subprocess_exec(
            *command, stdout=PIPE, stderr=STDOUT, env=scratch(directory)
        )
        output, _ = await checked.communicate()
        assert checked.returncode == 0, output.decode()


def scratch(directory: Path) -> dict[str, str]:
    """Kea writes its process number and locks there."""
    return {
        **os.environ,
        "KEA_PIDFILE_DIR": str(directory),
        "KEA_LOCKFILE_DIR": str(directory),
    }


@dataclass
class Told:
    """A provd that notes what it is told of leases."""

    port: int
    tokens: set[str] = field(default_factory=set)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, body: dict[str, Any]) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: body in self.bodies, 60), self.bodies


@contextmanager
def listening_provd(namespace: Namespace) -> Iterator[Told]:
    """In the servers' network."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            with told.changed:
                assert self.path == "/provd/dev_mgr/dhcpinfo"
                told.tokens.add(self.headers["X-Auth-Token"])
                told.bodies.append(json.loads(self.rfile.read(length))["dhcp_info"])
                told.changed.notify_all()
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            pass

    server = namespace.run(lambda: ThreadingHTTPServer(("127.0.0.1", 0), Handler))
    told = Told(server.server_port)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def dhcpd(namespace: Namespace, directory: Path) -> Iterator[None]:
    leases = directory / "dhcpd.leases"
    leases.touch()
    command = [program("dhcpd"), "-4", "-f", "-d", "-cf", str(directory / "dhcpd.conf")]
    command += ["-lf", str(leases), "-pf", str(directory / "dhcpd.pid"), SERVER_END]
    with serving(namespace.command(*command), directory, "Server starting service"):
        yield


@contextmanager
def kea_dhcp4(namespace: Namespace, directory: Path) -> Iterator[None]:
    command = [program("kea-dhcp4"), "-c", str(directory / kea.FILE_NAME)]
    with serving(namespace.command(*command), directory, "DHCP4_STARTED"):
        yield


@contextmanager
def serving(command: list[str], directory: Path, ready: str) -> Iterator[None]:
    """A server that has said that it is there."""
    server = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=scratch(directory)
    )
    output: list[str] = []
    started = threading.Event()

    def read() -> None:
        for line in server.stdout or ():
            output.append(line)
            if ready in line:
                started.set()
        started.set()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        started.wait(30)
        assert server.poll() is None, "".join(output)
        assert any(ready in line for line in output), "".join(output)
        yield
    finally:
        server.terminate()
        server.wait(60)
        reader.join()
        if server.stdout:
            server.stdout.close()


Server = Callable[[Namespace, Path], Any]


@pytest.mark.parametrize("server", [dhcpd, kea_dhcp4], ids=["isc", "kea"])
async def test_each_vendors_phones_are_told_where_provd_is_and_provd_where_they_are(
    server: Server, written: Written
) -> None:
    """F-073, F-077, F-078, F-079."""
    directory = await written()
    try:
        network = a_network("192.0.2.1/24")
        namespace = network.__enter__()
    except NamespaceRefused as reason:
        pytest.skip(f"no network of the test's own: {reason}")
    try:
        with listening_provd(namespace) as provd:
            install_hook(directory, provd.port)
            with server(namespace, directory):
                namespace.run(lambda: ask_for_everything(provd))
            assert provd.tokens == {"a key"}
    finally:
        network.__exit__(None, None, None)


def install_hook(directory: Path, provd_port: int) -> None:
    """Ours, with settings of the test: Kea gives its programs nothing of its own environment."""
    told = directory / "dhcp-lease"
    told.write_text(f"PROVD_URL=http://127.0.0.1:{provd_port}/provd\nPROVD_KEY='a key'\n")
    hook = directory / "hook"
    hook.write_text(f'#!/bin/sh\nOVIX_DHCP_LEASE_SETTINGS="{told}" exec "{HOOK}" "$@"\n')
    hook.chmod(0o755)


def ask_for_everything(provd: Told) -> None:
    phones = Ethernet(PHONES_END)
    try:
        for name, (phone, options) in OFFERED.items():
            offer = phones.offered(phone)
            assert offer is not None, name
            found = {code: offer.options[code] for code in PROVISIONING if code in offer.options}
            assert found == options, name
        check_network(cast(Offer, offer))
        noe = phones.offered(Phone(f"{NOBODY}:01", "alcatel.noe.0"))
        assert noe is not None
        assert (noe.next_server, noe.boot_file) == ("192.0.2.1", "sipconfig.txt")
        for known in VENDOR_CLASSES:
            for made in (each for each in known.any_of if isinstance(each, Made)):
                assert phones.offered(Phone(f"{made.prefix}:00:00:aa")), made
        assert phones.offered(Phone(f"{NOBODY}:ff"), SILENCE_S) is None
        assert phones.offered(Phone(f"{NOBODY}:fe", "udhcp 1.30"), SILENCE_S) is None
        lease = phones.leased(Phone("00:15:65:0a:0b:0c"))
        provd.wait_for({"op": "commit", "ip": lease.ip, "mac": "00:15:65:0a:0b:0c", "options": []})
        phones.release(Phone("00:15:65:0a:0b:0c"), lease)
        provd.wait_for({"op": "release", "ip": lease.ip})
    finally:
        phones.close()


def check_network(offer: Offer) -> None:
    assert offer.options[3] == b"\xc0\0\x02\xfe"
    assert offer.options[120] == b"\x01\xc0\0\x02\x01"
    assert offer.options[51] == (7200).to_bytes(4, "big")
