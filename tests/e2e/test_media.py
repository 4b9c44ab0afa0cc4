"""What phones agree on: codecs, video, encryption, ports (F-112 to F-118, F-242, F-248)."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from ovix_testkit.integrator import Integrator
from ovix_testkit.office import Desk, Office
from ovix_testkit.phones_media import Session

pytestmark = pytest.mark.asterisk

H264 = [["videosupport", "yes"], ["disallow", "all"], ["allow", "ulaw,h264"]]


def formats(description: str, stream: str = "audio") -> list[str]:
    """The codecs of a stream in order of preference, without telephone events; none if refused."""
    media = re.search(rf"^m={stream} (\d+) \S+ ([\d ]+)", description, re.MULTILINE)
    if media is None or media[1] == "0":
        return []
    names = dict(re.findall(r"^a=rtpmap:(\d+) ([^/\s]+)", description, re.MULTILINE))
    given = [names.get(number, number) for number in media[2].split()]
    return [name for name in given if name != "telephone-event"]


async def offered(caller: Desk, called: Desk) -> str:
    """The description a phone is rung with."""
    call = await caller.phone.call(called.number)
    ringing = await called.phone.incoming()
    found = ringing.description
    await ringing.reject(486)
    await call.hangup()
    return found


@asynccontextmanager
async def section(
    office: Office, path: str, *ordered: list[str], **options: str
) -> AsyncIterator[None]:
    """Options of a section for as long as it takes."""
    path = f"/asterisk/{path}"
    before = await office.admin.confd("GET", path)
    changed: dict[str, Any] = {"options": {**before["options"], **options}}
    if "ordered_options" in before:
        changed["ordered_options"] = list(ordered)
    await office.admin.confd("PUT", path, changed)
    await office.reloads_done()
    try:
        yield
    finally:
        await office.admin.confd("PUT", path, before)
        await office.reloads_done()


async def console(admin: Integrator, command: str) -> str:
    """``ovix asterisk COMMAND``."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ovix_cli", "asterisk", command,
        env={**os.environ, "OVIX_HOME": str(admin.stack.home)},
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0
    return output.decode()


async def test_a_line_is_offered_its_own_codecs_in_their_order(office: Office) -> None:
    """F-113."""
    alice = await office.hire("Alice")
    bruno = await office.hire("Bruno", options=[["disallow", "all"], ["allow", "g722,gsm,alaw"]])
    assert formats(await offered(alice, bruno)) == ["G722", "GSM", "PCMA"]


async def test_a_line_takes_no_codec_that_it_does_not_allow(office: Office) -> None:
    # The test phones know µ-law alone.
    alice = await office.hire("Alice", options=[["disallow", "all"], ["allow", "alaw"]])
    call = await alice.phone.call(alice.number)
    assert await call.ended() == 488


async def test_lines_without_codecs_of_their_own_have_those_of_all(office: Office) -> None:
    """F-112, F-248."""
    alice = await office.hire("Alice")
    bruno = await office.hire("Bruno")
    chloe = await office.hire("Chloe", options=[["disallow", "all"], ["allow", "g722,alaw"]])
    async with section(office, "sip/general", ["disallow", "all"], ["allow", "gsm,ulaw"]):
        # The caller's own codec comes first: nothing has to be translated then.
        assert formats(await offered(alice, bruno)) == ["PCMU", "GSM"]
        assert formats(await offered(alice, chloe)) == ["G722", "PCMA"]
    assert formats(await offered(alice, bruno)) == ["PCMU", "PCMA", "G722"]


async def test_video_is_negotiated_between_lines_that_have_it(office: Office) -> None:
    """F-118."""
    alice = await office.hire("Alice", options=H264, video=True)
    bruno = await office.hire("Bruno", options=H264, video=True)
    call = await alice.phone.call(bruno.number)
    ringing = await bruno.phone.incoming()
    assert formats(ringing.description, "video") == ["H264"]
    await ringing.answer()
    await call.answered()
    assert formats(call.description, "video") == ["H264"]
    await asyncio.gather(call.hears(bruno.phone.tone_hz), ringing.hears(alice.phone.tone_hz))
    await call.hangup()


async def test_a_line_without_video_is_called_by_voice(office: Office) -> None:
    """F-118: the codec alone is not enough."""
    alice = await office.hire("Alice", options=H264, video=True)
    bruno = await office.hire("Bruno", options=[["disallow", "all"], ["allow", "ulaw,h264"]])
    call = await alice.phone.call(bruno.number)
    ringing = await bruno.phone.incoming()
    assert formats(ringing.description, "video") == []
    await ringing.answer()
    await call.answered()
    await call.hears(bruno.phone.tone_hz)
    await call.hangup()


async def test_an_encrypted_line_refuses_plain_voice(office: Office) -> None:
    """F-117."""
    alice = await office.hire("Alice", options=[["encryption", "yes"]])
    bruno = await office.hire("Bruno")
    call = await alice.phone.call(bruno.number)
    assert await call.ended() == 488
    await bruno.phone.stays_silent(0.5)


async def test_an_encrypted_line_talks_with_a_plain_one(office: Office) -> None:
    """F-117: each line has its own encryption; Asterisk is between them."""
    alice = await office.hire("Alice", options=[["encryption", "yes"]], encrypted=True)
    bruno = await office.hire("Bruno")
    call = await alice.phone.call(bruno.number)
    ringing = await bruno.phone.incoming()
    assert "RTP/AVP" in ringing.description
    await ringing.answer()
    await call.answered()
    assert "RTP/SAVP" in call.description
    await asyncio.gather(call.hears(bruno.phone.tone_hz), ringing.hears(alice.phone.tone_hz))
    await call.hangup()
    back = await bruno.phone.call(alice.number)
    ringing = await alice.phone.incoming()
    assert "RTP/SAVP" in ringing.description
    assert "a=crypto:" in ringing.description
    await ringing.answer()
    await back.answered()
    await asyncio.gather(back.hears(alice.phone.tone_hz), ringing.hears(bruno.phone.tone_hz))
    await back.hangup()


async def test_a_line_for_browsers_has_what_webrtc_asks_for(
    office: Office, admin: Integrator
) -> None:
    """F-121."""
    options = [["webrtc", "yes"], ["disallow", "all"], ["allow", "opus,ulaw,vp8"]]
    alice = await office.hire("Alice", options=[*options, ["videosupport", "yes"]])
    shown = await console(admin, f"pjsip show endpoint {alice.person.sip_username}")
    values = dict(re.findall(r"^ (\w+) +: (.+?)\s*$", shown, re.MULTILINE))
    expected = {
        "webrtc": "yes",
        "use_avpf": "true",
        "media_encryption": "dtls",
        "dtls_auto_generate_cert": "Yes",
        "dtls_setup": "actpass",
        "ice_support": "true",
        "rtcp_mux": "true",
        "bundle": "true",
        "allow": "(opus|ulaw|vp8)",
        "max_video_streams": "1",
    }
    assert {name: values.get(name) for name in expected} == expected


async def test_voices_use_the_ports_they_were_given(office: Office) -> None:
    alice = await office.hire("Alice")
    bruno = await office.hire("Bruno")
    async with section(office, "rtp/general", rtpstart="21000", rtpend="21019"):
        call = await alice.phone.call(bruno.number)
        ringing = await bruno.phone.incoming()
        await ringing.answer()
        await call.answered()
        sessions = [Session.parse(each.description.encode()) for each in (call, ringing)]
        assert all(each and 21000 <= each.port <= 21019 for each in sessions)
        await call.hangup()
