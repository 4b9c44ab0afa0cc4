"""Passwords are changed, forced to be changed, and reset by a mail whose link works once."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import structlog
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from ovix_auth.app import create_auth_app
from ovix_auth.mails import MailFailed, Mails
from ovix_auth.passwords.rules import weakness_of
from ovix_auth.settings import AuthSettings
from ovix_schema import AccountEmail, AuditRecord, Entity, PasswordReset, Token, User
from ovix_testkit.builders import a_user
from ovix_testkit.mail_sink import MailSink
from ovix_web import Sessions, running
from sqlalchemy import func, select, update

NEW = "vier blaue Tassen"


@pytest.fixture
async def token_of(log_in: Any) -> Callable[..., Awaitable[dict[str, str]]]:
    """The headers of somebody who logged in."""

    async def headers(backend: str, login: str, **more: Any) -> dict[str, str]:
        granted = await log_in(backend, login, **more)
        assert granted.status_code == 200, granted.text
        return {"X-Auth-Token": granted.json()["data"]["token"]}

    return headers


async def _gone(client: AsyncClient, headers: dict[str, str]) -> None:
    """Every service hears of it within a second; a busy machine may take longer."""
    async with asyncio.timeout(30):
        while (await client.head(f"/0.1/token/{headers['X-Auth-Token']}")).status_code != 404:  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # the database tells the guard


def _body(old: str, new: str = NEW) -> dict[str, str]:
    return {"old_password": old, "new_password": new}


@pytest.mark.parametrize("named", ["me", "uuid"])
async def test_a_user_changes_his_password_and_all_his_sessions_end(
    named: str, alice: Any, token_of: Any, log_in: Any, client: AsyncClient
) -> None:
    user = await alice
    headers = await token_of("xivo_user", "alice")
    url = f"/0.1/users/{user.uuid if named == 'uuid' else 'me'}/password"
    changed = await client.put(url, json=_body("correct horse"), headers=headers)
    assert changed.status_code == 204, changed.text
    await _gone(client, headers)
    assert (await log_in("xivo_user", "alice")).status_code == 401
    assert (await log_in("xivo_user", "alice", NEW)).status_code == 200


async def test_programs_and_administrators_change_theirs(
    an_account: Any, token_of: Any, log_in: Any, client: AsyncClient
) -> None:
    root = await an_account(kind="admin")
    headers = await token_of("xivo_admin", root.login)
    program = await an_account()
    url = f"/0.1/users/{program.uuid}/password"
    changed = await client.put(url, json=_body("correct horse"), headers=headers)
    assert changed.status_code == 204
    assert (await log_in("xivo_service", program.login, NEW)).status_code == 200


async def test_a_wrong_old_password_is_refused_counted_and_told(
    alice: Any, token_of: Any, client_at: Any, sessions: Sessions, prolong: Any
) -> None:
    """Whoever finds a token must not be able to guess the password by it."""
    user = await alice
    headers = await token_of("xivo_user", "alice")
    url = f"/0.1/users/{user.uuid}/password"
    statuses = []
    for number in range(7):
        if number == 6:
            await prolong()
        elsewhere = client_at(f"198.18.30.{number}")
        answer = await elsewhere.put(url, json=_body(f"guess{number}"), headers=headers)
        statuses.append(answer.status_code)
    assert statuses == [401] * 6 + [429]
    async with sessions() as session:
        told = await session.scalar(
            select(func.count())
            .select_from(AuditRecord)
            .where(AuditRecord.action == "password_refused")
            .where(AuditRecord.auth_id == str(user.uuid))
        )
    assert told == 6


@pytest.mark.parametrize(
    ("new", "weakness"),
    [
        ("short", "at least 8 characters"),
        ("password1", "too easy to guess"),
        ("alice2026", "too easy to guess"),
        ("aaaaaaaaaaaaaaaa", "too easy to guess"),
        ("correct horse", "too easy to guess"),
        ("x9#" * 400, "at most 1024 characters"),
        ("good enough\x00 no", "NUL"),
    ],
)
async def test_a_password_that_would_be_guessed_is_refused_with_the_reason(
    new: str, weakness: str, alice: Any, token_of: Any, log_in: Any, client: AsyncClient
) -> None:
    user = await alice
    headers = await token_of("xivo_user", "alice")
    answer = await client.put(
        f"/0.1/users/{user.uuid}/password", json=_body("correct horse", new), headers=headers
    )
    assert answer.status_code == 400
    assert weakness in answer.json()["message"]
    assert answer.json()["error_id"] == "weak-password"
    assert (await log_in("xivo_user", "alice")).status_code == 200


def test_the_score_may_be_switched_off_and_raised() -> None:
    assert weakness_of("password1", [], shortest=8, score=0) is None
    assert weakness_of("bonjour2024", [], shortest=8, score=2) is None
    assert weakness_of("bonjour2024", [], shortest=8, score=3) is not None


def test_the_judgement_of_any_password_is_bounded() -> None:
    """All that disguises could stand for, hundreds of times: it must not take minutes."""
    assert weakness_of("4@8({[<369!1|0$5+7%2" * 50, [], shortest=8, score=2) is None


async def test_nobody_changes_anothers_password_without_the_right(
    alice: Any, save: Any, password_hash: str, token_of: Any, client: AsyncClient
) -> None:
    user = await alice
    await save(a_user(username="bob", password_hash=password_hash, cti_enabled=True))
    url = f"/0.1/users/{user.uuid}/password"
    headers = await token_of("xivo_user", "bob")
    assert (await client.put(url, json=_body("correct horse"), headers=headers)).status_code == 401
    assert (await client.put(url, json=_body("correct horse"))).status_code == 401
    unknown = await client.put(
        "/0.1/users/11111111-1111-4111-8111-111111111111/password",
        json=_body("x"),
        headers=headers,
    )
    assert unknown.status_code == 401


async def test_an_entitys_administrator_does_not_see_users_of_others(
    alice: Any, save: Any, an_account: Any, token_of: Any, client: AsyncClient
) -> None:
    user = await alice
    acme = await save(Entity(name="acme"))
    account = await an_account(kind="admin", entity_id=acme.id)
    headers = await token_of("xivo_admin", account.login)
    for method, path, body in (
        ("PUT", "password", _body("correct horse")),
        ("PUT", "password/expired", None),
    ):
        answer = await client.request(
            method, f"/0.1/users/{user.uuid}/{path}", json=body, headers=headers
        )
        assert answer.status_code == 404
        assert answer.json()["error_id"] == "unknown-user"


async def test_a_password_that_has_to_be_changed_grants_nothing_else(
    alice: Any, an_account: Any, token_of: Any, log_in: Any, client: AsyncClient
) -> None:
    user = await alice
    root = await an_account(kind="admin")
    headers, old = await token_of("xivo_admin", root.login), await token_of("xivo_user", "alice")
    url = f"/0.1/users/{user.uuid}/password"
    assert (await client.put(f"{url}/expired", headers=headers)).status_code == 204
    await _gone(client, old)
    granted = (await log_in("xivo_user", "alice")).json()["data"]
    assert granted["acls"] == ["auth.users.me.password.update"]
    only = {"X-Auth-Token": granted["token"]}
    assert (await client.put(url, json=_body("correct horse"), headers=only)).status_code == 204
    assert len((await log_in("xivo_user", "alice", NEW)).json()["data"]["acls"]) > 10
    assert (await client.put(f"{url}/expired", headers=headers)).status_code == 204
    assert (await client.delete(f"{url}/expired", headers=headers)).status_code == 204
    assert len((await log_in("xivo_user", "alice", NEW)).json()["data"]["acls"]) > 10


async def test_a_change_is_told_with_who_made_it(
    alice: Any, token_of: Any, client: AsyncClient, sessions: Sessions
) -> None:
    user = await alice
    headers = await token_of("xivo_user", "alice")
    await client.put(
        f"/0.1/users/{user.uuid}/password", json=_body("correct horse"), headers=headers
    )
    async with sessions() as session:
        record = (
            await session.scalars(select(AuditRecord).where(AuditRecord.action == "user_updated"))
        ).one()
    assert record.by_auth_id == record.auth_id == str(user.uuid)
    assert record.address is not None
    assert record.details == {"service": "ovix-auth", "changed": ["password_hash"]}


class Desk:
    """auth with a mail server, and what the tests ask of it."""

    def __init__(self, app: FastAPI, client: AsyncClient, sink: MailSink) -> None:
        self.app, self.client, self.sink = app, client, sink

    async def ask(self, **named: str) -> None:
        """Ask for a link, and wait until that is done."""
        answer = await self.client.get("/0.1/users/password/reset", params=named)
        assert answer.status_code == 204
        assert answer.content == b""
        await self.app.state.resets.settled()

    def link(self, number: int = -1) -> dict[str, str]:
        """The parameters of a mail's link."""
        text = self.sink.mails[number].message.get_content()
        found = re.search(r"https://\S+", text)
        assert found is not None
        return {name: values[0] for name, values in parse_qs(urlsplit(found.group()).query).items()}

    async def reset(self, link: dict[str, str], password: str | None = NEW) -> int:
        answer = await self.client.post(
            "/0.1/users/password/reset", params=link, json={"password": password}
        )
        return answer.status_code


