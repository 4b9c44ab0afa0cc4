"""A directory of a hundred people, and servers that are none."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from ovix_ldap import Connection, Server
from ovix_testkit.ldap import PrivateSlapd, a_person, slapd_program

PATIENCE_S = 60.0
"""For a busy machine; nothing that is well takes so long."""

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateSlapd]:
    """alice with a password, and a hundred others."""
    if slapd_program() is None:
        pytest.skip("slapd is not installed (Debian packages slapd, ldap-utils)")
    server = PrivateSlapd(tmp_path_factory.mktemp("slapd"), size_limit=60)
    server.load(
        a_person("alice", password="of alice", mail="alice@example.org", title="a*b(c)\\d")
        + "".join(a_person(f"somebody{number}", sn="Many") for number in range(100))
    )
    server.start()
    yield server
    server.kill()


@asynccontextmanager
async def opened(server: Server, **more: Any) -> AsyncIterator[Connection]:
    """A connection that ends with the block."""
    times = {"connect_s": PATIENCE_S, "answer_s": PATIENCE_S, **more}
    connection = await Connection.open(server, **times)
    try:
        yield connection
    finally:
        connection.end()


@asynccontextmanager
async def impostor(talk: Talk) -> AsyncIterator[str]:
    """The URI of a server that talks as it likes, once it was talked to."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"ldap://localhost:{server.sockets[0].getsockname()[1]}"


def said(number: int, operation: int, code: int = 0) -> bytes:
    """A message with nothing but an LDAPResult (RFC 4511, 4.1.9): 0x61 is a bind's, 0x65 a search's
    end, 0x78 an extended one's."""
    return bytes([0x30, 12, 2, 1, number, operation, 7, 10, 1, code, 4, 0, 4, 0])
