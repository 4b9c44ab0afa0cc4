"""Our test phones and SIPp, which shares no code with them, through a real Asterisk.

SIPp registers with a digest of its own, calls our phone, and counts what it gets: were both ends
ours, a mistake in reading the RFCs could hide in both.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from ovix_engines.asterisk import Asterisk
from ovix_engines.ports import free_port
from ovix_testkit.phones import Phone

pytestmark = [
    pytest.mark.asterisk,
    pytest.mark.skipif(
        shutil.which("sipp") is None, reason="SIPp is not installed (Debian package sip-tester)"
    ),
]

PJSIP = """[udp]
type=transport
protocol=udp
bind=127.0.0.1:{port}
"""
ACCOUNT = """[{name}]
type=endpoint
context=phones
disallow=all
allow=ulaw
auth={name}
aors={name}
direct_media=no
rtp_symmetric=yes
[{name}]
type=auth
auth_type=userpass
username={name}
password=secret
[{name}]
type=aor
max_contacts=1
"""
EXTENSIONS = "[phones]\nexten => _10XX,1,Dial(PJSIP/${EXTEN},20)\n"
OFFER = """v=0
o=sipp 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [auto_media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000"""


def sip(text: str) -> str:
    return f"<![CDATA[\n{text}\n]]>"


def request(method: str, to: str, number: int, extra: str = "", body: str = "") -> str:
    tag = "[peer_tag_param]" if method in ("ACK", "BYE") else ""
    lines = [
        f"{method} sip:{to}[remote_ip]:[remote_port] SIP/2.0",
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
        "From: <sip:sipp@[remote_ip]>;tag=[pid]SIPp[call_number]",
        f"To: <sip:{to or 'sipp@'}[remote_ip]>{tag}",
        "Call-ID: [call_id]",
        f"CSeq: {number} {method}",
        "Contact: <sip:sipp@[local_ip]:[local_port]>",
        "Max-Forwards: 70",
        *([extra] if extra else []),
        *(["Content-Type: application/sdp"] if body else []),
        "Content-Length: [len]",
        "",
        body,
    ]
    return f"<send>{sip(chr(10).join(lines))}</send>"


CREDENTIALS = "[authentication username=sipp password=secret]"
SCENARIO = f"""<?xml version="1.0" encoding="UTF-8" ?>
<scenario name="register and call">
{request("REGISTER", "", 1, "Expires: 60")}
<recv response="401" auth="true"/>
{request("REGISTER", "", 2, "Expires: 60" + chr(10) + CREDENTIALS)}
<recv response="200"/>
{request("INVITE", "1001@", 3, body=OFFER)}
<recv response="401" auth="true"/>
{request("ACK", "1001@", 3)}
{request("INVITE", "1001@", 4, CREDENTIALS, OFFER)}
<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="183" optional="true"/>
<recv response="200"/>
{request("ACK", "1001@", 4)}
<recv request="BYE"/>
<send>{
    sip(
        "SIP/2.0 200 OK"
        + chr(10)
        + "[last_Via:]"
        + chr(10)
        + "[last_From:]"
        + chr(10)
        + "[last_To:]"
        + chr(10)
        + "[last_Call-ID:]"
        + chr(10)
        + "[last_CSeq:]"
        + chr(10)
        + "Content-Length: 0"
        + chr(10)
    )
}</send>
</scenario>
"""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[tuple[str, int]]:
    port = free_port()
    configuration = tmp_path / "configuration"
    configuration.mkdir()
    accounts = "".join(ACCOUNT.format(name=name) for name in ("1001", "sipp"))
    (configuration / "modules.conf").write_text(
        "[modules]\nautoload=yes\nnoload=app_voicemail_odbc.so\nnoload=res_config_pgsql.so\n"
        "noload=chan_iax2.so\nnoload=chan_unistim.so\nnoload=chan_sip.so\nnoload=res_hep.so\n"
    )
    (configuration / "pjsip.conf").write_text(PJSIP.format(port=port) + accounts)
    (configuration / "extensions.conf").write_text(EXTENSIONS)
    (configuration / "rtp.conf").write_text("[general]\nrtpstart=34300\nrtpend=34400\n")
    async with Asterisk(tmp_path / "asterisk", configuration):
        yield ("127.0.0.1", port)


async def test_sipp_registers_calls_us_and_echoes_our_tone(
    server: tuple[str, int], tmp_path: Path
) -> None:
    scenario = tmp_path / "scenario.xml"
    scenario.write_text(SCENARIO)
    async with Phone(server, "1001", "secret", tone_hz=550) as phone:
        await phone.register()
        sipp = await asyncio.create_subprocess_exec(
            *("sipp", f"{server[0]}:{server[1]}", "-sf", str(scenario), "-m", "1"),
            *("-i", "127.0.0.1", "-p", str(free_port()), "-rtp_echo", "-nostdin"),
            *("-mp", str(free_port() & ~1), "-timeout", "20"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=tmp_path,
        )
        call = await phone.incoming()
        assert call.caller.number == "sipp"
        await call.ring()
        await call.answer()
        await call.hears(550)
        await call.hangup()
        output, _ = await asyncio.wait_for(sipp.communicate(), 60)
    assert sipp.returncode == 0, output.decode(errors="replace")[-3000:]
