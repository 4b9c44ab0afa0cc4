"""Strangers become users of auth's own, where the settings let them."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from ovix_auth.app import create_auth_app
from ovix_auth.settings import AuthSettings
from ovix_schema import Entity
from ovix_testkit.mail_sink import MailSink
from ovix_web import Sessions, running

PASSWORD = "vier blaue Tassen"


class Door:
    """auth that lets strangers in, and a mail server."""

    def __init__(self, app: FastAPI, client: AsyncClient, sink: MailSink) -> None:
        self.app, self.client, self.sink = app, client, sink

    async def register(self, name: str, **more: Any) -> Response:
        body = {"username": name, "password": PASSWORD, "email_address": f"{name}@example.org"}
        answer = await self.client.post("/0.1/users/register", json={**body, **more})
        await self.app.state.confirmations.queue.settled()
        return answer

    async def log_in(self, login: str) -> Response:
        return await self.client.post(
            "/0.1/token", json={"backend": "wazo_user"}, auth=(login, PASSWORD)
        )


@pytest.fixture
async def door(settings: AuthSettings, save: Any) -> AsyncIterator[Door]:
    await save(Entity(name="first"))
    await save(Entity(name="guests"))
    async with MailSink() as sink:
        changed = settings.model_copy(
            update={
                "registration_enabled": True,
                "registration_entity": "guests",
                "smtp_host": "127.0.0.1",
                "smtp_port": sink.port,
            }
        )
        async with running(create_auth_app(changed)) as app:
            transport = ASGITransport(app, client=("198.18.60.1", 40000))
            async with AsyncClient(transport=transport, base_url="http://auth") as client:
                yield Door(app, client, sink)


@pytest.mark.parametrize("body", [{}, {"username": "zoe"}, None])
async def test_it_is_unknown_while_it_is_off(body: Any, client: AsyncClient) -> None:
    assert (await client.post("/0.1/users/register", json=body)).status_code == 404


async def test_who_registers_logs_in_by_name_and_once_confirmed_by_address(door: Door) -> None:
    made = await door.register("zoe", firstname="Zoé")
    assert made.status_code == 200, made.text
    user = made.json()
    assert (user["username"], user["purpose"], user["type"]) == ("zoe", "user", None)
    [email] = user["emails"]
    assert (email["main"], email["confirmed"]) == (True, False)
    assert user["tenant_uuid"] is not None, "a user of no entity would see all of them"
    assert PASSWORD not in made.text
    assert (await door.log_in("zoe")).status_code == 200
    assert (await door.log_in("zoe@example.org")).status_code == 401
    token = re.search(r"^ {4}(\S+)\s*$", door.sink.mails[0].message.get_content(), re.MULTILINE)
    assert token is not None
    url = f"/0.1/emails/{email['uuid']}/confirm"
    assert (await door.client.get(url, params={"token": token.group(1)})).status_code == 200
    assert (await door.log_in("zoe@example.org")).status_code == 200


@pytest.mark.parametrize(
    "more",
    [
        {"username": ""},
        {"username": "x" * 129},
        {"username": "a\x00"},
        {"password": "short"},
        {"password": None},
        {"email_address": "none"},
        {"email_address": None},
        {"email_address": "zoe\x1c@example.org"},
        {"email_address": "zoe@example.org\x7f"},
        {"email_address": "zoe@["},
        {"email_address": "zoe@[192.0.2.1]"},
        {"firstname": "x" * 129},
    ],
)
async def test_a_wrong_body_is_refused(more: dict[str, Any], door: Door) -> None:
    assert (await door.register("zoe", **more)).status_code == 400
    assert door.sink.mails == []


async def test_a_name_and_an_address_are_one_users_and_who_tries_many_has_to_wait(
    door: Door, prolong: Any, sessions: Sessions
) -> None:
    await door.register("zoe")
    for more in (
        {"email_address": "z2@example.org"},
        {"username": "Zoe2", "email_address": "ZOE@example.org"},
    ):
        taken = await door.register(**{"name": "ZOE", **more})
        assert (taken.status_code, taken.json()["error_id"]) == (409, "conflict")
    free = door.app.state.settings.address_failures_free
    statuses = [
        (await door.register(f"n{number}", email_address="zoe@example.org")).status_code
        for number in range(free - 2)
    ]
    assert set(statuses) == {409}
    await door.register("n", email_address="zoe@example.org")
    await prolong()
    waiting = await door.register("somebody")
    assert waiting.status_code == 429
    assert int(waiting.headers["Retry-After"]) > 0


async def test_mails_of_one_address_are_few(door: Door) -> None:
    most = door.app.state.settings.email_confirmations_per_address
    statuses = [(await door.register(f"n{number}")).status_code for number in range(most + 1)]
    assert statuses == [200] * most + [429]
    assert (await door.log_in(f"n{most}")).status_code == 401, "nobody was made"
    assert len(door.sink.mails) == most
