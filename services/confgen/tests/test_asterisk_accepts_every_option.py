"""Every option that may be written, on a device of its own, in front of a real Asterisk.

One unknown option or value would take the whole device away (reference/asterisk.md part 2).
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from ovix_confgen.chan_sip import OWNED
from ovix_confgen.generation import Generation
from ovix_confgen.rows import SipAccount, SipLine, SipTrunk
from ovix_confgen.source import Source
from ovix_engines.asterisk import Asterisk
from ovix_engines.asterisk_installation import AsteriskMissing, find, releases
from ovix_telephony.pjsip_options import AOR, ENDPOINT

pytestmark = pytest.mark.asterisk

SAMPLES = {
    "accountcode": "sales", "allow": "!all,g722,alaw", "call_group": "1,3-5",
    "callerid": '"Zoé" <0123>', "callerid_privacy": "prohib", "connected_line_method": "update",
    "contact": "sip:192.0.2.7:5060", "contact_deny": "10.0.0.0/8", "contact_permit": "10.1.0.0/16",
    "cos_audio": "5", "cos_video": "4", "deny": "10.0.0.0/8", "permit": "10.1.0.0/16",
    "direct_media_glare_mitigation": "outgoing", "direct_media_method": "update",
    "disallow": "gsm", "dtls_fingerprint": "SHA-256", "dtls_setup": "actpass",
    "dtls_verify": "fingerprint", "dtmf_mode": "auto_info", "identify_by": "username,ip",
    "incoming_mwi_mailbox": "1@default", "mailboxes": "1@default", "media_address": "192.0.2.1",
    "media_encryption": "sdes", "outbound_proxy": "sip:192.0.2.2;lr", "pickup_group": "1",
    "qualify_timeout": "3.0", "redirect_method": "uri_pjsip", "rtp_engine": "asterisk",
    "set_var": "X=a;b=c", "t38_udptl_ec": "redundancy", "timers": "always", "tos_audio": "ef",
    "tos_video": "af41", "transport": "transport-udp", "100rel": "required",
}  # fmt: skip
NEEDS_FILES = {"dtls_ca_file", "dtls_ca_path", "dtls_cert_file", "dtls_private_key"}
"""Asterisk opens these: a device with a certificate that is not there is refused rightly."""
OPTIONS = (set(ENDPOINT) | set(AOR)) - NEEDS_FILES - OWNED


def sample(option: str) -> str:
    """A value that the option takes: its own, or yes, or a number."""
    if option in SAMPLES:
        return SAMPLES[option]
    kind = (ENDPOINT | AOR)[option]
    for candidate in ("yes", "90", "abc"):
        try:
            return kind(candidate)
        except ValueError:
            continue
    raise AssertionError(f"no sample for {option}")


class OptionsSource:
    """A line for each option, and nothing else."""

    async def lines(self) -> AsyncIterator[SipLine]:
        for option in sorted(OPTIONS):
            account = SipAccount(
                f"with_{option}", "s3cret", extra_options=[[option, sample(option)]]
            )
            yield SipLine(account, "default")

    async def trunks(self) -> AsyncIterator[SipTrunk]:
        options = [["match_header", "X-Carrier: one"], ["srv_lookups", "no"]]
        yield SipTrunk(SipAccount("carrier", "x", host="192.0.2.9", extra_options=options), None)

    def __getattr__(self, name: str) -> Any:
        async def nothing() -> AsyncIterator[Any]:
            rows: tuple[Any, ...] = ()
            for row in rows:
                yield row

        return nothing


@asynccontextmanager
async def options_only() -> AsyncIterator[Source]:
    source: Any = OptionsSource()
    yield source


@pytest.mark.parametrize("version", releases() or [22])
async def test_asterisk_takes_every_option_that_may_be_written(
    version: int, settings: Any, tmp_path: Path
) -> None:
    try:
        installation = find(version)
    except AsteriskMissing as missing:
        pytest.skip(str(missing))
    generation = Generation(settings, options_only)
    generation.prepare()
    await generation.render()
    assert [state.unsupported for state in generation.states.values() if state.unsupported] == []
    async with Asterisk(tmp_path / "run", generation.directory, installation=installation) as it:
        known = set(re.findall(r"Endpoint: +(\S+)", await it.cli("pjsip show endpoints")))
        log = (it.directory / "log" / "full").read_text()
        assert {f"with_{option}" for option in OPTIONS} - known == set(), log
        assert re.findall(r"ERROR.*(?:sorcery|pjsip).*", log) == []
