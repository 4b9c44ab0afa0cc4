"""The phones' HTTP server on the wire (acceptance I1, I4, I5, I19; http-tftp.md, 1)."""

import asyncio
import resource
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from ovix_provd.plugins import HttpAnswer

from .phones_office import HOME, MAC, PhonesOffice

Start = Callable[..., Awaitable[PhonesOffice]]
Ask = Callable[[bytes], Awaitable[bytes]]
AGENT = f"Acme T46S 66.1 {MAC}"


@pytest_asyncio.fixture
async def known(office: PhonesOffice) -> PhonesOffice:
    """A phone is known, and there are some files."""
    await office.fetch()
    (office.root / "a.xml").write_text("0123456789")
    (office.root / "dir").mkdir()
    (office.root / "dir" / "b c.bin").write_bytes(b"inside")
    (office.root.parent / "secret").write_text("outside")
    (office.root / "link").symlink_to(office.root.parent / "secret")
    return office


@pytest_asyncio.fixture
async def wire(known: PhonesOffice) -> AsyncIterator[Ask]:
    """Sends bytes on one connection; what comes until the answer's end."""
    port = known.app.state.phones.http_port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def ask(request: bytes) -> bytes:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length: "):
                length = int(line[16:])
        return head + (b"" if request.startswith(b"HEAD") else await reader.readexactly(length))

    yield ask
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (b"/../../../etc/passwd", 404), (b"/%2e%2e/%2e%2e/etc/passwd", 404),
        (b"/..%2f..%2fetc/passwd", 404), (b"//etc/passwd", 403), (b"/../secret", 404),
        (b"/%2e%2e%2fsecret", 404), (b"/dir/..%2f..%2fsecret", 404), (b"/..%5csecret", 404),
        (b"/link", 404), (b"/dir", 403), (b"/", 403), (b"/dir/", 403), (b"/nothing", 404),
        (b"/a.xml%00", 404), (b"/a.xml/", 403), (b"/a.xml/x", 404), (b"/" + b"n" * 2000, 404),
        (b"/dir/b%20c.bin", 200), (b"/a.xml?x=/../../secret", 200),
    ],
)  # fmt: skip
async def test_i1_i5_nothing_outside_is_reached(wire: Ask, path: bytes, status: int) -> None:
    head = f"X-Forwarded-For: {HOME}\r\nUser-Agent: {AGENT}\r\nHost: x\r\n\r\n".encode()
    answer = await wire(b"GET " + path + b" HTTP/1.1\r\n" + head)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"outside" not in answer
    assert b"root:" not in answer


async def test_i4_only_reading_is_offered(known: PhonesOffice) -> None:
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        answer = await known.get("/a.xml", agent=AGENT, method=method)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
        assert "Method Not Allowed" in answer.text
    directory = await known.get("/dir", agent=AGENT)
    assert (directory.status_code, "Directory listing not permitted." in directory.text) == (
        403, True,
    )  # fmt: skip
    head = await known.get("/a.xml", agent=AGENT, method="HEAD")
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, "10", b"")


