"""E-mail addresses of accounts: replaced, confirmed by a link that works once, good for logins."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from ovix_auth.app import create_auth_app
from ovix_auth.keeping import Keeper
from ovix_auth.settings import AuthSettings
from ovix_schema import AccountEmail, AuditRecord, EmailConfirmation, Entity
from ovix_testkit.builders import a_user
from ovix_testkit.mail_sink import MailSink
from ovix_web import Sessions, running
from sqlalchemy import func, select, update

from .test_policies import Headers, headers_of, of_acme, root

__all__ = ["of_acme", "root"]

PASSWORD = "correct horse"


@pytest.fixture
async def zoe(an_account: Any) -> Any:
    """A user of auth's own who may change her addresses and have them confirmed."""
    return await an_account(kind="user", login="zoe", acl=["auth.users.me.emails.#"], is_root=False)


async def _put(
    client: AsyncClient, headers: Headers, user: Any, *emails: Any, admin: bool = False
) -> Response:
    prefix = "/0.1/admin" if admin else "/0.1"
    return await client.put(
        f"{prefix}/users/{user}/emails", json={"emails": list(emails)}, headers=headers
    )


def _mail(address: str, main: Any = True, **more: Any) -> dict[str, Any]:
    return {"address": address, "main": main, **more}


async def test_a_user_replaces_addresses_and_new_ones_are_not_confirmed(
    zoe: Any, log_in: Any, client: AsyncClient
) -> None:
    headers = await headers_of(log_in, "wazo_user", "zoe")
    first = await _put(client, headers, "me", _mail("z@example.org", confirmed=True))
    assert first.status_code == 200, first.text
    [kept] = first.json()
    assert kept == {
        "uuid": kept["uuid"], "address": "z@example.org", "main": True, "confirmed": False
    }  # fmt: skip
    second = await _put(
        client, headers, zoe.uuid, _mail("Z@example.org", main=False), _mail("new@example.org")
    )
    assert [each["address"] for each in second.json()] == ["new@example.org", "Z@example.org"]
    assert second.json()[1]["uuid"] == kept["uuid"], "an address that stays is the same one"
    assert (await _put(client, headers, "me")).json() == []


async def test_an_administrator_says_what_is_confirmed_and_null_leaves_it(
    zoe: Any, root: Headers, client: AsyncClient
) -> None:
    async def put(confirmed: bool | None) -> Any:
        given = _mail("z@example.org", confirmed=confirmed)
        answer = await _put(client, root, zoe.uuid, given, admin=True)
        assert answer.status_code == 200, answer.text
        return answer.json()[0]["confirmed"]

    assert [await put(each) for each in (None, True, None, False, None)] == [
        *(False, True, True, False, False)
    ]
    shown = (await client.get(f"/0.1/users/{zoe.uuid}", headers=root)).json()
    assert [each["address"] for each in shown["emails"]] == ["z@example.org"]
    listed = (await client.get("/0.1/users?search=z@example.org", headers=root)).json()
    assert [each["emails"] for each in listed["items"]] == [shown["emails"]]


WRONG: tuple[Any, ...] = (
    [_mail("a@example.org", main=False)],
    [_mail("a@example.org"), _mail("b@example.org")],
    [_mail("a@example.org"), _mail("A@example.org", main=False)],
    [_mail("no address")],
    [_mail("a@b\x00")],
    [_mail("a" * 250 + "@b.org")],
    [{"address": "a@example.org"}],
    [_mail("a@example.org", main="yes")],
    [_mail(f"a{n}@example.org", main=n == 0) for n in range(21)],
    "a@example.org",
    None,
)


@pytest.mark.parametrize("prefix", ["/0.1", "/0.1/admin"])
async def test_there_is_one_main_address_and_none_twice(
    prefix: str, zoe: Any, root: Headers, client: AsyncClient
) -> None:
    url = f"{prefix}/users/{zoe.uuid}/emails"
    for emails in WRONG:
        answer = await client.put(url, json={"emails": emails}, headers=root)
        assert answer.status_code == 400, emails


async def test_an_address_is_one_accounts(
    zoe: Any, an_account: Any, root: Headers, client: AsyncClient
) -> None:
    other = await an_account(kind="user")
    assert (await _put(client, root, zoe.uuid, _mail("z@example.org"))).status_code == 200
    taken = await _put(client, root, other.uuid, _mail("Z@Example.org"))
    assert (taken.status_code, taken.json()["error_id"]) == (409, "conflict")


