"""ldap_user on a real OpenLDAP: who gets in, and what a directory that fails does to the others."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response
from ovix_auth import builtin_policies
from ovix_auth.app import create_auth_app
from ovix_auth.backends import ldap_user
from ovix_auth.settings import AuthSettings
from ovix_schema import LoginFailure
from ovix_testkit.builders import a_user
from ovix_testkit.ldap import ADMIN_DN, ADMIN_PASSWORD, BASE_DN, PrivateSlapd, a_person
from ovix_web import Sessions, running
from sqlalchemy import select

PEOPLE = "".join(
    [
        a_person("alice", password="of alice", mail="Alice@Example.org"),
        a_person("bob", password="of bob", mail="bob@example.org"),
        a_person("twin", password="of twin", mail="alice@example.org"),
        a_person("nomail", password="of nomail"),
        a_person("stranger", password="of stranger", mail="stranger@example.org"),
        f"dn: cn=second twin,{BASE_DN}\nobjectClass: inetOrgPerson\ncn: second twin\nsn: twin\n"
        "uid: twin\nuserPassword: of twin\nmail: alice@example.org\n\n",
        f"dn: uid=o'neil\\, ann\\+1,{BASE_DN}\nobjectClass: inetOrgPerson\ncn: Ann\nsn: O'Neil\n"
        "uid: o'neil, ann+1\nuserPassword: of ann\nmail: alice@example.org\n\n",
    ]
)

Asked = Callable[[str, str], Awaitable[Response]]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateSlapd]:
    server = PrivateSlapd(tmp_path_factory.mktemp("slapd"))
    server.start()
    server.add(PEOPLE)
    yield server
    server.stop()


@pytest.fixture
def anonymously(directory: PrivateSlapd, settings: AuthSettings) -> AuthSettings:
    return settings.model_copy(
        update={
            "ldap_uri": directory.uri,
            "ldap_user_base_dn": BASE_DN,
            "ldap_user_login_attribute": "uid",
            "ldap_bind_anonymous": True,
            "address_failures_free": 1000,
        }
    )


@asynccontextmanager
async def auth_with(settings: AuthSettings) -> AsyncIterator[Callable[..., Awaitable[Response]]]:
    """auth of these settings, asked for tokens."""
    async with running(create_auth_app(settings)) as app:
        transport = ASGITransport(app, client=("192.0.2.240", 40000))
        async with AsyncClient(transport=transport, base_url="http://auth", timeout=60) as client:

            async def ask(login: str, password: str, backend: str = "ldap_user") -> Response:
                return await client.post(
                    "/0.1/token", json={"backend": backend}, auth=(login, password)
                )

            yield ask


@pytest.fixture
async def user(save: Any, password_hash: str) -> Any:
    """The telephony user of alice's address; her own password is another one."""
    return await save(
        a_user(
            username="al", email="alice@example.org", password_hash=password_hash, cti_enabled=True
        )
    )


def _changes(name: str, directory: PrivateSlapd) -> dict[str, object]:
    return {
        "anonymous search": {},
        "service account": {
            "ldap_bind_anonymous": False,
            "ldap_bind_dn": ADMIN_DN,
            "ldap_bind_password": AuthSettings(
                ldap_bind_password=ADMIN_PASSWORD
            ).ldap_bind_password,
        },
        "user's own bind": {"ldap_bind_anonymous": False},
        "StartTLS": {"ldap_starttls": True, "ldap_ca_file": str(directory.ca_file)},
        "LDAPS": {"ldap_uri": directory.tls_uri, "ldap_ca_file": str(directory.ca_file)},
    }[name]  # type: ignore[return-value]  # a table of tables


