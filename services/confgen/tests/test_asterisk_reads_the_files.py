"""A real Asterisk, of both releases, reads what was rendered without a complaint."""

import asyncio
import re
import socket
from typing import Any

import pytest

pytestmark = pytest.mark.asterisk


JUSTIFIED = (
    # Music is the installation's own: none is shipped.
    "No music on hold classes configured",
    # XiVO's values: a message ends after 15 s of silence, and may be as short as it likes.
    "maxsilence should be less than minsecs",
)


def complaints(log: str) -> list[str]:
    log = re.sub(r"\x1b\[[0-9;]*m", "", log)
    lines = [line for line in log.splitlines() if re.search(r"\b(WARNING|ERROR)\b", line)]
    return [line for line in lines if not any(reason in line for reason in JUSTIFIED)]


async def test_nothing_in_the_files_is_complained_about(exchange: Any) -> None:
    assert "\n".join(complaints(exchange.said_at_start)) == ""


async def test_the_devices_are_there(exchange: Any) -> None:
    endpoints = await exchange.asterisk.cli("pjsip show endpoints")
    assert re.search(r"Endpoint: +alice/1000", endpoints), endpoints
    assert re.search(r"Endpoint: +carrier", endpoints)


async def test_conferences_and_iax_peers_have_their_defaults(exchange: Any) -> None:
    profile = await exchange.asterisk.cli("confbridge show profile user xivo_default_user")
    assert re.search(r"Drop_silence: +enabled", profile), profile
    menus = await exchange.asterisk.cli("confbridge show menus")
    assert {"xivo-default-user-menu", "xivo-default-admin-menu"} <= set(menus.split())
    assert "iax2" in (await exchange.asterisk.cli("core show channeltypes")).lower()
    with socket.socket(type=socket.SOCK_DGRAM) as probe, pytest.raises(OSError, match="in use"):
        probe.bind(("127.0.0.1", exchange.settings.iax_port))


async def test_the_lamp_of_a_service_follows_its_device(exchange: Any) -> None:
    watched = f"*735{exchange.company.alice}***225"
    assert f"{watched}@default" in await exchange.asterisk.cli("core show hints")
    for state, shown in (("INUSE", "InUse"), ("NOT_INUSE", "Idle")):
        await exchange.asterisk.cli(f"devstate change Custom:{watched} {state}")
        for _ in range(600):
            hint = await exchange.asterisk.cli(f"core show hint {watched}")
            if f"State:{shown}" in hint:
                break
            await asyncio.sleep(0.1)
        assert f"State:{shown}" in hint


async def test_browsers_and_unique_accounts_are_endpoints_of_webrtc(exchange: Any) -> None:
    """F-114, F-121: what browsers can't do without, as Asterisk understood it."""
    for name in ("wendy", "uma_w"):
        shown = await exchange.asterisk.cli(f"pjsip show endpoint {name}")
        options = dict(re.findall(r"^ (\w+) +: (.*?)\s*$", shown, re.MULTILINE))
        for option, expected in {
            "webrtc": "yes",
            "media_encryption": "dtls",
            "dtls_auto_generate_cert": "Yes",
            "dtls_setup": "actpass",
            "ice_support": "true",
            "use_avpf": "true",
            "rtcp_mux": "true",
            "bundle": "true",
            "transport": "transport-wss",
        }.items():
            assert options[option].lower() == expected.lower(), (name, option, shown)
        assert "opus" in options["allow"]
    phone = await exchange.asterisk.cli("pjsip show endpoint uma")
    assert re.search(r"^ webrtc +: no", phone, re.MULTILINE), phone
    assert "opus" not in phone
    transports = await exchange.asterisk.cli("pjsip show transports")
    assert re.search(r"Transport: +transport-wss +wss", transports), transports
    assert "/ws => Asterisk HTTP WebSocket" in await exchange.asterisk.cli("http show status")


async def test_phones_can_be_notified(exchange: Any) -> None:
    """What provd has phones told by (F-102)."""
    assert "PJSIPNotify" in await exchange.asterisk.cli("manager show commands")
