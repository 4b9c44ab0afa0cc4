"""The TFTP server on real sockets: what phones ask for, and what strangers try (acceptance I)."""

import asyncio
import os
import socket
from pathlib import Path

import pytest
from ovix_provd.phones.tftp import TftpLimits
from ovix_provd.plugins import FileBelow, TftpContent, TftpRefusal, TftpRequest
from ovix_testkit.tftp import TftpError, fetch
from ovix_tftp.packets import Opcode, ack, data, error, request

from .tftp_server import HASTY, Boot, Phone, serving, until

CONTENT = bytes(range(256)) * 5
CONFIG = request(Opcode.READ, b"phone.cfg", b"octet")
LOCALHOST = "127.0.0.1"


@pytest.fixture
def boot(tmp_path: Path) -> Boot:
    root = tmp_path / "tftpboot"
    root.mkdir()
    (root / "phone.cfg").write_bytes(CONTENT)
    (root / "empty.cfg").touch()
    (root / "sub").mkdir()
    sibling = tmp_path / "tftpboot-old"
    sibling.mkdir()
    (sibling / "secret").write_bytes(b"secret")
    (root / "link").symlink_to(sibling / "secret")
    return Boot(root)


def _has(address: str) -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True


@pytest.mark.parametrize("host", [LOCALHOST, *(["::1"] if _has("::1") else [])])
async def test_a_phone_gets_its_file(boot: Boot, host: str) -> None:
    async with serving(boot.answer, host=host) as server:
        options = ((b"blksize", b"1428"), (b"tsize", b"0"), (b"timeout", b"3"))
        assert await fetch(host, server.port, b"/phone.cfg", options) == CONTENT
        assert await fetch(host, server.port, b"empty.cfg") == b""
        await until(lambda: server.outcomes["served"] == 2)
    asked = boot.asked[0]
    assert (asked.ip, asked.filename, asked.options) == (host, b"/phone.cfg", options)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (b"../../../../etc/passwd", b"Invalid filename"),
        (b"/../x", b"Invalid filename"),
        (b"..\\..\\x", b"File not found"),
        (b"../tftpboot-old/secret", b"Invalid filename"),
        (b"link", b"Invalid filename"),
        (b"sub", b"File not found"),
        (b"absent", b"File not found"),
        (b"n" * 900, b"File not found"),
        ("téléphone".encode(), b"File not found"),
        (b"\xff\xfe", b"File not found"),
        (b"", b"File not found"),
    ],
)
async def test_what_is_not_below_tftpboot_is_an_error_1(
    boot: Boot, name: bytes, text: bytes
) -> None:
    """Acceptance I2, I3, I5."""
    async with serving(boot.answer) as server:
        with pytest.raises(TftpError) as refused:
            await fetch(LOCALHOST, server.port, name)
    assert (refused.value.code, refused.value.text) == (1, text)


async def test_a_plugin_may_answer_itself(boot: Boot) -> None:
    async def answer(request: TftpRequest) -> TftpContent | TftpRefusal:
        if request.filename == b"time":
            return TftpContent(CONTENT)
        return TftpRefusal(2, b"Null plugin always reject requests")

    async with serving(answer) as server:
        assert await fetch(LOCALHOST, server.port, b"time") == CONTENT
        with pytest.raises(TftpError) as refused:
            await fetch(LOCALHOST, server.port, b"other")
    assert (refused.value.code, refused.value.text) == (2, b"Null plugin always reject requests")


@pytest.mark.parametrize(
    ("datagram", "answer"),
    [
        (request(Opcode.WRITE, b"phone.cfg", b"octet"), error(0, "WRQ not supported")),
        (request(Opcode.READ, b"phone.cfg", b"netascii"), error(0, "mode not supported")),
        (request(Opcode.READ, b"phone.cfg", b"mail"), error(0, "mode not supported")),
    ],
)
async def test_there_is_only_reading_of_octets(boot: Boot, datagram: bytes, answer: bytes) -> None:
    """Acceptance I11."""
    async with serving(boot.answer) as server:
        with Phone(server) as phone:
            assert (await phone.ask(datagram))[0] == answer
    assert boot.asked == []
    assert (boot.root / "phone.cfg").read_bytes() == CONTENT