async def test_a_telephony_users_address_is_confds(
    alice: Any, root: Headers, client: AsyncClient
) -> None:
    user = await alice
    for admin in (False, True):
        answer = await _put(client, root, user.uuid, _mail("a@example.org"), admin=admin)
        assert (answer.status_code, answer.json()["error_id"]) == (403, "managed-by-confd")


async def test_each_route_asks_for_its_access(
    zoe: Any, an_account: Any, log_in: Any, root: Headers, client: AsyncClient
) -> None:
    [email] = (await _put(client, root, zoe.uuid, _mail("z@example.org"))).json()
    user, address = zoe.uuid, email["uuid"]
    for method, path, access in (
        ("PUT", f"/users/{user}/emails", f"users.{user}.emails.update"),
        ("PUT", f"/admin/users/{user}/emails", f"admin.users.{user}.emails.update"),
        (
            "GET", f"/users/{user}/emails/{address}/confirm",
            f"users.{user}.emails.{address}.confirm.read",
        ),
        ("PUT", f"/emails/{address}/confirm", f"emails.{address}.confirm.update"),
    ):  # fmt: skip
        program = await an_account(acl=["auth.users.me.emails.#"])
        poor = await headers_of(log_in, "xivo_service", program.login)
        assert (await client.request(method, f"/0.1{path}")).status_code == 401
        refused = await client.request(method, f"/0.1{path}", headers=poor, json={"emails": []})
        assert refused.status_code == 401
        assert refused.json()["details"]["required_access"] == f"auth.{access}"


async def test_nobody_gives_an_address_to_who_may_do_more(
    an_account: Any, log_in: Any, root: Headers, client: AsyncClient
) -> None:
    """Whoever reads an account's mail can set its password."""
    mighty = await an_account(kind="user", login="mighty", acl=["confd.trunks.#"])
    clerk = await an_account(acl=["auth.users.#", "auth.admin.#"])
    headers = await headers_of(log_in, "xivo_service", clerk.login)
    for admin in (False, True):
        refused = await _put(client, headers, mighty.uuid, _mail("me@example.org"), admin=admin)
        assert refused.status_code == 401
    url = f"/0.1/users/{mighty.uuid}"
    body = {"email_address": "me@example.org"}
    assert (await client.put(url, json=body, headers=headers)).status_code == 401


async def test_an_entitys_administrator_reaches_its_accounts_alone(
    zoe: Any, of_acme: Headers, client: AsyncClient
) -> None:
    answer = await _put(client, of_acme, zoe.uuid, _mail("z@example.org"), admin=True)
    assert (answer.status_code, answer.json()["error_id"]) == (404, "unknown-user")


async def test_only_a_confirmed_address_logs_in_in_any_case(
    zoe: Any, root: Headers, log_in: Any, client: AsyncClient
) -> None:
    given = _mail("z@example.org", confirmed=False)
    await _put(client, root, zoe.uuid, given, admin=True)
    assert (await log_in("wazo_user", "z@example.org")).status_code == 401
    await _put(client, root, zoe.uuid, {**given, "confirmed": True}, admin=True)
    granted = await log_in("wazo_user", "Z@Example.org")
    assert granted.json()["data"]["auth_id"] == str(zoe.uuid)


async def test_an_administrator_who_makes_an_account_vouches_for_its_address(
    root: Headers, log_in: Any, client: AsyncClient
) -> None:
    body = {"username": "yan", "password": PASSWORD, "email_address": "yan@example.org"}
    made = (await client.post("/0.1/users", json=body, headers=root)).json()
    assert made["emails"][0]["confirmed"] is True
    assert (await log_in("wazo_user", "yan@example.org")).status_code == 200


async def test_a_telephony_user_logs_in_by_confds_address_unless_it_is_a_username(
    save: Any, password_hash: str, log_in: Any
) -> None:
    common = {"password_hash": password_hash, "cti_enabled": True}
    ada = await save(a_user(username="ada", email="ada@example.org", **common))
    await save(a_user(username="bob", email="eve@example.org", **common))
    eve = await save(a_user(username="eve@example.org", **common))
    for login, user in (("Ada@example.org", ada), ("eve@example.org", eve)):
        granted = await log_in("xivo_user", login)
        assert granted.json()["data"]["auth_id"] == str(user.uuid)


