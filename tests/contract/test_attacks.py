"""Clients that mean harm, or are broken: the answer is clear, and the service lives on."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

SERVICES = ("auth", "confd", "calld", "provd", "dird")
WRITES = {
    "auth": "/0.1/token",
    "confd": "/1.1/users",
    "calld": "/1.0/calls",
    "provd": "/provd/dev_mgr/devices",
    "dird": "/0.1/displays",
}
FIFTY_MB = 50 * 1000 * 1000
CONNECTIONS = 2000
PATIENCE_S = 60.0
"""For an answer: a machine that is busy with other tests may take seconds."""


@pytest.fixture(params=SERVICES)
def target(request: pytest.FixtureRequest, service: Callable[[str], Any]) -> Any:
    """Each service in turn."""
    return service(request.param)


async def _raw(port: int, data: bytes, wait_s: float = 5) -> bytes:
    """Send the bytes; what comes back until the other end closes or the time is over."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        writer.write(data)
        async with asyncio.timeout(wait_s):
            await writer.drain()
            while chunk := await reader.read(65536):
                answer += chunk
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.close()
    return answer


async def test_a_body_of_50_mb_is_refused_and_not_kept(target: Any) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(FIFTY_MB // 100_000):
            yield b" " * 100_000

    before_mb = target.memory_mb()
    headers = {**target.headers, "Content-Type": "application/json"}
    url = target.url + WRITES[target.name]
    async with httpx.AsyncClient(timeout=PATIENCE_S) as client:
        announced = await client.post(url, content=b" " * FIFTY_MB, headers=headers)
        assert announced.status_code == 413
        assert "larger than" in announced.text
        unannounced = await client.post(url, content=chunks(), headers=headers)
        assert unannounced.status_code == 413
    target.assert_alive()
    # Without a Content-Length, what comes before the limit has to be held for a moment.
    assert target.memory_mb() - before_mb < 25


@pytest.mark.parametrize(
    "body",
    [b"\x00" * 100, b"{" * 100_000, b"[" * 100_000, b'"' + b"\\ud800" * 1000 + b'"', b"1e999999"],
    ids=["nul", "braces", "brackets", "surrogates", "number"],
)
async def test_a_body_of_nonsense_is_400(target: Any, body: bytes) -> None:
    async with httpx.AsyncClient(timeout=PATIENCE_S) as client:
        response = await client.post(
            target.url + WRITES[target.name],
            content=body,
            headers={**target.headers, "Content-Type": "application/json"},
        )
    assert response.status_code in (400, 413), response.text
    target.assert_alive()


@pytest.mark.parametrize(
    "number", ["0", "-1", "2147483648", "9" * 30, "9" * 5000, "1e3", "%00", "١"]
)
async def test_an_id_that_can_not_be_is_no_server_error(
    service: Callable[[str], Any], number: str
) -> None:
    target = service("confd")
    async with httpx.AsyncClient(headers=target.headers, timeout=PATIENCE_S) as client:
        for path in ("/1.1/users/{}", "/1.1/lines/{}", "/1.1/users/{}/lines/{}"):
            for method in ("GET", "DELETE", "PUT"):
                url = target.url + path.replace("{}", number)
                response = await client.request(method, url, json={} if method == "PUT" else None)
                assert response.status_code in (400, 404, 405, 414), (
                    method,
                    url[:80],
                    response.text,
                )
    target.assert_alive()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_refused(target: Any, garbage: bytes) -> None:
    answer = await _raw(target.port, garbage, wait_s=3)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), answer[:200]
    target.assert_alive()


async def test_random_bytes_do_no_harm(target: Any) -> None:
    dice = random.Random(5)
    heads = [b"", b"GET /0.1/backends HTTP/1.1\r\n", b"POST /0.1/token HTTP/1.1\r\nHost: x\r\n"]
    await asyncio.gather(
        *(
            _raw(target.port, dice.choice(heads) + dice.randbytes(dice.randrange(1, 3000)), 0.5)
            for _ in range(100)
        )
    )
    target.assert_alive()


async def test_a_head_without_end_is_cut(target: Any) -> None:
    endless = b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(
        b"X-%d: %s\r\n" % (number, b"y" * 1000) for number in range(2000)
    )
    answer = await _raw(target.port, endless)
    assert len(answer) < 1000
    one_line = await _raw(target.port, b"GET / HTTP/1.1\r\nX: " + b"y" * 2_000_000)
    assert len(one_line) < 1000
    target.assert_alive()


async def test_slow_heads_are_dropped_while_others_are_served(target: Any) -> None:
    """Slow loris: a hundred clients send a byte now and then."""
    dropped = 0

    async def drip() -> None:
        nonlocal dropped
        reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
        for byte in b"GET / HTTP/1.1\r\n":
            writer.write(bytes((byte,)))
            await asyncio.sleep(0.3)
            if reader.at_eof() or writer.transport.is_closing():
                break
        dropped += reader.at_eof() or writer.transport.is_closing()
        writer.close()

    served_meanwhile = 0
    drips = asyncio.gather(*(drip() for _ in range(100)), return_exceptions=True)
    async with httpx.AsyncClient(timeout=PATIENCE_S) as client:
        while not drips.done():
            assert (await client.get(f"{target.url}/health/live")).status_code == 200
            served_meanwhile += not dropped
            await asyncio.sleep(0.05)
    await drips
    assert served_meanwhile > 0
    assert dropped == 100
    target.assert_alive()


async def test_a_body_that_does_not_come_is_408(target: Any) -> None:
    head = (
        f"POST {WRITES[target.name]} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"X-Auth-Token: {target.token}\r\nContent-Length: 100\r\n\r\n"
    )
    answer = await _raw(target.port, head.encode() + b"{", wait_s=PATIENCE_S)
    assert answer.startswith(b"HTTP/1.1 408"), answer[:300]
    assert b"did not arrive" in answer
    target.assert_alive()


async def test_two_thousand_connections_are_all_answered(target: Any) -> None:
    request = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
    answered = 0
    streams: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    # All stay; few connect at one moment, so that this client sends its heads in time.
    gate = asyncio.Semaphore(50)

    async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal answered
        writer.write(request)
        async with asyncio.timeout(PATIENCE_S):
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(len(b'{"status":"ok"}'))
        answered += head.startswith(b"HTTP/1.1 200")

    async def join() -> None:
        async with gate:
            stream = await asyncio.open_connection("127.0.0.1", target.port)
            streams.append(stream)
            await ask(*stream)

    try:
        await asyncio.gather(*(join() for _ in range(CONNECTIONS)))
        await asyncio.gather(*(ask(*each) for each in streams))
        assert answered == 2 * CONNECTIONS
        target.assert_alive()
    finally:
        for _, writer in streams:
            writer.close()
    assert target.memory_mb() < 250
    target.assert_alive()