async def test_until_provd_is_ready_phones_are_told_to_come_again() -> None:
    """Acceptance I20."""
    async with serving(None) as server:
        with Phone(server) as phone:
            assert (await phone.ask(CONFIG))[0] == error(0, "service unavailable")


async def test_malformed_requests_are_ignored(boot: Boot) -> None:
    """Acceptance I15."""
    malformed = [
        b"\0\1phone.cfg\0octet",
        b"\0\1phone.cfg\0octet\0blksize\0",
        b"\0\1phone.cfg\0octet\0blksize\x008\0blksize\x008\0",
        b"\0\1" + b"n" * 1100 + b"\0octet\0",
        ack(1),
        b"",
    ]
    async with serving(boot.answer) as server:
        with Phone(server) as phone:
            for each in malformed:
                phone.socket.sendto(each, phone.server)
            await until(lambda: server.outcomes["malformed"] == len(malformed))
            assert phone.heard_nothing()
        assert await fetch(LOCALHOST, server.port, b"phone.cfg") == CONTENT


async def test_a_stranger_is_told_so_and_the_transfer_goes_on(boot: Boot) -> None:
    """Acceptance I14."""
    async with serving(boot.answer) as server:
        with Phone(server) as phone, Phone(server) as stranger:
            first, transfer = await phone.ask(CONFIG)
            assert transfer[1] != server.port
            for each in (ack(1), error(0, "stop"), b"", b"rubbish"):
                assert (await stranger.say(each, transfer))[0] == error(5, "Unknown TID")
            second, sender = await phone.say(ack(1), transfer)
            assert (first, second, sender) == (
                data(1, CONTENT[:512]),
                data(2, CONTENT[512:1024]),
                transfer,
            )


async def test_duplicate_acks_do_not_multiply_blocks(boot: Boot) -> None:
    """Acceptance I13."""
    async with serving(boot.answer) as server:
        with Phone(server) as phone, Phone(server) as stranger:
            _, transfer = await phone.ask(CONFIG)
            for _ in range(5):
                phone.socket.sendto(ack(1), transfer)
            await stranger.say(b"are they all read?", transfer)
            assert (await phone.hear())[0][:4] == data(2, b"")
            assert phone.heard_nothing()


async def test_a_silent_phone_gets_its_block_four_times_and_is_forgotten(boot: Boot) -> None:
    """Acceptance I12; ``serving`` checks that socket and file are closed."""
    async with serving(boot.answer, HASTY) as server:
        with Phone(server) as phone:
            heard = [await phone.ask(CONFIG), *[await phone.hear() for _ in range(3)]]
            assert {each for each, _ in heard} == {data(1, CONTENT[:512])}
            await until(lambda: server.outcomes["timed_out"] == 1)
            assert phone.heard_nothing()


async def test_a_phone_that_was_switched_off_and_on_begins_anew(boot: Boot) -> None:
    async with serving(boot.answer, HASTY) as server:
        with Phone(server) as phone:
            _, transfer = await phone.ask(CONFIG)
            await phone.say(ack(1), transfer)
            await phone.hear()  # the repetition: the phone no longer listens
            datagram, again = await phone.ask(CONFIG)
            while datagram != data(1, CONTENT[:512]):
                datagram, again = await phone.hear()
            assert again != transfer
            assert server.outcomes["restarted"] == 1


async def test_a_failing_callback_is_an_error_and_no_more() -> None:
    async def answer(request: TftpRequest) -> FileBelow:
        if request.filename == b"slow":
            await asyncio.Event().wait()
        raise ValueError("a bug")

    limits = TftpLimits(answer_timeout_s=0.05)
    async with serving(answer, limits) as server:
        for name in (b"wrong", b"slow"):
            with pytest.raises(TftpError) as refused:
                await fetch(LOCALHOST, server.port, name)
            assert (refused.value.code, refused.value.text) == (0, b"Internal processing error")


async def test_answers_come_from_where_the_phone_asked(boot: Boot) -> None:
    async with serving(boot.answer, host="0.0.0.0") as server:
        with Phone(server, host="127.0.0.2") as phone:
            _, (ip, _) = await phone.ask(CONFIG)
            assert ip == "127.0.0.2"
            _, (ip, _) = await phone.ask(request(Opcode.READ, b"absent", b"octet"))
            assert ip == "127.0.0.2"


