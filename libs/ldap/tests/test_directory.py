"""A real OpenLDAP: binds, searches, their limits and their encryption; frozen, killed, replaced."""

import asyncio
from typing import Any

import pytest
import uvloop
from ovix_ldap import (
    Connection,
    ConnectionOver,
    LdapFailed,
    LdapRefused,
    NoSuchEntry,
    PasswordRefused,
    Pool,
    Server,
)
from ovix_testkit.ldap import BASE_DN, PrivateSlapd
from sansldap import FilterEquality, FilterPresent

from .conftest import PATIENCE_S, opened

ALICE_DN = f"uid=alice,{BASE_DN}"
ALICE = FilterEquality("uid", b"alice")
ALL = FilterPresent("uid")


async def test_a_bind_proves_a_password(directory: PrivateSlapd) -> None:
    async with opened(Server.at(directory.uri)) as connection:
        await connection.bind(ALICE_DN, "of alice")
        await connection.bind("", "")
        with pytest.raises(PasswordRefused):
            await connection.bind(ALICE_DN, "wrong")
        with pytest.raises(PasswordRefused):
            await connection.bind(f"uid=nobody,{BASE_DN}", "of alice")
        # The server itself would take it, as nobody.
        with pytest.raises(PasswordRefused, match="needs a password"):
            await connection.bind(ALICE_DN, "")
        with pytest.raises(PasswordRefused):
            await connection.bind(ALICE_DN, "lone \udce9 surrogate")
        await connection.bind(ALICE_DN, "of alice")


async def test_a_name_that_is_none_is_refused_and_the_connection_goes_on(
    directory: PrivateSlapd,
) -> None:
    async with opened(Server.at(directory.uri)) as connection:
        with pytest.raises(LdapRefused):
            await connection.bind("no name at all", "x")
        with pytest.raises(NoSuchEntry):
            await connection.search("ou=nowhere,dc=example,dc=net", ALL, ["uid"], limit=5)
        with pytest.raises(NoSuchEntry):
            await connection.search("\udce9", ALL, ["uid"], limit=5)
        assert await connection.read(f"uid=nobody,{BASE_DN}", ["mail"]) is None
        assert (await connection.search(BASE_DN, ALICE, ["mail"], limit=5)).entries


async def test_an_entry_is_found_and_read_under_both_cases_of_its_names(
    directory: PrivateSlapd,
) -> None:
    async with opened(Server.at(directory.uri)) as connection:
        answer = await connection.search(BASE_DN, ALICE, ["Mail", "givenName"], limit=5)
        assert answer.complete
        [found] = answer.entries
        assert (found.dn, found.attributes["mail"]) == (ALICE_DN, [b"alice@example.org"])
        assert found.names["mail"].lower() == "mail"
        read = await connection.read(ALICE_DN, ["uid"])
        assert read is not None
        assert read.attributes == {"uid": [b"alice"]}


@pytest.mark.parametrize(("limit", "found"), [(10, 10), (1000, 60)])
async def test_a_limit_of_ours_or_of_the_server_s_is_told(
    directory: PrivateSlapd, limit: int, found: int
) -> None:
    async with opened(Server.at(directory.uri)) as connection:
        answer = await connection.search(BASE_DN, ALL, ["uid"], limit=limit)
        assert (len(answer.entries), answer.complete) == (found, False)


async def test_an_answer_of_more_bytes_than_allowed_ends_the_connection(
    directory: PrivateSlapd,
) -> None:
    async with opened(Server.at(directory.uri), answer_max=1000) as connection:
        await connection.search(BASE_DN, ALICE, ["mail"], limit=1)
        with pytest.raises(ConnectionOver, match="more than 1000 bytes"):
            await connection.search(BASE_DN, ALL, ["uid"], limit=50)
        assert connection.over
        with pytest.raises(ConnectionOver):
            await connection.bind("", "")


async def test_searches_overlap_on_one_connection(directory: PrivateSlapd) -> None:
    async with opened(Server.at(directory.uri)) as connection:
        answers = await asyncio.gather(
            *(
                connection.search(
                    BASE_DN, FilterEquality("uid", f"somebody{number}".encode()), ["uid"], limit=2
                )
                for number in range(50)
            )
        )
    assert [each.entries[0].attributes["uid"] for each in answers] == [
        [f"somebody{number}".encode()] for number in range(50)
    ]


