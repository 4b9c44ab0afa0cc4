"""``csv_ws``: a web server that answers CSV, and what other servers do instead."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from ovix_dird.backend import Contact, Resources, SourceFailed, Viewer
from ovix_dird.backends.csv_ws import CsvWsBackend, CsvWsSettings, CsvWsSource
from ovix_dird.backends.http_source import BODY_MAX

FRENCH = Viewer(country="FR")
LINES = '''\
id,firstname,lastname,number
1,Élodie,Dupont,01 23 45 67 89
2,Marie,Martin,1001
3,Paul,"Dupont, dit ""Paulo""",
'''


def settings_of(**more: Any) -> CsvWsSettings:
    return CsvWsSettings.model_validate(
        {
            "name": "web",
            "lookup_url": "http://books.example/lookup?key=k",
            "list_url": "http://books.example/list",
            "searched_columns": ["firstname", "lastname"],
            "first_matched_columns": ["number"],
            "format_columns": {"name": "{firstname} {lastname}"},
            "unique_column": "id",
            "timeout": 30,
            **more,
        }
    )


class Books:
    """A web server in memory that remembers what it was asked."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        self.asked: list[httpx.URL] = []
        self._answer = answer

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        return self._answer(request)


@asynccontextmanager
async def asking(
    resources: Resources, books: Callable[[httpx.Request], httpx.Response], **more: Any
) -> AsyncIterator[CsvWsSource]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(books)) as client:
        given = replace(resources, http=client)
        source = await CsvWsBackend().open(settings_of(**more), given)
        yield source
        await source.close()


@asynccontextmanager
async def serving(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """A server that says whatever it likes; gives its URL."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/lookup"


def csv(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, text=LINES)


def names(contacts: Sequence[Contact]) -> list[Any]:
    return [contact.fields["name"] for contact in contacts]


async def test_every_searched_column_is_asked_for_at_once_and_every_line_is_a_result(
    resources: Resources,
) -> None:
    books = Books(csv)
    async with asking(resources, books) as source:
        found = await source.search("dupont", FRENCH)
    [url] = books.asked
    assert dict(url.params) == {"key": "k", "firstname": "dupont", "lastname": "dupont"}
    assert names(found) == ["Élodie Dupont", 'Paul Dupont, dit "Paulo"', "Marie Martin"]


async def test_a_term_stays_in_its_parameter(resources: Resources) -> None:
    books = Books(csv)
    async with asking(resources, books) as source:
        await source.search("a&key=other#x\r\nHost: y", FRENCH)
    [url] = books.asked
    assert dict(url.params)["key"] == "k"
    assert dict(url.params)["lastname"] == "a&key=other#x\r\nHost: y"


async def test_a_number_is_compared_here_and_asked_for_as_it_may_be_written(
    resources: Resources,
) -> None:
    def exactly(request: httpx.Request) -> httpx.Response:
        header, *lines = LINES.splitlines()
        wanted = request.url.params["number"]
        held = [line for line in lines if line.split(",")[-1].replace(" ", "") == wanted]
        return httpx.Response(200, text="\n".join([header, *held]))

    async with asking(resources, exactly) as source:
        for number in ("0123456789", "+33123456789", "0033 1 23 45 67 89"):
            hit = await source.first_match(number, FRENCH)
            assert hit is not None
            assert hit.fields["name"] == "Élodie Dupont"
        assert await source.first_match("0123456780", FRENCH) is None
        found = await source.first_matches(["1001", "0123456789", "7"], FRENCH)
        assert set(found) == {"1001", "0123456789"}


async def test_a_server_that_answers_all_it_has_is_no_match_for_a_number(
    resources: Resources,
) -> None:
    async with asking(resources, csv) as source:
        assert await source.first_match("999", FRENCH) is None


async def test_favorites_come_from_the_whole_list(resources: Resources) -> None:
    books = Books(csv)
    async with asking(resources, books) as source:
        assert names(await source.contacts(["2", "9"], FRENCH)) == ["Marie Martin"]
        assert books.asked == [httpx.URL("http://books.example/list")]
    async with asking(resources, books, list_url=None) as source:
        assert await source.contacts(["2"], FRENCH) == []
        assert {each.entry_id for each in await source.search("x", FRENCH)} == {None}


@pytest.mark.parametrize("status", [204, 404])
async def test_who_knows_nobody_may_say_so_by_status(resources: Resources, status: int) -> None:
    async with asking(resources, lambda _: httpx.Response(status)) as source:
        assert await source.search("x", FRENCH) == []


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (httpx.Response(500), "answers 500"),
        (httpx.Response(401), "answers 401"),
        (httpx.Response(200, content=b"a,b\n\xff\xfe,1\n"), "encoding"),
        (httpx.Response(200, text="a,a\n1,2\n"), "twice"),
        (httpx.Response(200, content=b"a,b\n1,\x00\n"), "NUL"),
        (httpx.Response(200, text='a,b\n"1,2\n'), "no CSV"),
        (httpx.Response(302, headers={"Location": "http://elsewhere.example/"}), "redirects to"),
        (httpx.Response(302, headers={"Location": "file:///etc/passwd"}), "redirects to"),
        (httpx.Response(302, headers={"Location": "/lookup"}), "more than 3 times"),
    ],
)
async def test_what_is_no_answer_is_told_without_the_url(
    resources: Resources, answer: httpx.Response, cause: str
) -> None:
    url = "http://user:s3cret@books.example/lookup"
    async with asking(resources, lambda _: answer, lookup_url=url) as source:
        with pytest.raises(SourceFailed, match=cause) as failed:
            await source.search("x", FRENCH)
    assert "s3cret" not in str(failed.value)


async def test_a_redirect_within_the_server_is_followed(resources: Resources) -> None:
    def moved(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/lookup":
            return httpx.Response(301, headers={"Location": f"/new?{request.url.query.decode()}"})
        return csv(request)

    async with asking(resources, moved) as source:
        assert "Élodie Dupont" in names(await source.search("dupont", FRENCH))


async def test_other_encodings_are_read_when_they_are_named(resources: Resources) -> None:
    latin = httpx.Response(
        200, content=LINES.encode("latin-1"), headers={"Content-Type": "text/csv; charset=latin-1"}
    )
    async with asking(resources, lambda _: latin) as source:
        assert "Élodie Dupont" in names(await source.search("dupont", FRENCH))


async def test_a_hanging_server_costs_the_time_out(resources: Resources) -> None:
    async def hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(hang) as url, asking_for_real(resources, url, timeout=0.2) as source:
        with pytest.raises(SourceFailed, match=r"no answer within 0\.2 s"):
            await source.search("x", FRENCH)


async def test_a_trickle_costs_the_time_out_too(resources: Resources) -> None:
    async def trickle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with serving(trickle) as url, asking_for_real(resources, url, timeout=0.5) as source:
        with pytest.raises(SourceFailed, match=r"no answer within 0\.5 s"):
            await source.search("x", FRENCH)


@pytest.mark.parametrize("told", [b"Content-Length: 1073741824\r\n", b""], ids=["length", "none"])
async def test_an_answer_of_a_gigabyte_is_read_no_further_than_the_limit(
    resources: Resources, told: bytes
) -> None:
    sent = 0

    async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n" + told + b"\r\na,b\n")
        while sent < 1024 * 1024 * 1024:
            writer.write(b"1,2\n" * 16_384)
            sent += 65_536
            await writer.drain()

    async with serving(flood) as url, asking_for_real(resources, url) as source:
        with pytest.raises(SourceFailed, match=f"more than {BODY_MAX} bytes"):
            await source.search("x", FRENCH)
    assert sent < 8 * BODY_MAX


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\na,b",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\na,b",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000,
    ],
    ids=["nothing", "ssh", "cut", "compressed", "headers"],
)
async def test_garbage_is_told_and_bounded(resources: Resources, said: bytes) -> None:
    async def say(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await writer.drain()

    async with serving(say) as url, asking_for_real(resources, url) as source:
        with pytest.raises(SourceFailed):
            await source.search("x", FRENCH)


@pytest.mark.parametrize(
    "wrong",
    [
        {"lookup_url": "file:///etc/passwd"},
        {"lookup_url": "books"},
        {"list_url": "gopher://x"},
        {"delimiter": ""},
        {"timeout": 0},
    ],
)
def test_settings_that_can_t_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        settings_of(**wrong)


@asynccontextmanager
async def asking_for_real(
    resources: Resources, url: str, timeout: float = 60
) -> AsyncIterator[CsvWsSource]:
    source = await CsvWsBackend().open(settings_of(lookup_url=url, timeout=timeout), resources)
    yield source
    await source.close()