@pytest.mark.parametrize(
    "way", ["anonymous search", "service account", "user's own bind", "StartTLS", "LDAPS"]
)
async def test_a_directorys_password_gives_the_token_of_the_user_with_that_address(
    way: str, directory: PrivateSlapd, anonymously: AuthSettings, user: Any
) -> None:
    settings = anonymously.model_copy(update=_changes(way, directory))
    async with auth_with(settings) as ask:
        granted = await ask("alice", "of alice")
        assert granted.status_code == 200, granted.text
        data = granted.json()["data"]
        assert data["auth_id"] == data["xivo_user_uuid"] == str(user.uuid)
        assert set(data["acls"]) >= {*builtin_policies.USER[:5]}
        for login, password in (("alice", "of bob"), ("nobody", "of alice"), ("alice", "")):
            refused = await ask(login, password)
            assert refused.status_code == 401
            assert refused.json()["reason"] == ["Authentication Failed"]


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("bob", "of bob"),
        ("stranger", "of stranger"),
        ("nomail", "of nomail"),
        ("twin", "of twin"),
        ("al", "correct horse"),
    ],
    ids=["no user has the address", "disabled", "no address", "two entries", "password of ours"],
)
async def test_what_is_not_one_enabled_user_with_one_entry_is_refused(
    login: str, password: str, anonymously: AuthSettings, user: Any, save: Any
) -> None:
    await save(a_user(username="s", email="stranger@example.org", cti_enabled=False))
    async with auth_with(anonymously) as ask:
        assert (await ask(login, password)).status_code == 401


@pytest.mark.parametrize("way", ["anonymous search", "user's own bind"])
@pytest.mark.parametrize(
    "login",
    [
        *("*", "al*", "alice)(uid=*", "*)(uid=*", "*))(|(uid=*", "alice)(|(objectClass=*"),
        *("alice\\", f"alice,{BASE_DN}", "alice+cn=alice", "#616c696365", "al\\69ce"),
    ],
)
async def test_a_login_is_a_value_and_never_a_piece_of_a_filter_or_of_a_name(
    way: str, login: str, directory: PrivateSlapd, anonymously: AuthSettings, user: Any
) -> None:
    settings = anonymously.model_copy(update=_changes(way, directory))
    async with auth_with(settings) as ask:
        assert (await ask(login, "of alice")).status_code == 401


@pytest.mark.parametrize("way", ["anonymous search", "user's own bind"])
async def test_a_login_may_hold_characters_that_names_give_a_meaning(
    way: str, directory: PrivateSlapd, anonymously: AuthSettings, user: Any
) -> None:
    settings = anonymously.model_copy(update=_changes(way, directory))
    async with auth_with(settings) as ask:
        assert (await ask("o'neil, ann+1", "of ann")).status_code == 200


async def test_wrong_passwords_of_a_directory_are_counted_and_its_absence_is_not(
    directory: PrivateSlapd, anonymously: AuthSettings, user: Any, sessions: Sessions
) -> None:
    async with auth_with(anonymously) as ask:
        await ask("alice", "wrong")
        directory.kill()
        try:
            for _ in range(3):
                assert (await ask("alice", "of alice")).status_code == 401
        finally:
            directory.start()
    async with sessions() as session:
        counted = (await session.scalars(select(LoginFailure).order_by(LoginFailure.key))).all()
    assert [each.failures for each in counted] == [1, 1]


async def test_a_certificate_of_an_unknown_authority_is_refused(
    directory: PrivateSlapd, anonymously: AuthSettings, user: Any
) -> None:
    for changes in ({"ldap_uri": directory.tls_uri}, {"ldap_starttls": True}):
        async with auth_with(anonymously.model_copy(update=changes)) as ask:
            assert (await ask("alice", "of alice")).status_code == 401


