"""The test phones with each other, through a real Asterisk."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from ovix_engines.asterisk import Asterisk
from ovix_testkit.phones import CallFailed, Phone, PhoneError, RegistrationRefused

pytestmark = pytest.mark.asterisk

NOLOAD = """app_voicemail_odbc chan_iax2 chan_unistim chan_sip chan_skinny chan_mgcp chan_motif
res_phoneprov pbx_ael pbx_dundi pbx_lua res_calendar res_xmpp res_hep res_config_odbc
res_config_pgsql res_config_ldap cdr_pgsql cel_pgsql cdr_odbc cel_odbc res_odbc"""
TRANSPORT = """[udp]
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
callerid="{display}" <{name}>
send_pai=yes
trust_id_outbound=yes
direct_media={direct_media}
[{name}]
type=auth
auth_type=userpass
username={name}
password=secret-{name}
[{name}]
type=aor
max_contacts=1
remove_existing=yes
"""
EXTENSIONS = """[phones]
exten => _10XX,1,Dial(PJSIP/${EXTEN},20)
 same => n,Hangup(${HANGUPCAUSE})
exten => _2X.,1,Set(REDIRECTING(count,i)=1)
 same => n,Set(REDIRECTING(from-num,i)=1009)
 same => n,Set(REDIRECTING(from-name,i)=Gone Out)
 same => n,Set(REDIRECTING(reason,i)=cfu)
 same => n,Dial(PJSIP/${EXTEN:1},20,b(special^s^1))
exten => 600,1,Answer()
 same => n,Echo()