@pytest.fixture
async def desk(settings: AuthSettings, clean_database: str) -> AsyncIterator[Desk]:
    async with MailSink() as sink:
        changed = settings.model_copy(
            update={
                "smtp_host": "127.0.0.1",
                "smtp_port": sink.port,
                "mail_from": "pbx@example.org",
                "password_reset_url": "https://pbx.example.org/new"
                "?token={token}&user_uuid={user_uuid}",
            }
        )
        async with running(create_auth_app(changed)) as app:
            transport = ASGITransport(app, client=("198.18.31.1", 40000))
            async with AsyncClient(transport=transport, base_url="http://auth") as client:
                yield Desk(app, client, sink)


@pytest.fixture
async def zoe(save: Any, password_hash: str) -> Any:
    return await save(
        a_user(
            firstname="Zoé\nBcc: x@example.org",
            username="zoe",
            email="zoe@example.org",
            language="fr_FR",
            password_hash=password_hash,
            cti_enabled=True,
        )
    )


async def test_a_password_that_is_kept_elsewhere_is_not_changed_here(
    desk: Desk, zoe: Any, sessions: Sessions, an_account: Any
) -> None:
    """reference/auth.md, C4: password-managed-externally, 405."""
    await desk.ask(username="zoe")
    async with sessions.begin() as session:
        await session.execute(update(User).values(authentication_method="ldap"))
    assert await desk.reset(desk.link()) == 405
    root = await an_account(kind="admin")
    token = await desk.client.post(
        "/0.1/token", json={"backend": "xivo_admin"}, auth=(root.login, "correct horse")
    )
    headers = {"X-Auth-Token": token.json()["data"]["token"]}
    url = f"/0.1/users/{zoe.uuid}/password"
    refused = await desk.client.put(url, json=_body("correct horse"), headers=headers)
    assert (refused.status_code, refused.json()["error_id"]) == (405, "password-managed-externally")
    assert refused.json()["message"] == f"The password of {zoe.uuid} is managed by ldap"
    await desk.ask(username="zoe")
    assert len(desk.sink.mails) == 1, "nobody is mailed a link that would do nothing"
    async with sessions.begin() as session:
        await session.execute(update(User).values(authentication_method="native"))
    assert await desk.reset(desk.link()) == 204