async def test_a_frozen_directory_is_refused_in_time_and_holds_nobody_else_up(
    directory: PrivateSlapd, anonymously: AuthSettings, user: Any, monkeypatch: Any
) -> None:
    """F12 of reference/auth.md."""
    monkeypatch.setattr(ldap_user, "AWAY_FOR_S", 1.0)
    settings = anonymously.model_copy(update={"ldap_timeout_s": 3.0})
    async with auth_with(settings) as ask:
        directory.freeze()
        try:
            waiting = [asyncio.ensure_future(ask("alice", "of alice")) for _ in range(5)]
            assert (await ask("al", "correct horse", "xivo_user")).status_code == 200
            assert not any(each.done() for each in waiting), "answered while the others hang"
            async with asyncio.timeout(30):  # ten times the time-out: they don't queue for it
                answers = await asyncio.gather(*waiting)
            assert [each.status_code for each in answers] == [401] * 5
        finally:
            directory.thaw()
        async with asyncio.timeout(60):
            while (await ask("alice", "of alice")).status_code != 200:  # noqa: ASYNC110
                await asyncio.sleep(0.2)


async def test_after_a_failure_the_directory_is_left_alone_for_a_while(
    anonymously: AuthSettings, user: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(ldap_user, "AWAY_FOR_S", 3600.0)
    async with _impostor(b"garbage" * 100) as (uri, connections):
        async with auth_with(anonymously.model_copy(update={"ldap_uri": uri})) as ask:
            for _ in range(3):
                assert (await ask("alice", "of alice")).status_code == 401
        assert len(connections) == 1


# A bind's success under message number 1, 2 and 3: LDAPResult of RFC 4511, 4.1.9.
_BIND_OK = b"".join(
    bytes([0x30, 0x0C, 0x02, 0x01, number, 0x61, 0x07, 0x0A, 0x01, 0, 0x04, 0, 0x04, 0])
    for number in (1, 2, 3)
)
_STARTTLS_OK = bytes([0x30, 0x0C, 0x02, 0x01, 1, 0x78, 0x07, 0x0A, 0x01, 0, 0x04, 0, 0x04, 0])


@pytest.mark.parametrize(
    ("starttls", "answer"),
    [
        (False, b""),
        (False, b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        (False, bytes([0x30, 0x84, 0x7F, 0xFF, 0xFF, 0xFF])),
        (False, b"\x30" * 200_000),
        (False, _BIND_OK),
        (True, _STARTTLS_OK + _BIND_OK[14:]),
    ],
    ids=["nothing", "HTTP", "two gigabytes promised", "nested", "binds unasked", "before TLS"],
)
async def test_whatever_a_false_directory_says_proves_nobody(
    starttls: bool, answer: bytes, anonymously: AuthSettings, user: Any
) -> None:
    async with _impostor(answer) as (uri, _connections):
        changes = {"ldap_uri": uri, "ldap_starttls": starttls, "ldap_bind_anonymous": False}
        async with auth_with(anonymously.model_copy(update=changes)) as ask:
            assert (await ask("alice", "of alice")).status_code == 401


@asynccontextmanager
async def _impostor(answer: bytes) -> AsyncIterator[tuple[str, list[asyncio.StreamWriter]]]:
    """A server that says the same to whatever it is asked."""
    connections: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        await reader.read(1000)
        writer.write(answer)
        if not answer:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"ldap://127.0.0.1:{server.sockets[0].getsockname()[1]}", connections
    finally:
        server.close()
        for writer in connections:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


@pytest.mark.parametrize(
    "changes",
    [
        {"ldap_uri": None},
        {"ldap_uri": "http://directory.example.org"},
        {"ldap_uri": "ldap://"},
        {"ldap_uri": "ldaps://directory.example.org", "ldap_starttls": True},
        {"ldap_user_base_dn": None},
        {"ldap_uri": "ldaps://directory.example.org", "ldap_ca_file": "/no/such/file"},
    ],
)
async def test_wrong_settings_leave_the_back_end_named_and_refusing(
    changes: dict[str, object], anonymously: AuthSettings, user: Any
) -> None:
    async with auth_with(anonymously.model_copy(update=changes)) as ask:
        assert (await ask("alice", "of alice")).status_code == 401
        assert (await ask("al", "correct horse", "xivo_user")).status_code == 200