exten => 601,1,Answer()
 same => n,Read(DIGITS,,4,,,5)
 same => n,Set(GLOBAL(READ)=${DIGITS})
 same => n,SendDTMF(90*#)
 same => n,Wait(5)
exten => 602,1,Progress()
 same => n,Playtones(!450/5000)
 same => n,Wait(5)
exten => 603,1,Answer()
 same => n,Wait(0.5)
 same => n,Hangup()

[special]
exten => s,1,Set(PJSIP_HEADER(add,Alert-Info)=<http://localhost>\\;info=external)
 same => n,Return()
"""


@pytest.fixture(scope="module")
def server() -> tuple[str, int]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return ("127.0.0.1", int(probe.getsockname()[1]))


@pytest.fixture(scope="module", autouse=True)
async def asterisk(
    server: tuple[str, int], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Asterisk]:
    directory: Path = tmp_path_factory.mktemp("phones")
    accounts = {"1001": "Alice", "1002": "Bob", "1003": "Carol"}
    files = {
        "modules.conf": "[modules]\nautoload=yes\n"
        + "".join(f"noload={name}.so\n" for name in NOLOAD.split()),
        "pjsip.conf": TRANSPORT.format(port=server[1])
        + "".join(
            ACCOUNT.format(name=name, display=display, direct_media="no")
            for name, display in accounts.items()
        ),
        "extensions.conf": EXTENSIONS,
        "rtp.conf": "[general]\nrtpstart=34000\nrtpend=34200\n",
        "logger.conf": "[logfiles]\nfull => notice,warning,error,verbose\n",
    }
    configuration = directory / "configuration"
    configuration.mkdir()
    for name, text in files.items():
        (configuration / name).write_text(text)
    async with Asterisk(directory / "asterisk", configuration) as engine:
        yield engine


def a_phone(server: tuple[str, int], number: str, tone_hz: int) -> Phone:
    return Phone(server, number, f"secret-{number}", tone_hz=tone_hz)


@pytest.fixture
async def alice(server: tuple[str, int]) -> AsyncIterator[Phone]:
    async with a_phone(server, "1001", 450) as phone:
        await phone.register()
        yield phone


@pytest.fixture
async def bob(server: tuple[str, int]) -> AsyncIterator[Phone]:
    async with a_phone(server, "1002", 600) as phone:
        await phone.register()
        yield phone


async def test_a_wrong_secret_is_refused(server: tuple[str, int]) -> None:
    async with Phone(server, "1001", "wrong") as phone:
        with pytest.raises(RegistrationRefused) as refused:
            await phone.register()
    assert refused.value.status == 401


async def test_two_phones_talk_and_hear_each_other(alice: Phone, bob: Phone) -> None:
    call = await alice.call("1002")
    incoming = await bob.incoming()
    assert (incoming.caller.name, incoming.caller.number) == ("Alice", "1001")
    await incoming.ring()
    await call.ringing()
    await incoming.answer()
    await call.answered()
    await asyncio.gather(call.hears(600), incoming.hears(450))
    assert not call.is_over
    with pytest.raises(PhoneError, match="heard nothing of 900 Hz"):
        await call.hears(900, timeout_s=0.5)
    await call.hangup()
    assert await incoming.ended() == 200
    assert incoming.hung_up_by_peer
    assert not alice.calls
    assert not bob.calls


async def test_the_called_phone_may_hangup(alice: Phone, bob: Phone) -> None:
    call = await alice.call("1002")
    incoming = await bob.incoming()
    await incoming.answer()
    await call.answered()
    await incoming.hangup()
    assert await call.ended() == 200
    assert call.hung_up_by_peer


@pytest.mark.parametrize(("given", "seen"), [(486, 486), (603, 403), (480, 480)])
async def test_a_refusal_reaches_the_caller(
    alice: Phone, bob: Phone, given: int, seen: int
) -> None:
    call = await alice.call("1002")
    incoming = await bob.incoming()
    await incoming.reject(given)
    with pytest.raises(CallFailed) as failed:
        await call.answered()
    assert failed.value.status in (given, seen)


async def test_a_caller_who_gives_up_cancels_the_ringing(alice: Phone, bob: Phone) -> None:
    call = await alice.call("1002")
    incoming = await bob.incoming()
    await incoming.ring()
    await call.ringing()
    await call.hangup()
    assert await incoming.ended() == 487
    assert await call.ended() == 487


async def test_a_call_to_an_unregistered_phone_fails(alice: Phone) -> None:
    call = await alice.call("1003")
    with pytest.raises(CallFailed):
        await call.answered()
    assert call.status >= 400


async def test_digits_are_read_and_heard(alice: Phone) -> None:
    call = await alice.call("601")
    await call.answered()
    await call.send_dtmf("12#4")
    async with asyncio.timeout(60):
        while len(call.media.digits) < 4:  # noqa: ASYNC110 - digits are only counted
            await asyncio.sleep(0.05)
    assert call.media.digits == "90*#"
    await call.hangup()


async def test_an_echo_is_our_own_tone(alice: Phone) -> None:
    call = await alice.call("600")
    await call.answered()
    await call.hears(450)
    assert call.heard_audio()
    await call.hangup()


async def test_early_audio_is_heard(alice: Phone) -> None:
    call = await alice.call("602")
    await call.ringing()
    await call.hears(450)
    assert 200 not in call.statuses
    await call.hangup()


async def test_an_announcement_that_ends_hangs_up(alice: Phone) -> None:
    call = await alice.call("603")
    await call.answered()
    assert await call.ended() == 200


async def test_forwarding_and_ring_type_are_seen(alice: Phone, bob: Phone) -> None:
    call = await alice.call("21002")
    incoming = await bob.incoming()
    assert incoming.alert_info == "<http://localhost>;info=external"
    assert incoming.diversion is not None
    assert (incoming.diversion.name, incoming.diversion.number) == ("Gone Out", "1009")
    await call.hangup()


async def test_hold_silences_and_resume_brings_back(alice: Phone, bob: Phone) -> None:
    call = await alice.call("1002")
    incoming = await bob.incoming()
    await incoming.answer()
    await call.answered()
    await incoming.hears(450)
    await call.hold()
    await call.resume()
    await asyncio.gather(call.hears(600), incoming.hears(450))
    await call.hangup()


async def test_a_blind_transfer_joins_the_other_two(
    server: tuple[str, int], alice: Phone, bob: Phone
) -> None:
    async with a_phone(server, "1003", 750) as carol:
        await carol.register()
        call = await alice.call("1002")
        to_bob = await bob.incoming()
        await to_bob.answer()
        await call.answered()
        await call.hears(600)  # before, Asterisk takes the REFER and may do nothing
        assert await call.transfer("1003") == 202
        to_carol = await carol.incoming()
        await to_carol.answer()
        await asyncio.gather(to_bob.hears(750), to_carol.hears(600))
        assert to_carol.caller.number == "1002"
        await to_carol.hangup()
        await to_bob.ended()


async def test_nobody_calls_a_silent_phone(bob: Phone) -> None:
    await bob.stays_silent(0.2)
    with pytest.raises(PhoneError, match="no call came"):
        await bob.incoming(0.1)


async def test_stopping_asterisk_hangs_up_and_phones_call_again_after_its_restart(
    asterisk: Asterisk, alice: Phone, bob: Phone
) -> None:
    call = await alice.call("1002")
    incoming = await bob.incoming()
    await incoming.answer()
    await call.answered()
    await asterisk.restart()
    assert call.hung_up_by_peer
    assert incoming.hung_up_by_peer
    # Registrations are kept in Asterisk's own database.
    again = await alice.call("1002")
    await (await bob.incoming()).answer()
    await again.answered()
    await again.hears(600)
