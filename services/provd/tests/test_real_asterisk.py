"""A real Asterisk sends the NOTIFY that has a phone fetch its files."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest
import pytest_asyncio
from ovix_engines.asterisk import Asterisk
from ovix_engines.ports import free_port
from ovix_provd.notification import asterisk as notifier_of
from ovix_provd.plugins import PluginError

pytestmark = pytest.mark.asterisk

MODULES = """[modules]
autoload=yes
noload=chan_sip.so
noload=chan_iax2.so
noload=pbx_dundi.so
noload=res_hep.so
noload=res_phoneprov.so
"""
PJSIP = """[global]
type=global
default_outbound_endpoint=anywhere
[transport]
type=transport
protocol=udp
bind=127.0.0.1:{sip}
[anywhere]
type=endpoint
transport=transport
[zoe]
type=endpoint
transport=transport
aors=zoe
[zoe]
type=aor
max_contacts=1
contact=sip:zoe@127.0.0.1:{phone}
"""
MANAGER = """[general]
enabled=yes
port={ami}
bindaddr=127.0.0.1
[ovix]
secret=ovix
read=system
write=system
"""


@dataclass
class Phone(asyncio.DatagramProtocol):
    """Answers every request with 200, and keeps it."""

    heard: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)
    _transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        text = data.decode()
        kept = ("via:", "from:", "to:", "call-id:", "cseq:")
        lines = [each for each in text.split("\r\n")[1:] if each.lower().startswith(kept)]
        answer = ["SIP/2.0 200 OK", *lines, "Content-Length: 0", "", ""]
        assert self._transport is not None
        self._transport.sendto("\r\n".join(answer).encode(), address)
        self.heard.put_nowait(text)


@dataclass
class Line:
    """A phone that Asterisk knows as ``zoe``, and the manager's account."""

    phone: Phone
    port: int
    account: dict[str, object]


@pytest_asyncio.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    ami, sip = free_port(), free_port()
    phone = Phone()
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: phone, local_addr=("127.0.0.1", 0)
    )
    port = transport.get_extra_info("sockname")[1]
    configuration = tmp_path / "configuration"
    configuration.mkdir()
    for name, text in (
        ("modules", MODULES),
        ("pjsip", PJSIP.format(sip=sip, phone=port)),
        ("manager", MANAGER.format(ami=ami)),
        ("pjsip_notify", "; the module is loaded where its file is there\n"),
    ):
        (configuration / f"{name}.conf").write_text(text)
    pbx = Asterisk(tmp_path / "asterisk", configuration)
    await pbx.start()
    account = {"host": "127.0.0.1", "port": ami, "username": "ovix", "password": "ovix"}
    yield Line(phone, port, account)
    await pbx.stop()
    transport.close()


async def heard(phone: Phone) -> str:
    async with asyncio.timeout(60):
        while True:
            request = await phone.heard.get()
            if request.startswith("NOTIFY "):
                return request


async def test_a_phone_hears_what_its_plugin_says(line: Line) -> None:
    notifier = notifier_of(line.account)
    try:
        device = {"id": "d", "remote_state_sip_username": "zoe"}
        await notifier.notify(device, ["Event=check-sync;reboot=false"])
        request = await heard(line.phone)
        assert request.startswith("NOTIFY sip:zoe@127.0.0.1")
        assert "\r\nEvent: check-sync;reboot=false\r\n" in request
        unregistered = {"id": "d", "ip": f"127.0.0.1:{line.port}"}
        await notifier.notify(unregistered, ["Event=check-sync"])
        assert (await heard(line.phone)).startswith("NOTIFY sip:anonymous@127.0.0.1")
        with pytest.raises(PluginError):
            await notifier.notify({"remote_state_sip_username": "nobody"}, ["Event=check-sync"])
    finally:
        await notifier.close()