@pytest.mark.parametrize("way", ["ldaps", "starttls"])
async def test_the_certificate_must_be_of_a_known_authority_and_of_the_host(
    directory: PrivateSlapd, way: str
) -> None:
    uri = directory.tls_uri if way == "ldaps" else directory.uri
    ca, starttls = str(directory.ca_file), way == "starttls"
    for verify in (ca, False):
        async with opened(Server.at(uri, starttls=starttls, verify=verify)) as connection:
            await connection.bind(ALICE_DN, "of alice")
            assert connection._transport is not None
            assert connection._transport.get_extra_info("cipher") is not None
    with pytest.raises(ConnectionOver, match="certificate verify failed"):
        await Connection.open(
            Server.at(uri, starttls=starttls), connect_s=PATIENCE_S, answer_s=PATIENCE_S
        )
    known = Server.at(uri, starttls=starttls, verify=ca)
    elsewhere = Server("127.0.0.2", known.port, known.tls, starttls)
    with pytest.raises(ConnectionOver):
        await Connection.open(elsewhere, connect_s=PATIENCE_S, answer_s=PATIENCE_S)


def test_a_refused_certificate_is_told_on_the_loop_of_the_services_too(
    directory: PrivateSlapd,
) -> None:
    """uvloop, unlike asyncio, has closed the transport by then, and takes no goodbye."""
    server = Server.at(directory.uri, starttls=True)
    with pytest.raises(ConnectionOver, match="certificate verify failed"):
        uvloop.run(Connection.open(server, connect_s=PATIENCE_S, answer_s=PATIENCE_S))


async def test_a_frozen_server_is_given_up_at_each_step(directory: PrivateSlapd) -> None:
    server = Server.at(directory.uri)
    async with opened(server, answer_s=0.3) as bound, opened(server, answer_s=0.3) as searching:
        directory.freeze()
        try:
            with pytest.raises(ConnectionOver, match="bind in time"):
                await bound.bind(ALICE_DN, "of alice")
            with pytest.raises(LdapFailed, match="no answer within"):
                await searching.search(BASE_DN, ALICE, ["uid"], limit=1)
            assert bound.over
            assert searching.over
            for encrypted in (
                Server.at(directory.uri, starttls=True, verify=str(directory.ca_file)),
                Server.at(directory.tls_uri, verify=str(directory.ca_file)),
            ):
                with pytest.raises(ConnectionOver, match="in time"):
                    await Connection.open(encrypted, connect_s=0.3, answer_s=0.3)
        finally:
            directory.thaw()


async def test_who_gives_up_a_bind_leaves_no_connection_in_doubt(directory: PrivateSlapd) -> None:
    async with opened(Server.at(directory.uri)) as connection:
        directory.freeze()
        try:
            waiting = asyncio.create_task(connection.bind(ALICE_DN, "of alice"))
            while not connection.busy:  # noqa: ASYNC110 - its first step
                await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        finally:
            directory.thaw()
        assert connection.over


async def test_a_pool_replaces_the_connections_of_a_server_that_was_started_anew(
    directory: PrivateSlapd,
) -> None:
    times: dict[str, Any] = {"connect_s": PATIENCE_S, "answer_s": PATIENCE_S}
    pool = Pool(Server.at(directory.uri), ALICE_DN, "of alice", **times)
    wrong = Pool(Server.at(directory.uri), ALICE_DN, "wrong", **times)
    try:
        assert (await pool.search(BASE_DN, ALICE, ["uid"], 1)).entries
        directory.stop()
        with pytest.raises(ConnectionOver):
            await pool.search(BASE_DN, ALICE, ["uid"], 1)
        directory.start()
        assert (await pool.search(BASE_DN, ALICE, ["uid"], 1)).entries
        with pytest.raises(PasswordRefused):
            await wrong.search(BASE_DN, ALICE, ["uid"], 1)
        assert not wrong._connections
    finally:
        pool.close()
        wrong.close()
