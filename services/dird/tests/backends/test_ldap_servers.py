"""``ldap``: its settings, and servers that are encrypted, limited, stopped, frozen, or are none."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ovix_dird.backend import Resources, SourceFailed
from ovix_dird.backends.ldap import LdapSource
from ovix_testkit.ldap import ADMIN_DN, ADMIN_PASSWORD, PrivateSlapd

from .ldap_people import FRENCH, PEOPLE, names, opened, person, settings_of


async def test_a_password_is_checked_by_the_server(
    server: PrivateSlapd, resources: Resources
) -> None:
    right = {"ldap_username": ADMIN_DN, "ldap_password": ADMIN_PASSWORD}
    async with opened(server, resources, **right) as source:
        assert names(await source.search("elodie", FRENCH)) == ["Élodie Dupont"]
    async with opened(server, resources, ldap_username=ADMIN_DN, ldap_password="wrong") as source:
        with pytest.raises(SourceFailed, match="bind: INVALID_CREDENTIALS") as refused:
            await source.search("elodie", FRENCH)
        assert "wrong" not in str(refused.value)


@pytest.mark.parametrize("way", ["ldaps", "starttls"])
async def test_the_server_s_certificate_is_checked(
    server: PrivateSlapd, resources: Resources, way: str
) -> None:
    encrypted = {"ldap_uri": server.tls_uri} if way == "ldaps" else {"ldap_starttls": True}
    known = {**encrypted, "verify_certificate": str(server.ca_file)}
    async with opened(server, resources, **known) as source:
        assert names(await source.search("elodie", FRENCH)) == ["Élodie Dupont"]
    async with opened(server, resources, **encrypted) as source:
        with pytest.raises(SourceFailed, match="certificate verify failed"):
            await source.search("elodie", FRENCH)
    async with opened(server, resources, **encrypted, verify_certificate=False) as source:
        assert names(await source.search("elodie", FRENCH)) == ["Élodie Dupont"]


async def test_searches_share_connections(server: PrivateSlapd, source: LdapSource) -> None:
    found = await asyncio.gather(*(source.search("elodie", FRENCH) for _ in range(60)))
    assert all(names(each) == ["Élodie Dupont"] for each in found)
    assert len(source._pool._connections) <= 4


async def test_more_than_the_server_gives_at_once_still_holds_what_was_typed(
    tmp_path: Path, resources: Resources
) -> None:
    server = PrivateSlapd(tmp_path / "limited", size_limit=20)
    server.load("".join(person(f"x{n}", f"Xi{n}", "Dxpxnt") for n in range(40)) + PEOPLE)
    server.start()
    try:
        async with opened(server, resources) as source:
            assert "Élodie Dupont" in names(await source.search("dupont", FRENCH))
            assert len(await source.search("", FRENCH)) == 20
    finally:
        server.kill()


async def test_a_server_that_was_started_anew_is_found_again(
    tmp_path: Path, resources: Resources
) -> None:
    server = PrivateSlapd(tmp_path / "restarted")
    server.load(PEOPLE)
    server.start()
    try:
        async with opened(server, resources) as source:
            assert names(await source.search("elodie", FRENCH)) == ["Élodie Dupont"]
            server.kill()
            with pytest.raises(SourceFailed, match=r"can't connect|closed the connection"):
                await source.search("elodie", FRENCH)
            server.start()
            assert names(await source.search("elodie", FRENCH)) == ["Élodie Dupont"]
            server.stop()
            server.start()
            # The connection of before is dead, and nobody is told of it.
            assert names(await source.search("elodie", FRENCH)) == ["Élodie Dupont"]
    finally:
        server.kill()


async def test_a_frozen_server_costs_its_time_out_and_no_thread(
    tmp_path: Path, resources: Resources
) -> None:
    server = PrivateSlapd(tmp_path / "frozen")
    server.load(PEOPLE)
    server.start()
    try:
        async with opened(server, resources, ldap_timeout=0.5) as source:
            await reached(lambda: source.search("elodie", FRENCH))
            server.freeze()
            asked = [source.search("elodie", FRENCH) for _ in range(20)]
            answers = await asyncio.gather(*asked, return_exceptions=True)
            assert all(isinstance(each, SourceFailed) for each in answers), answers
            # A new connection is taken by the kernel, and nobody answers the bind either.
            with pytest.raises(SourceFailed, match="in time"):
                await source.search("elodie", FRENCH)
            server.thaw()
            await reached(lambda: source.search("elodie", FRENCH))
    finally:
        server.kill()


async def test_a_search_given_up_leaves_the_connection_to_the_others(source: LdapSource) -> None:
    await source.search("elodie", FRENCH)
    [connection] = source._pool._connections
    for _ in range(20):
        task = asyncio.create_task(source.search("dupont", FRENCH))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert names(await source.search("elodie", FRENCH)) == ["Élodie Dupont"]
    assert source._pool._connections == [connection]


async def test_garbage_on_the_port_is_told(server: PrivateSlapd, resources: Resources) -> None:
    """More of it in libs/ldap/tests/test_impostors.py."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"\x30\x05\x02\x01\x01\x42\x00")
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as impostor:
        port = impostor.sockets[0].getsockname()[1]
        async with opened(server, resources, ldap_uri=f"ldap://127.0.0.1:{port}") as source:
            with pytest.raises(SourceFailed, match=r"talks no LDAP|closed"):
                await source.search("elodie", FRENCH)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"searched_columns": []}, "searched_columns or ldap_custom_filter"),
        ({"ldap_uri": "http://localhost"}, "ldap://host"),
        ({"ldap_uri": "ldap://localhost/dc=a?sub"}, "ldap://host"),
        ({"ldap_custom_filter": "(cn=*%Q*"}, "filter"),
        ({"searched_columns": ["cn=*)(uid"]}, "not the name of an attribute"),
        ({"ldap_uri": "ldaps://localhost", "ldap_starttls": True}, "encrypted already"),
        ({"ldap_timeout": 0}, "ldap_timeout"),
    ],
)
def test_settings_that_can_t_work_are_refused(
    server: PrivateSlapd, wrong: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        settings_of(server, **wrong)


def test_the_password_is_in_no_text_of_the_settings(server: PrivateSlapd) -> None:
    assert "s3cret" not in repr(settings_of(server, ldap_password="s3cret"))


async def reached(question: Callable[[], Any]) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                await question()
                return
            except SourceFailed:
                await asyncio.sleep(0.05)