async def test_a_storm_is_answered_once_for_each_phone(boot: Boot) -> None:
    """Acceptance I16: 200 phones, each request five times while the first is being answered."""
    may_answer = asyncio.Event()

    async def answer(request: TftpRequest) -> FileBelow:
        found = await boot.answer(request)
        await may_answer.wait()
        return found

    async with serving(answer) as server:
        phones = [Phone(server) for _ in range(200)]
        for _ in range(5):
            for phone in phones:
                phone.socket.sendto(CONFIG, phone.server)
            await asyncio.sleep(0)
        await until(lambda: server.outcomes["repeated"] == 800)
        assert len(boot.asked) == 200
        may_answer.set()

        async def take(phone: Phone) -> bytes:
            with phone:
                content = b""
                datagram, transfer = await phone.hear()
                while len(datagram) == 516:
                    content += datagram[4:]
                    datagram, transfer = await phone.say(ack(datagram[3]), transfer)
                phone.socket.sendto(ack(datagram[3]), transfer)
                return content + datagram[4:]

        contents = await asyncio.gather(*(take(phone) for phone in phones))
        assert set(contents) == {CONTENT}
        await until(lambda: server.outcomes["served"] == 200)


async def test_200_transfers_at_once_complete(boot: Boot) -> None:
    content = os.urandom(30_000)
    (boot.root / "large.cfg").write_bytes(content)
    all_asked = asyncio.Barrier(200)

    async def answer(request: TftpRequest) -> FileBelow:
        await all_asked.wait()
        return await boot.answer(request)

    async with serving(answer) as server:
        fetched = await asyncio.gather(
            *(fetch(LOCALHOST, server.port, b"large.cfg", timeout_s=20.0) for _ in range(200))
        )
    assert set(fetched) == {content}


@pytest.mark.parametrize(
    "limits",
    [TftpLimits(timeout_s=1.0, most_transfers=2), TftpLimits(timeout_s=1.0, most_per_address=2)],
)
async def test_who_comes_when_there_are_too_many_is_served_when_he_asks_again(
    boot: Boot, limits: TftpLimits
) -> None:
    async with serving(boot.answer, limits) as server:
        with Phone(server) as first, Phone(server) as second, Phone(server) as third:
            _, transfer = await first.ask(CONFIG)
            await second.ask(CONFIG)
            third.socket.sendto(CONFIG, third.server)
            await until(lambda: server.outcomes["overloaded"] == 1)
            first.socket.sendto(error(0, "enough"), transfer)
            await until(lambda: server.outcomes["stopped"] == 1)
            assert (await third.ask(CONFIG))[0] == data(1, CONTENT[:512])


async def test_firmware_is_streamed_and_others_are_served_meanwhile(boot: Boot) -> None:
    """Acceptance I19: 100 MB to 50 slow phones, memory flat."""
    with (boot.root / "firmware.bin").open("wb") as file:
        file.truncate(100_000_000)
    firmware = request(Opcode.READ, b"firmware.bin", b"octet", ((b"blksize", b"8192"),))
    async with serving(boot.answer) as server:
        before = _resident_bytes()
        phones = [Phone(server) for _ in range(50)]
        try:
            transfers = [(await phone.ask(firmware))[1] for phone in phones]
            for block in range(20):
                for phone, transfer in zip(phones, transfers, strict=True):
                    await phone.say(ack(block), transfer)
            assert await fetch(LOCALHOST, server.port, b"phone.cfg") == CONTENT
            await until(lambda: server.outcomes == {"served": 1})
            assert _resident_bytes() - before < 20_000_000
            for phone, transfer in zip(phones, transfers, strict=True):
                phone.socket.sendto(error(0, "switched off"), transfer)
        finally:
            for phone in phones:
                phone.socket.close()


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def test_closing_waits_for_what_is_nearly_done_and_cuts_the_rest(boot: Boot) -> None:
    async with serving(boot.answer) as server:
        with Phone(server) as phone, Phone(server) as silent:
            _, transfer = await phone.ask(CONFIG)
            await silent.ask(CONFIG)
            closing = asyncio.create_task(server.close(grace_s=0.2))
            await phone.say(ack(1), transfer)
            await phone.say(ack(2), transfer)
            phone.socket.sendto(ack(3), transfer)
            await closing
            assert server.outcomes == {"served": 1, "cut": 1}