class Post:
    """auth with a mail server, and one account's address that is not confirmed."""

    def __init__(self, app: FastAPI, client: AsyncClient, sink: MailSink) -> None:
        self.app, self.client, self.sink = app, client, sink
        self.headers: Headers = {}
        self.user = self.email = ""

    async def ask(self) -> Response:
        url = f"/0.1/users/{self.user}/emails/{self.email}/confirm"
        answer = await self.client.get(url, headers=self.headers)
        await self.app.state.confirmations.queue.settled()
        return answer

    def url(self, number: int = -1) -> str:
        """The path and query of a mail's link."""
        text = self.sink.mails[number].message.get_content()
        found = re.search(r"https://pbx\.example\.org(\S+)", text)
        assert found is not None
        return found.group(1)

    def token(self, number: int = -1) -> Headers:
        return {"X-Auth-Token": self.url(number).partition("token=")[2]}

    async def confirmed(self) -> Any:
        user = (await self.client.get(f"/0.1/users/{self.user}", headers=self.headers)).json()
        return [each["confirmed"] for each in user["emails"]]


@pytest.fixture
async def post(settings: AuthSettings, clean_database: str, an_account: Any) -> AsyncIterator[Post]:
    boss = await an_account(kind="admin", acl=["#"])
    zoe = await an_account(kind="user", login="zoe", firstname="Zoé\nBcc: x@example.org")
    async with MailSink() as sink:
        changed = settings.model_copy(
            update={
                "smtp_host": "127.0.0.1",
                "smtp_port": sink.port,
                "email_confirmation_url": "https://pbx.example.org/0.1/emails/{email_uuid}"
                "/confirm?token={token}",
            }
        )
        async with running(create_auth_app(changed)) as app:
            transport = ASGITransport(app, client=("198.18.50.1", 40000))
            async with AsyncClient(transport=transport, base_url="http://auth") as client:
                made = Post(app, client, sink)
                granted = await client.post(
                    "/0.1/token", json={"backend": "xivo_admin"}, auth=(boss.login, PASSWORD)
                )
                made.headers = {"X-Auth-Token": granted.json()["data"]["token"]}
                made.user = str(zoe.uuid)
                answer = await _put(client, made.headers, made.user, _mail("zoe@example.org"))
                made.email = answer.json()[0]["uuid"]
                yield made


async def test_a_link_confirms_an_address_once(post: Post, sessions: Sessions) -> None:
    assert (await post.ask()).status_code == 204
    [mail] = post.sink.mails
    assert mail.recipients == ("zoe@example.org",)
    assert mail.message["Subject"] == "Confirm your e-mail address"
    shown = await post.client.get(post.url())
    assert shown.status_code == 200
    assert shown.headers["content-type"].startswith("text/html")
    assert shown.headers["referrer-policy"] == "no-referrer"
    assert await post.confirmed() == [True]
    again = await post.client.get(post.url())
    assert (again.status_code, again.headers["content-type"][:9]) == (401, "text/html")
    repeated = await post.ask()
    assert (repeated.status_code, repeated.json()["error_id"]) == (409, "email-already-confirmed")
    secret = post.token()["X-Auth-Token"]
    async with sessions() as session:
        stored = (await session.scalars(select(EmailConfirmation))).one()
        trail = (await session.scalars(select(AuditRecord).order_by(AuditRecord.id))).all()
    assert secret not in repr([stored.__dict__, *(each.__dict__ for each in trail)])
    assert [each.action for each in trail][-3:] == [
        "emails_updated",
        "email_confirmation_asked",
        "email_confirmed",
    ]


async def test_a_program_confirms_by_the_mails_token_which_is_used_up(post: Post) -> None:
    await post.ask()
    await post.ask()
    url = f"/0.1/emails/{post.email}/confirm"
    other = f"/0.1/emails/{uuid4()}/confirm"
    assert (await post.client.put(url, headers={"X-Auth-Token": "guess"})).status_code == 401
    assert (await post.client.put(other, headers=post.token())).status_code == 401
    assert await post.confirmed() == [False]
    assert (await post.client.put(url, headers=post.token())).status_code == 204
    assert await post.confirmed() == [True]
    for number in (0, 1):
        assert (await post.client.put(url, headers=post.token(number))).status_code == 401