@pytest.mark.parametrize(
    "by", [{"username": "ZOE"}, {"email": "Zoe@example.org"}, {"login": "zoe"}]
)
async def test_a_forgotten_password_is_set_by_a_link_that_works_once(
    by: dict[str, str], desk: Desk, zoe: Any, sessions: Sessions
) -> None:
    await desk.ask(**by)
    [mail] = desk.sink.mails
    assert mail.recipients == ("zoe@example.org",)
    assert mail.sender == "pbx@example.org"
    assert mail.message["Subject"] == "Votre nouveau mot de passe"
    link = desk.link()
    assert link["user_uuid"] == str(zoe.uuid)
    assert await desk.reset(link, "password1") == 400, "a refused password does not use the link up"
    assert await desk.reset({**link, "token": link["token"][:-1] + "_"}) == 401
    assert await desk.reset({**link, "user_uuid": "11111111-1111-4111-8111-111111111111"}) == 401
    assert await desk.reset(link) == 204
    assert await desk.reset(link, "acht gelbe Tassen") == 401
    granted = await desk.client.post("/0.1/token", json={"backend": "xivo_user"}, auth=("zoe", NEW))
    assert granted.status_code == 200
    async with sessions() as session:
        stored = (await session.scalars(select(PasswordReset))).one()
        trail = (await session.scalars(select(AuditRecord).order_by(AuditRecord.id))).all()
    assert link["token"] not in repr(stored.__dict__)
    actions = [each.action for each in trail]
    assert actions[1:] == [
        "password_reset_asked",
        "user_updated",
        "password_reset",
        "token_granted",
    ]
    assert link["token"] not in repr([each.__dict__ for each in trail])


async def test_a_link_ends_sessions_and_other_links_and_may_take_the_password_away(
    desk: Desk, zoe: Any, sessions: Sessions
) -> None:
    await desk.client.post(
        "/0.1/token", json={"backend": "xivo_user"}, auth=("zoe", "correct horse")
    )
    await desk.ask(username="zoe")
    await desk.ask(username="zoe")
    assert await desk.reset(desk.link(0), None) == 204
    assert await desk.reset(desk.link(1)) == 401
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Token)) == 0
        assert (await session.scalars(select(User.password_hash))).one() is None


