"""Requests that no phone sends, to the phones' HTTP server of a provd as it is installed."""

import asyncio
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path

from .service import Provd

SECONDS = float(os.environ.get("OVIX_TEST_FUZZ_SECONDS", "3"))
SEED = int(os.environ.get("OVIX_TEST_FUZZ_SEED", "0")) or random.randrange(2**32)
CONNECTIONS = 8
MOST_GROWTH_KB = 64 * 1024
MARK = b"5ecret outside"
DOCUMENTED = {b"501", b"505"}
"""A method or version that the server does not know (RFC 9110, 15.6)."""
MAC, HERE = "00:15:65:aa:bb:cc", "127.0.0.10"
AGENT = f"Yealink SIP-T46S 66.86.0.15 {MAC}"

METHODS = (
    b"GET",
    b"GET",
    b"GET",
    b"HEAD",
    b"POST",
    b"PUT",
    b"DELETE",
    b"OPTIONS",
    b"get",
    b"G\0T",
    b"",
)
VERSIONS = (b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/0.9", b"HTTP/9.9", b"HTTP", b"\xff", b"")
PARTS = (
    b"/", b"..", b"../", b"%2e%2e", b"%2f", b"..%2f", b"\\", b"..\\", b"%00", b"\0", b"%",
    b"%zz", b"//", b"secret", b"etc/passwd", b"tftpboot", b"tftpboot-old/secret", b"link",
    b"001565aabbcc.cfg", b"y000000000028.cfg", b"?", b"#", b"a" * 300, b"\xc3\xa9",
    b"\xff\xfe", b"http://x/", b"file:///etc/passwd", b";", b"%c0%ae%c0%ae/", b".",
)  # fmt: skip
NAMES = (
    b"User-Agent", b"Range", b"If-Range", b"If-None-Match", b"If-Modified-Since",
    b"Connection", b"Host", b"Expect", b"X-Forwarded-For", b"Transfer-Encoding",
    b"Content-Length", b"Accept", b"Upgrade", b"Cookie", b"X\xff", b"",
)  # fmt: skip
VALUES = (
    AGENT.encode(), b"curl/8", b"bytes=0-0", b"bytes=-1", b"bytes=9-1,2-3",
    b"bytes=" + b"0-1," * 500, b"*", b'"x"', b"close", b"keep-alive", b"chunked", b"0", b"5",
    b"-1", b"99999999999999999999", b"100-continue", b"\xff" * 50, b"A" * 9000, b"%s%s%n",
    b"127.0.0.10", b"::1", b"Yealink SIP-T46S \xff 00:15:65", b"\t", b"x\0y", b"h2c",
)  # fmt: skip


def a_request(chance: random.Random) -> bytes:
    """One that is nearly right, or not at all."""
    if chance.random() < 0.05:
        return chance.randbytes(chance.randrange(1, 2000))
    path = b"/" + b"".join(chance.choices(PARTS, k=chance.randrange(6)))
    lines = [b" ".join((chance.choice(METHODS), path, chance.choice(VERSIONS)))]
    for _ in range(chance.choice((0, 1, 2, 5, 150))):
        lines.append(
            chance.choice(NAMES) + chance.choice((b": ", b":", b"")) + chance.choice(VALUES)
        )
    text = chance.choice((b"\r\n", b"\r\n", b"\n")).join(lines) + b"\r\n\r\n"
    text += chance.choice((b"", b"", b"5\r\nhello\r\n0\r\n\r\n", b"x" * 70_000))
    cut = len(text) if chance.random() < 0.8 else chance.randrange(len(text))
    return text[:cut]


def statuses(answer: bytes) -> Iterator[bytes]:
    """Of the answers on a connection."""
    yield from re.findall(rb"(?:^|\n|\r\n\r\n|})HTTP/1\.[01] (\d{3}) ", answer)


async def fuzzed(port: int, chance: random.Random) -> tuple[int, bytes]:
    """Several requests on one connection; how many, and all that came back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(HERE, 0))
    sent = chance.randrange(1, 4)
    try:
        for _ in range(sent):
            writer.write(a_request(chance))
        writer.write_eof()
        async with asyncio.timeout(60):
            return sent, await reader.read(4 * 1024 * 1024)
    except OSError:  # it hung up, or took too long
        return sent, b""
    finally:
        writer.close()


async def test_nothing_that_is_sent_breaks_it_or_leads_outside(
    provd: Provd, tmp_path: Path
) -> None:
    """I1, I5, I15 by HTTP: no crash, no 5xx, no file from outside, memory bounded."""
    await provd.plugin("install", "ovix-yealink")
    assert (await provd.get("/001565aabbcc.cfg", AGENT, HERE)).status_code == 200
    boot = provd.storage / "plugins" / "ovix-yealink" / "var" / "tftpboot"
    boot.with_name("tftpboot-old").mkdir()
    for secret in (
        tmp_path / "secret",
        boot.with_name("tftpboot-old") / "secret",
        boot.with_name("secret"),
    ):
        secret.write_bytes(MARK)
    (boot / "link").symlink_to(tmp_path / "secret")
    processes = provd.pid, provd.host_pid()
    chance = random.Random(SEED)
    loop = asyncio.get_running_loop()
    requests, answered = 0, 0
    begun: int | None = None
    ends = loop.time() + SECONDS
    while loop.time() < ends:
        outcomes = await asyncio.gather(
            *(fuzzed(provd.http_port, chance) for _ in range(CONNECTIONS))
        )
        for sent, answer in outcomes:
            requests += sent
            assert MARK not in answer, f"seed {SEED}"
            assert b"root:x:" not in answer, f"seed {SEED}"
            found = list(statuses(answer))
            answered += len(found)
            broken = [each for each in found if each >= b"500" and each not in DOCUMENTED]
            assert not broken, f"seed {SEED}: {answer[:500]!r}"
        begun = begun or provd.resident_kb()
    assert answered, f"seed {SEED}: {requests} requests, and no answer"
    assert begun is not None
    assert provd.resident_kb() - begun < MOST_GROWTH_KB, f"seed {SEED}"
    assert (provd.pid, provd.host_pid()) == processes, f"seed {SEED}"
    assert provd.is_running
    assert "phone_request_failed" not in provd.events(), f"seed {SEED}"
    assert (await provd.get("/001565aabbcc.cfg", AGENT, HERE)).status_code == 200
