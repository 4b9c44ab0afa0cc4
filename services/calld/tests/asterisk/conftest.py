"""A real Asterisk under calld, and a second one that plays the phones."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from ovix_asterisk.cel_spool import APPLICATIONS, EVENTS, MAPPING
from ovix_asterisk.channel_variables import MANAGER_CHANNEL_VARIABLES
from ovix_engines.asterisk import Asterisk
from ovix_engines.asterisk_installation import AsteriskMissing, Installation, find
from ovix_engines.ports import free_port

PEOPLE = {
    "alice": ("1001", "7f3a5f9e-0001-4000-8000-000000000001"),
    "bob": ("1002", "7f3a5f9e-0002-4000-8000-000000000002"),
    "carol": ("1003", "7f3a5f9e-0003-4000-8000-000000000003"),
}
MODULES = """[modules]
autoload=yes
noload=chan_sip.so
noload=chan_iax2.so
noload=chan_skinny.so
noload=chan_mgcp.so
noload=chan_unistim.so
noload=pbx_dundi.so
noload=res_hep.so
noload=res_phoneprov.so
"""
DIALPLAN = """[default]
exten => _100X,1,Set(XIVO_BASE_EXTEN=${EXTEN})
 same => n,ExecIf($["${XIVO_FIX_CALLERID}"="1"]?Set(CALLERID(all)=${XIVO_ORIGINAL_CALLER_ID}))
 same => n,Dial(PJSIP/${IF($["${EXTEN}"="1001"]?alice:${IF($["${EXTEN}"="1002"]?bob:carol)})},20)
 same => n,Hangup()
"""
PHONES = """[phones]
exten => _[a-z].,1,Ringing()
 same => n,Wait(0.5)
 same => n,Answer()
 same => n,Wait(${TALK})
 same => n,Hangup()
[globals]
TALK=1.5
"""
TRANSPORT = "[transport]\ntype=transport\nprotocol=udp\nbind=127.0.0.1:{port}\n"


@dataclass
class Pbx:
    """The Asterisk that calld drives, and the one with the phones."""

    asterisk: Asterisk
    phones: Asterisk
    ami_port: int
    spool: Path

    async def dial(self, person: str, number: str) -> None:
        """The person dials."""
        await self.phones.cli(f"channel originate PJSIP/{number}@{person}-out application Wait 20")

    async def hang_up_all(self) -> None:
        await self.phones.cli("channel request hangup all")

    async def talk(self, seconds: float) -> None:
        """How long phones talk before they hang up."""
        await self.phones.cli(f"dialplan set global TALK {seconds}")


def _write(directory: Path, **files: str) -> Path:
    directory.mkdir()
    for name, content in {"modules": MODULES, **files}.items():
        (directory / f"{name}.conf").write_text(content)
    return directory


def _pbx_files(sip_port: int, phones_port: int, ami_port: int, rtp: int) -> dict[str, str]:
    pjsip = [TRANSPORT.format(port=sip_port)]
    for name, (number, uuid) in PEOPLE.items():
        caller_id = f'"{name.title()}" <{number}>'
        contact = f"contact=sip:{name}@127.0.0.1:{phones_port}" if name != "carol" else ""
        pjsip.append(
            f"[{name}]\ntype=endpoint\ncontext=default\ndisallow=all\nallow=ulaw\naors={name}\n"
            f"callerid={caller_id}\nset_var=XIVO_USERUUID={uuid}\n"
            f"set_var=XIVO_ORIGINAL_CALLER_ID={caller_id}\n"
            f"[{name}]\ntype=aor\nmax_contacts=1\n{contact}\n"
        )
    return {
        "pjsip": "".join(pjsip),
        "rtp": f"[general]\nrtpstart={rtp}\nrtpend={rtp + 100}\n",
        "extensions": DIALPLAN,
        "manager": (
            f"[general]\nenabled=yes\nport={ami_port}\nbindaddr=127.0.0.1\n"
            f"channelvars={','.join(MANAGER_CHANNEL_VARIABLES)}\n"
            "[ovix]\nsecret=ovix\nread=all\nwrite=all\n"
        ),
        "cel": f"[general]\nenable=yes\napps={','.join(APPLICATIONS)}\nevents={','.join(EVENTS)}\n",
        "cel_custom": f"[mappings]\novix.csv => {MAPPING}\n",
    }


def _phones_files(sip_port: int, phones_port: int, rtp: int) -> dict[str, str]:
    return {
        "pjsip": TRANSPORT.format(port=phones_port)
        + "[pbx]\ntype=endpoint\ncontext=phones\ndisallow=all\nallow=ulaw\naors=pbx\n"
        + f"[pbx]\ntype=aor\ncontact=sip:127.0.0.1:{sip_port}\n"
        + "[pbx]\ntype=identify\nendpoint=pbx\nmatch=127.0.0.1\n"
        + "".join(
            f"[{name}-out]\ntype=endpoint\ncontext=phones\ndisallow=all\nallow=ulaw\n"
            f"from_user={name}\naors=pbx\n"
            for name in PEOPLE
        ),
        "rtp": f"[general]\nrtpstart={rtp}\nrtpend={rtp + 100}\n",
        "extensions": PHONES,
        "manager": "[general]\nenabled=no\n",
    }


@pytest.fixture(scope="session")
def installation() -> Installation:
    try:
        return find()
    except AsteriskMissing as missing:
        pytest.skip(str(missing))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pbx(
    installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Pbx]:
    root = tmp_path_factory.mktemp("pbx")
    sip, phones, ami = (
        free_port(),
        free_port(),
        free_port(),
    )
    served = _write(root / "served", **_pbx_files(sip, phones, ami, 31000))
    ringing = _write(root / "ringing", **_phones_files(sip, phones, 31200))
    async with (
        Asterisk(root / "asterisk", served, installation=installation) as asterisk,
        Asterisk(root / "phones", ringing, installation=installation) as phone_side,
    ):
        yield Pbx(asterisk, phone_side, ami, root / "asterisk" / "log" / "cel-custom" / "ovix.csv")
        await phone_side.cli("channel request hangup all")
        await asyncio.sleep(0.1)
