"""``ldap``: a real slapd, which is searched, encrypted, stopped, frozen and replaced by others."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from ovix_dird.backend import Contact, Resources, SourceFailed, Viewer
from ovix_dird.backends.ldap import LdapBackend, LdapSettings, LdapSource
from ovix_testkit.ldap import ADMIN_DN, ADMIN_PASSWORD, BASE_DN, PrivateSlapd, slapd_program

pytestmark = pytest.mark.skipif(
    slapd_program() is None, reason="slapd is not installed (Debian packages slapd, ldap-utils)"
)

FRENCH = Viewer(country="FR")
PATIENCE = {"ldap_network_timeout": 30.0, "ldap_timeout": 30.0}
"""For a busy machine: the defaults are made for a person who waits."""
GUID = UUID("00ff1c2a-285c-2a29-8029-2a7c2826f00d")
"""With the bytes of ``( ) * |`` and a NUL in it."""


def person(uid: str, first: str, last: str, *more: str) -> str:
    def line(name: str, value: str) -> str:
        return f"{name}:: {base64.b64encode(value.encode()).decode()}"

    lines = [f"dn: uid={uid},{BASE_DN}", "objectClass: inetOrgPerson", f"uid: {uid}"]
    lines += [line("cn", f"{first} {last}"), line("sn", last), line("givenName", first), *more]
    return "\n".join(lines) + "\n\n"


PEOPLE = (
    person(
        "elodie", "Élodie", "Dupont", "telephoneNumber: 01 23 45 67 89", "mobile: 06.12.34.56.78"
    )
    + person("marie", "Marie", "Dupont-Martin", "telephoneNumber: 1001", "mail: m@example.org")
    + person("jean", "Jean", "Martin", "telephoneNumber: +33 (0)1 98 76 54 32")
    + person("lea", "Léa", "Noël", "telephoneNumber: 1003", "telephoneNumber: 1004")
    + person("strauss", "Anna", "Strauß")
    + person("star", "A*terisk (*)", "Back\\slash")
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = PrivateSlapd(tmp_path_factory.mktemp("people"))
    made.load(PEOPLE)
    made.start()
    guid = base64.b64encode(GUID.bytes).decode()
    made.modify(
        f"dn: uid=strauss,{BASE_DN}\nchangetype: modify\n"
        "add: objectClass\nobjectClass: activeDirectoryObject\n-\n"
        f"add: objectGUID\nobjectGUID:: {guid}\n"
    )
    yield made
    made.kill()


def settings_of(server: PrivateSlapd, **more: Any) -> LdapSettings:
    return LdapSettings.model_validate(
        {
            "name": "people",
            "ldap_uri": server.uri,
            "ldap_base_dn": BASE_DN,
            "searched_columns": ["cn", "telephoneNumber", "mobile"],
            "first_matched_columns": ["telephoneNumber", "mobile"],
            "format_columns": {"name": "{givenname} {sn}", "phone": "{telephoneNumber}"},
            "unique_column": "entryUUID",
            **PATIENCE,
            **more,
        }
    )


@asynccontextmanager
async def opened(
    server: PrivateSlapd, resources: Resources, **more: Any
) -> AsyncIterator[LdapSource]:
    source = await LdapBackend().open(settings_of(server, **more), resources)
    yield source
    await source.close()


@pytest_asyncio.fixture(loop_scope="session")
async def source(server: PrivateSlapd, resources: Resources) -> AsyncIterator[LdapSource]:
    async with opened(server, resources) as made:
        yield made


def names(contacts: Sequence[Contact]) -> list[Any]:
    return [contact.fields["name"] for contact in contacts]


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("elodie", ["Élodie Dupont"]),
        ("ÉLODIE", ["Élodie Dupont"]),
        ("dupont elo", ["Élodie Dupont"]),
        ("lea", ["Léa Noël"]),
        ("noel", ["Léa Noël"]),
        ("strauß", ["Anna Strauß"]),
        ("mart", ["Jean Martin", "Marie Dupont-Martin"]),
        ("0123", ["Élodie Dupont"]),
        ("06 12 34 56 78", ["Élodie Dupont"]),
        ("+33612", ["Élodie Dupont"]),
        ("1004", ["Léa Noël"]),
        ("slash", ["A*terisk (*) Back\\slash"]),
        ("(*)", ["A*terisk (*) Back\\slash"]),
        ("nobody", []),
    ],
)
async def test_people_are_found_as_in_every_source(
    source: LdapSource, term: str, found: list[str]
) -> None:
    assert sorted(names(await source.search(term, FRENCH))) == found


@pytest.mark.parametrize(
    "term",
    [
        "*)(uid=*",
        "*",
        "a)(|(uid=*",
        "\\2a",
        "x)(userPassword=*",
        "*))%00",
        "\x00",
        "(" * 500,
        "\udce9",
    ],
)
async def test_a_term_is_a_text_and_no_filter(source: LdapSource, term: str) -> None:
    expected = ["A*terisk (*) Back\\slash"] if term == "*" else []
    assert names(await source.search(term, FRENCH)) == expected
    assert await source.first_match(term, FRENCH) is None
    assert await source.contacts([term], FRENCH) == []


async def test_a_filter_of_one_s_own_takes_the_term_escaped(
    server: PrivateSlapd, resources: Resources
) -> None:
    own = {"ldap_custom_filter": "(&(objectClass=inetOrgPerson)(cn=*%Q*))", "searched_columns": []}
    async with opened(server, resources, **own) as source:
        assert names(await source.search("martin", FRENCH)) == [
            "Marie Dupont-Martin",
            "Jean Martin",
        ]
        assert names(await source.search("*)(uid=*", FRENCH)) == []
        assert len(await source.search("", FRENCH)) == 6


async def test_a_filter_of_one_s_own_narrows_what_the_columns_find(
    server: PrivateSlapd, resources: Resources
) -> None:
    async with opened(server, resources, ldap_custom_filter="mail=*") as source:
        assert names(await source.search("dupont", FRENCH)) == ["Marie Dupont-Martin"]
        assert await source.first_match("0123456789", FRENCH) is None


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("0123456789", "Élodie Dupont"),
        ("+33 1 23 45 67 89", "Élodie Dupont"),
        ("0033612345678", "Élodie Dupont"),
        ("0198765432", "Jean Martin"),
        ("1004", "Léa Noël"),
    ],
)
async def test_a_number_is_found_however_it_is_written(
    source: LdapSource, number: str, name: str
) -> None:
    hit = await source.first_match(number, FRENCH)
    assert hit is not None
    assert hit.fields["name"] == name


async def test_many_numbers_are_found_at_once(source: LdapSource) -> None:
    asked = [
        "0123456789",
        "999",
        "1003",
        "",
        "anonymous",
        *(str(each) for each in range(2000, 2050)),
    ]
    found = await source.first_matches(asked, FRENCH)
    assert {number: contact.fields["name"] for number, contact in found.items()} == {
        "0123456789": "Élodie Dupont",
        "1003": "Léa Noël",
    }


async def test_half_a_number_is_nobody_s(source: LdapSource) -> None:
    assert await source.first_match("3456789", FRENCH) is None


async def test_contacts_are_found_again_by_an_operational_attribute(source: LdapSource) -> None:
    [found] = await source.search("elodie", FRENCH)
    assert found.entry_id is not None
    assert UUID(found.entry_id)
    again = await source.contacts([found.entry_id, str(UUID(int=0))], FRENCH)
    assert names(again) == ["Élodie Dupont"]


async def test_active_directory_s_binary_ids_are_read_and_asked_for(
    server: PrivateSlapd, resources: Resources
) -> None:
    guid = {"unique_column": "objectGUID", "unique_column_format": "binary_uuid"}
    async with opened(server, resources, **guid) as source:
        [found] = await source.search("anna", FRENCH)
        assert found.entry_id == str(GUID)
        assert names(await source.contacts([str(GUID), "no uuid"], FRENCH)) == ["Anna Strauß"]


async def test_without_templates_a_contact_is_all_the_texts_there_are(
    server: PrivateSlapd, resources: Resources
) -> None:
    async with opened(server, resources, format_columns={}) as source:
        [found] = await source.search("marie", FRENCH)
        assert found.fields["givenName"] == "Marie"
        assert found.fields["mail"] == "m@example.org"
        assert found.fields["entryUUID"] == found.entry_id


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


ENTRY_WITHOUT_END = b"\x30\x84\x7f\xff\xff\xff" + b"\x02\x01\x02" + b"A" * 65536


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "talks no LDAP|in time"),
        (b"\x00" * 1000, "talks no LDAP|in time"),
        (b"\xff" * 1000, "talks no LDAP|in time"),
        (ENTRY_WITHOUT_END, "without an end"),
        (b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x31\x04\x00\x04\x00", "INVALID_CREDENTIALS"),
        (b"\x30\x0c\x02\x01\x63\x61\x07\x0a\x01\x00\x04\x00\x04\x00", "talks no LDAP"),
        (b"\x30\x05\x02\x01\x01\x42\x00", "talks no LDAP"),
        (b"", "in time|closed"),
    ],
    ids=["http", "zeros", "ones", "endless", "refusal", "other's answer", "request", "silence"],
)
async def test_garbage_on_the_port_is_told_and_bounded(
    server: PrivateSlapd, resources: Resources, said: bytes, cause: str
) -> None:
    sent = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        try:
            await reader.read(1)
            while said:
                writer.write(said)
                sent += len(said)
                await writer.drain()
                if said is not ENTRY_WITHOUT_END:
                    break
            await reader.read()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as impostor:
        port = impostor.sockets[0].getsockname()[1]
        # Only who waits for the rest of an answer has to give up.
        patience = 1.0 if "in time" in cause else 30.0
        uri = {"ldap_uri": f"ldap://127.0.0.1:{port}", "ldap_timeout": patience}
        async with opened(server, resources, **uri) as source:
            with pytest.raises(SourceFailed, match=cause):
                await source.search("elodie", FRENCH)
    assert sent < 16 * 1024 * 1024


async def test_what_is_slipped_in_before_the_encryption_is_never_read(
    server: PrivateSlapd, resources: Resources
) -> None:
    starttls_agreed = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"
    bind_succeeded = b"\x30\x0c\x02\x01\x02\x61\x07\x0a\x01\x00\x04\x00\x04\x00"

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(starttls_agreed + bind_succeeded)
        await reader.read()
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as impostor:
        port = impostor.sockets[0].getsockname()[1]
        uri = {"ldap_uri": f"ldap://localhost:{port}", "ldap_starttls": True}
        async with opened(server, resources, **uri) as source:
            with pytest.raises(SourceFailed, match="talks no LDAP"):
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