async def test_a_file_that_is_had_is_not_sent_again(known: PhonesOffice) -> None:
    first = await known.get("/a.xml", agent=AGENT)
    assert first.headers["Content-Type"] in ("text/xml", "application/xml")
    tag, modified = first.headers["ETag"], first.headers["Last-Modified"]
    for headers in (
        {"If-None-Match": tag}, {"If-None-Match": f'"x", W/{tag}'}, {"If-None-Match": "*"},
        {"If-Modified-Since": modified},
    ):  # fmt: skip
        again = await known.get("/a.xml", agent=AGENT, **headers)
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    for headers in (
        {"If-None-Match": '"x"'}, {"If-None-Match": '"x"', "If-Modified-Since": modified},
        {"If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}, {"If-Modified-Since": "never"},
    ):  # fmt: skip
        assert (await known.get("/a.xml", agent=AGENT, **headers)).status_code == 200


@pytest.mark.parametrize(
    ("asked", "status", "content"),
    [
        ("bytes=2-4", 206, "234"), ("bytes=7-", 206, "789"), ("bytes=-3", 206, "789"),
        ("bytes=0-99", 206, "0123456789"), ("bytes=10-", 416, None), ("bytes=4-2", 200, None),
        ("bytes=0-1,3-4", 200, "0123456789"), ("lines=1-2", 200, "0123456789"),
        ("bytes=-0", 416, None),
    ],
)  # fmt: skip
async def test_parts_of_files(
    known: PhonesOffice, asked: str, status: int, content: str | None
) -> None:
    answer = await known.get("/a.xml", agent=AGENT, Range=asked)
    assert answer.status_code == status
    if content is not None:
        assert answer.text == content
    if status == 416:
        assert answer.headers["Content-Range"] == "bytes */10"


async def test_a_part_of_another_version_is_not_asked_for(known: PhonesOffice) -> None:
    answer = await known.get("/a.xml", agent=AGENT, Range="bytes=2-4", If_Range='"old"')
    assert (answer.status_code, answer.text) == (200, "0123456789")


async def test_connections_are_kept(wire: Ask) -> None:
    request = (
        f"GET /a.xml HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {HOME}\r\nUser-Agent: {AGENT}\r\n\r\n"
    ).encode()
    for _ in range(3):
        assert (await wire(request)).endswith(b"0123456789")
    assert (await wire(request.replace(b"GET", b"HEAD"))).startswith(b"HTTP/1.1 200")
    assert (await wire(request + request)).endswith(b"0123456789")  # the second one follows


async def test_a_plugin_may_answer_itself(known: PhonesOffice) -> None:
    bad = (b"X-Bad", b"a\r\nSet-Cookie: b")
    headers = ((b"Content-Type", b"text/plain"), (b"Content-Length", b"999"), bad)
    known.acme.answer = HttpAnswer(201, headers, b"hello")
    answer = await known.get("/any", agent=AGENT, method="POST")
    assert (answer.status_code, answer.text) == (201, "hello")
    assert answer.headers["Content-Type"] == "text/plain"
    assert "X-Bad" not in answer.headers


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(200)) + b"\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 30000 + b"\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n", 413),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"8000\r\n" + b"a" * 0x8000 + b"\r\n8001\r\n" + b"a" * 0x8001 + b"\r\n", 413,
        ),
        (b"nonsense\r\n\r\n", 400),
    ],
)  # fmt: skip
async def test_there_is_a_limit_to_everything(
    office: PhonesOffice, request_bytes: bytes, status: int
) -> None:
    port = office.app.state.phones.http_port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request_bytes)
    answer = await reader.read()  # until the server closes
    assert not answer or answer.startswith(b"HTTP/1.1 %d" % status)
    writer.close()
    assert await office.devices() == []


async def test_who_drips_a_request_is_cut_off(office_with: Start) -> None:
    office = await office_with(phones_idle_s=0.5)
    port = office.app.state.phones.http_port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    ended = asyncio.create_task(reader.read())
    while not ended.done():
        writer.write(b"G")
        await asyncio.wait({ended}, timeout=0.1)
    writer.close()


async def test_more_connections_than_there_may_be_wait_for_their_turn(office_with: Start) -> None:
    office = await office_with(phones_max_connections=2)
    port = office.app.state.phones.http_port
    first = await asyncio.open_connection("127.0.0.1", port)
    statuses = asyncio.create_task(office.fetch_at_once([(MAC, HOME)] * 8))
    await asyncio.sleep(0)
    first[1].close()
    assert set(await statuses) == {200}


async def test_i19_many_slow_downloads_of_a_large_file_take_no_memory(known: PhonesOffice) -> None:
    """220 phones take 200 MB each, slowly; another one is served meanwhile."""
    with (known.root / "firmware.bin").open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    port = known.app.state.phones.http_port
    request = (
        f"GET /firmware.bin HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {HOME}\r\n"
        f"User-Agent: {AGENT}\r\n\r\n"
    ).encode()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    phones = []
    for _ in range(220):
        phone = socket.create_connection(("127.0.0.1", port))
        phone.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        phone.setblocking(False)
        phones.append(await asyncio.open_connection(sock=phone, limit=4096))
    for _, writer in phones:
        writer.write(request)
    for reader, _ in phones:
        assert b"209715200" in await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(20_000)
    assert (await known.get("/a.xml", agent=AGENT)).text == "0123456789"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB
    for _, writer in phones:
        writer.transport.abort()


async def test_a_large_file_arrives_whole(known: PhonesOffice) -> None:
    content = bytes(range(256)) * 4096
    (known.root / "big.bin").write_bytes(content)
    assert (await known.get("/big.bin", agent=AGENT)).content == content
    part = await known.get("/big.bin", agent=AGENT, Range="bytes=70000-900000")
    assert part.content == content[70000:900001]
