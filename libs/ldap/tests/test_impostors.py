"""Servers that are no directories, or false ones: nothing they say is believed or kept for long."""

import asyncio
from contextlib import suppress
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_ldap import Connection, ConnectionOver, LdapFailed, Server
from ovix_ldap.connection import ABANDONED_MAX
from sansldap import FilterPresent

from .conftest import Talk, impostor, opened, said

BIND, SEARCH_DONE, EXTENDED = 0x61, 0x65, 0x78
ENDLESS = b"\x30\x84\x7f\xff\xff\xff\x02\x01\x02" + b"A" * 65536


def saying(*lines: bytes) -> Talk:
    """Answers each request with the next line, and then waits for the end."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for line in lines:
            if not await reader.read(4096):
                return
            writer.write(line)
            await writer.drain()
        while await reader.read(4096):
            pass

    return talk


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "talks no LDAP|in time"),
        (b"\x00" * 1000, "talks no LDAP|in time"),
        (b"\xff" * 1000, "talks no LDAP|in time"),
        (b"\x30" * 200_000, "talks no LDAP|in time"),
        (b"\x30\x84\x7f\xff\xff\xff", "in time"),
        (ENDLESS * 20, "without an end"),
        (said(1, BIND, 49), "INVALID_CREDENTIALS"),
        (said(1, BIND, 51), "BUSY"),
        (said(99, BIND), "talks no LDAP"),
        (said(1, SEARCH_DONE), "talks no LDAP|something else"),
        (said(1, BIND) + said(2, BIND), "talks no LDAP"),
        (b"\x30\x05\x02\x01\x01\x42\x00", "talks no LDAP"),
    ],
    ids=[
        *("HTTP", "zeros", "ones", "nested", "two gigabytes promised", "endless", "refusal"),
        *("away", "other's answer", "of a search", "one more unasked", "a request"),
    ],
)
async def test_what_is_no_answer_to_a_bind_proves_nothing(line: bytes, told: str) -> None:
    patience_s = 0.5 if "in time" in told else 60.0  # only who waits for the rest has to give up
    async with impostor(saying(line)) as uri:
        with pytest.raises(LdapFailed, match=told):
            async with opened(Server.at(uri), answer_s=patience_s) as connection:
                await connection.bind("cn=anybody", "secret")


async def test_a_server_that_hangs_up_is_told_so() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async with impostor(hang_up) as uri:
        with pytest.raises(ConnectionOver, match="closed the connection"):
            async with opened(Server.at(uri)) as connection:
                await connection.bind("cn=anybody", "secret")


async def test_what_is_slipped_in_before_the_encryption_is_never_read() -> None:
    async with impostor(saying(said(1, EXTENDED) + said(2, BIND))) as uri:
        with pytest.raises(LdapFailed, match="talks no LDAP"):
            async with opened(Server.at(uri, starttls=True)):
                pass


async def test_a_server_that_refuses_starttls_gets_no_password() -> None:
    heard = bytearray()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.read(4096))
        writer.write(said(1, EXTENDED, 2))
        while more := await reader.read(4096):
            heard.extend(more)

    async with impostor(refuse) as uri:
        with pytest.raises(LdapFailed, match="StartTLS: PROTOCOL_ERROR"):
            async with opened(Server.at(uri, starttls=True)) as connection:
                await connection.bind("cn=anybody", "the secret")
    assert b"the secret" not in heard


async def test_the_server_is_told_of_a_search_that_is_given_up() -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4096):
            heard.put_nowait(data)

    async with impostor(listen) as uri, opened(Server.at(uri)) as connection, asyncio.timeout(60):
        for _ in range(ABANDONED_MAX):
            assert not connection.over
            search = asyncio.create_task(
                connection.search("dc=x", FilterPresent("uid"), ["uid"], limit=1)
            )
            await heard.get()
            search.cancel()
            await asyncio.gather(search, return_exceptions=True)
            # An AbandonRequest (RFC 4511, 4.11): [APPLICATION 16] of a message's number.
            assert b"\x50" in (await heard.get())
        assert connection.over


class _Nowhere(asyncio.Transport):
    """Takes what is written."""

    def write(self, data: object) -> None:
        pass

    def abort(self) -> None:
        pass

    def is_closing(self) -> bool:
        return False


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=200),
            st.builds(said, st.integers(0, 4), st.integers(0, 255), st.integers(0, 127)),
            st.binary(max_size=60).map(lambda value: bytes([0x30, len(value)]) + value),
        ),
        max_size=6,
    )
)
def test_no_bytes_break_more_than_the_connection(pieces: list[bytes]) -> None:
    connection = Connection(1.0)
    connection.connection_made(cast(asyncio.BaseTransport, _Nowhere()))
    with asyncio.Runner() as runner:

        async def talked_to() -> None:
            search = asyncio.create_task(
                connection.search("dc=x", FilterPresent("uid"), ["uid"], limit=1)
            )
            await asyncio.sleep(0)
            for piece in pieces:
                connection.data_received(piece)
            connection.connection_lost(None)
            with suppress(LdapFailed):
                await search

        runner.run(talked_to())
    assert connection.over