async def test_whoever_holds_the_access_confirms_without_a_mail(post: Post) -> None:
    url = f"/0.1/emails/{post.email}/confirm"
    for _ in range(2):
        assert (await post.client.put(url, headers=post.headers)).status_code == 204
    assert await post.confirmed() == [True]
    unknown = await post.client.put(f"/0.1/emails/{uuid4()}/confirm", headers=post.headers)
    assert (unknown.status_code, unknown.json()["error_id"]) == (404, "unknown-email")


async def test_an_entitys_administrator_confirms_nobody_elses(
    post: Post, save: Any, an_account: Any
) -> None:
    entity = await save(Entity(name="acme"))
    boss = await an_account(kind="admin", entity_id=entity.id)
    granted = await post.client.post(
        "/0.1/token", json={"backend": "xivo_admin"}, auth=(boss.login, PASSWORD)
    )
    headers = {"X-Auth-Token": granted.json()["data"]["token"]}
    answer = await post.client.put(f"/0.1/emails/{post.email}/confirm", headers=headers)
    assert answer.status_code == 404


async def test_a_link_dies_with_its_time_and_with_its_address(
    post: Post, sessions: Sessions
) -> None:
    await post.ask()
    async with sessions.begin() as session:
        await session.execute(
            update(EmailConfirmation).values(
                expires_at=func.now() - timedelta(seconds=1),
                created_at=func.now() - timedelta(hours=2),
            )
        )
    assert (await post.client.get(post.url())).status_code == 401
    await post.ask()
    await _put(post.client, post.headers, post.user, _mail("other@example.org"))
    assert (await post.client.get(post.url())).status_code == 401
    assert await post.confirmed() == [False]
    app = post.app
    await Keeper(app.state.sessions, app.state.settings, app.state.login.tally).keep()
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(EmailConfirmation)) == 1


async def test_mails_of_one_account_are_few_and_counted_one_by_one(post: Post) -> None:
    answers = await asyncio.gather(*(post.ask() for _ in range(8)))
    most = post.app.state.settings.email_confirmations_per_hour
    assert sorted(each.status_code for each in answers) == [204] * most + [429] * (8 - most)
    assert len(post.sink.mails) == most
    refused = next(each for each in answers if each.status_code == 429)
    assert refused.headers["Retry-After"] == "3600"
    assert refused.json()["error_id"] == "too-many-mails"
    # Neither another address nor none at all gives more.
    [email] = (await _put(post.client, post.headers, post.user, _mail("other@example.org"))).json()
    post.email = email["uuid"]
    assert (await post.ask()).status_code == 429


async def test_an_address_of_somebody_else_is_unknown(post: Post, an_account: Any) -> None:
    other = await an_account(kind="user")
    url = f"/0.1/users/{other.uuid}/emails/{post.email}/confirm"
    answer = await post.client.get(url, headers=post.headers)
    assert (answer.status_code, answer.json()["error_id"]) == (404, "unknown-email")


async def test_forgotten_passwords_are_reset_by_a_confirmed_address_alone(
    post: Post, sessions: Sessions
) -> None:
    async def asked(**named: str) -> int:
        answer = await post.client.get("/0.1/users/password/reset", params=named)
        assert answer.status_code == 204
        await post.app.state.resets.settled()
        return len(post.sink.mails)

    assert await asked(username="zoe") == 0
    assert await asked(email="zoe@example.org") == 0
    async with sessions.begin() as session:
        await session.execute(update(AccountEmail).values(confirmed=True))
    assert await asked(email="nobody@example.org") == 0
    assert await asked(login="Zoe@example.org") == 1
    [mail] = post.sink.mails
    assert mail.recipients == ("zoe@example.org",)
    token = re.search(r"^ {4}(\S+)\s*$", mail.message.get_content(), re.MULTILINE)
    assert token is not None
    link = {"token": token.group(1), "user_uuid": post.user}
    new = {"password": "vier blaue Tassen"}
    for status in (204, 401):
        answer = await post.client.post("/0.1/users/password/reset", params=link, json=new)
        assert answer.status_code == status
    granted = await post.client.post(
        "/0.1/token", json={"backend": "wazo_user"}, auth=("zoe", new["password"])
    )
    assert granted.status_code == 200
