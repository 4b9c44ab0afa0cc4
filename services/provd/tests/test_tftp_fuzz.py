"""Rubbish on every port of the TFTP server: nothing crashes, leaks, or leaves tftpboot.

``OVIX_TEST_FUZZ_SECONDS`` says for how long; ``OVIX_TEST_FUZZ_SEED`` repeats a run.
"""

import asyncio
import os
import random
import time
from pathlib import Path

from ovix_provd.phones.tftp import TftpLimits
from ovix_provd.plugins import FileBelow, TftpRequest
from ovix_testkit.tftp import fetch
from ovix_tftp.packets import Opcode, ack, data, error, request

from .tftp_server import Phone, serving, until

SECONDS = float(os.environ.get("OVIX_TEST_FUZZ_SECONDS", "3"))
SEED = int(os.environ.get("OVIX_TEST_FUZZ_SEED", "0")) or random.randrange(2**32)
LIMITS = TftpLimits(timeout_s=0.1, most_transfers=100)
MOST_GROWTH_BYTES = 32_000_000
SECRET = b"secret-"
_NAMES = [b"phone.cfg", b"/sub/deep.cfg", b"secret", b"link", b"tftpboot-old/secret", b"etc/passwd"]
_PIECES = [b"..", b".", b"", b"/", b"\\", b"%2e%2e", b"\0", b"\xff", b"sub", b"link", *_NAMES]
_OPTIONS = [b"blksize", b"tsize", b"timeout", b"windowsize", b"BLKSIZE", b"", b"x"]
_VALUES = [b"0", b"1", b"8", b"255", b"512", b"65464", b"70000", b"-1", b"1e3", b"\xc2\xb2", b""]


class Fuzz:
    """Makes datagrams, from nearly right to nothing of the kind."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def datagram(self) -> bytes:
        choose = self.random.random()
        if choose < 0.4:
            made = self._request()
        elif choose < 0.7:
            made = ack(self.random.choice([0, 1, 2, 3, self.random.randrange(65536)]))
        elif choose < 0.8:
            made = self.random.choice([error(0, "no"), data(1, b"x" * 512), b"\0\6x\0y\0", b""])
        else:
            made = self.random.randbytes(self.random.randrange(40))
        if self.random.random() < 0.2 and made:
            place = self.random.randrange(len(made))
            made = made[:place] + self.random.randbytes(1) + made[place + 1 :]
        if self.random.random() < 0.05:
            made += self.random.randbytes(self.random.choice([1, 600, 1200, 9000]))
        return made

    def _request(self) -> bytes:
        some = self.random
        name = b"/".join(some.choices(_PIECES, k=some.randrange(5)))
        options = tuple(
            (some.choice(_OPTIONS), some.choice(_VALUES)) for _ in range(some.randrange(4))
        )
        opcode = some.choice([Opcode.READ] * 9 + [Opcode.WRITE])
        mode = some.choice([b"octet"] * 9 + [b"netascii"])
        return request(opcode, some.choice([name, some.choice(_NAMES)]), mode, options)


def _boot(directory: Path) -> Path:
    root = directory / "tftpboot"
    for each in (root / "sub", directory / "tftpboot-old", directory / "sub"):
        each.mkdir(parents=True)
    (root / "phone.cfg").write_bytes(b"served." * 1000)
    (root / "sub" / "deep.cfg").write_bytes(b"served." * 10)
    for outside in ("tftpboot-old/secret", "secret", "sub/secret"):
        (directory / outside).write_bytes(SECRET * 1000)
    (root / "link").symlink_to("../secret")
    return root


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def test_nothing_that_is_sent_does_harm(tmp_path: Path) -> None:
    print(f"seed {SEED}")  # noqa: T201  # pytest shows it when the test fails
    fuzz = Fuzz(SEED)
    root = _boot(tmp_path)

    async def answer(request: TftpRequest) -> FileBelow:
        return FileBelow(root, request.filename)

    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
    try:
        async with serving(answer, LIMITS) as server:
            phones = [Phone(server) for _ in range(20)]
            transfers = [phones[0].server] * 50
            sent = heard = before = 0
            end_at = time.monotonic() + SECONDS
            while time.monotonic() < end_at:
                for phone in phones:
                    peer = fuzz.random.choice([phone.server, fuzz.random.choice(transfers)])
                    phone.socket.sendto(fuzz.datagram(), peer)
                    sent += 1
                await asyncio.sleep(0)
                for phone in phones:
                    try:
                        datagram, sender = phone.socket.recvfrom(2**16)
                    except BlockingIOError:
                        continue
                    heard += 1
                    assert datagram[:2] in (b"\0\3", b"\0\5", b"\0\6")
                    assert SECRET not in datagram
                    assert b"root:" not in datagram
                    transfers[fuzz.random.randrange(len(transfers))] = sender
                if not before and sent > 5_000:
                    before = _resident_bytes()
            for phone in phones:
                phone.socket.close()
            assert await fetch("127.0.0.1", server.port, b"phone.cfg") == b"served." * 1000
            await until(lambda: server.outcomes["served"] > 0)
            assert heard > 0
            growth = _resident_bytes() - before if before else 0
        print(f"{sent} datagrams, {growth} bytes: {dict(server.outcomes)}")  # noqa: T201
        assert growth < MOST_GROWTH_BYTES
    finally:
        asyncio.get_running_loop().set_exception_handler(None)
    assert faults == []