async def test_a_link_that_is_used_leaves_the_links_of_others_alone(
    desk: Desk, zoe: Any, save: Any, an_account: Any
) -> None:
    await save(a_user(username="yan", email="yan@example.org", cti_enabled=True))
    for login in ("eve", "kim"):
        account = await an_account(kind="user", login=login)
        address = f"{login}@example.org"
        await save(AccountEmail(account_id=account.id, address=address, main=True, confirmed=True))
    for login in ("zoe", "yan", "eve", "kim"):
        await desk.ask(username=login)
    assert [await desk.reset(desk.link(number)) for number in range(4)] == [204] * 4


async def test_a_link_does_not_outlive_its_time(desk: Desk, zoe: Any, sessions: Sessions) -> None:
    await desk.ask(username="zoe")
    async with sessions.begin() as session:
        await session.execute(
            update(PasswordReset).values(
                expires_at=PasswordReset.expires_at
                - timedelta(seconds=desk.app.state.settings.password_reset_expiration)
            )
        )
    assert await desk.reset(desk.link()) == 401


async def test_nobody_learns_who_exists_and_strangers_get_no_mail(
    desk: Desk, save: Any, zoe: Any
) -> None:
    await save(a_user(username="nomail", password_hash="x", cti_enabled=True))
    await save(a_user(username="off", email="off@example.org", cti_enabled=False))
    for named in (
        {"username": "nobody"},
        {"email": "nobody@example.org"},
        {"username": "nomail"},
        {"username": "off"},
        {"username": "zoe%"},
        {"email": "zoe@example.org\nBcc: x@example.org"},
    ):
        await desk.ask(**named)
    assert desk.sink.mails == []


@pytest.mark.parametrize("named", [{}, {"username": "zoe", "email": "zoe@example.org"}])
async def test_exactly_one_name_is_asked_for(named: dict[str, str], desk: Desk) -> None:
    answer = await desk.client.get("/0.1/users/password/reset", params=named)
    assert answer.status_code == 400
    assert "exactly one" in answer.json()["message"]


async def test_mails_to_one_user_and_from_one_address_are_few(
    desk: Desk, zoe: Any, save: Any, sessions: Sessions
) -> None:
    for _ in range(10):
        await desk.ask(username="zoe")
    settings = desk.app.state.settings
    assert len(desk.sink.mails) == settings.password_resets_per_hour
    for number in range(30):
        await save(a_user(username=f"u{number}", email=f"u{number}@example.org", cti_enabled=True))
        await desk.ask(username=f"u{number}")
    assert len(desk.sink.mails) == settings.password_resets_per_address
    async with sessions() as session:
        causes = set(await session.scalars(select(AuditRecord.cause).distinct()))
    assert causes >= {"too_many_for_user", "too_many_from_address"}


async def test_wishes_sent_together_are_counted_one_by_one(desk: Desk, zoe: Any) -> None:
    await asyncio.gather(*(desk.ask(username="zoe") for _ in range(12)))
    assert len(desk.sink.mails) == desk.app.state.settings.password_resets_per_hour


async def test_templates_may_be_the_operators_own(settings: AuthSettings, tmp_path: Path) -> None:
    (tmp_path / "password_reset.en.txt").write_text("Hi {{ firstname }}\n\nUse {{ token }}.\n")
    mails = Mails(settings.model_copy(update={"mail_templates": str(tmp_path)}))
    values = {"username": "zoe", "url": "", "token": "T0", "until": "soon"}
    written = mails.written("password_reset", "de_DE", "z@example.org", firstname="Zoé", **values)
    assert written["Subject"] == "Hi Zoé"
    assert written.get_content() == "Use T0.\n"
    french = mails.written("password_reset", "fr_CA", "z@example.org", firstname="Zoé", **values)
    assert "T0" in french.get_content()


async def test_a_mail_server_that_is_away_is_tried_again_and_given_up(
    settings: AuthSettings, unused_tcp_port: int, monkeypatch: Any
) -> None:
    monkeypatch.setattr("ovix_auth.mails.FIRST_WAIT_S", 0.0)
    changed = {"smtp_host": "127.0.0.1", "smtp_port": unused_tcp_port}
    mails = Mails(settings.model_copy(update=changed))
    values = {"firstname": "Z", "username": "zoe", "url": "", "token": "T0", "until": "soon"}
    mail = mails.written("password_reset", None, "z@example.org", **values)
    with structlog.testing.capture_logs() as logged, pytest.raises(MailFailed):
        await mails.send(mail)
    assert [each["event"] for each in logged] == ["mail_delayed", "mail_delayed"]
