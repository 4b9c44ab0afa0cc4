"""How external services are reached, telephones' push tokens, and who has an account where."""

from typing import Any

import pytest
from httpx import Response
from ovix_schema import AuditRecord, Entity, ExternalConfig
from ovix_testkit.builders import a_user
from ovix_testkit.identity_provider import CLIENT_ID, CLIENT_SECRET
from ovix_web import Sessions
from sqlalchemy import select

from .test_external_auth import CONFIG, OAUTH, PUSH, Desk, _told, desk, provider

__all__ = ["desk", "provider"]


@OAUTH
async def test_a_config_lives_and_dies_and_never_shows_its_secret(
    service: str, desk: Desk, sessions: Sessions
) -> None:
    url = f"/0.1/external/{service}/config"

    async def send(method: str, **more: Any) -> Response:
        return await desk.client.request(method, url, headers=desk.root, **more)

    for method in ("GET", "PUT", "DELETE"):
        unknown = await send(method, json=CONFIG)
        assert (unknown.status_code, unknown.json()["error_id"]) == (404, "unknown-config")
    created = await send("POST", json=CONFIG)
    assert (created.status_code, created.json()) == (201, {"client_id": CLIENT_ID})
    again = await send("POST", json=CONFIG)
    assert (again.status_code, again.json()["error_id"]) == (409, "conflict")
    assert (await send("GET")).json() == {"client_id": CLIENT_ID}
    edited = await send("PUT", json={"client_id": "another"})
    assert (edited.status_code, edited.json()) == (200, {"client_id": "another"})
    async with sessions() as session:
        stored = (await session.scalars(select(ExternalConfig))).one()
        trail = (await session.scalars(select(AuditRecord))).all()
    assert stored.data == {"client_id": "another", "client_secret": CLIENT_SECRET}
    assert CLIENT_SECRET not in repr([each.__dict__ for each in trail])
    assert (await send("DELETE")).status_code == 204
    assert (await send("GET")).status_code == 404


@pytest.mark.parametrize(
    ("service", "body"),
    [
        ("google", {}),
        ("google", {"client_id": "x"}),
        ("google", {"client_id": "", "client_secret": "x"}),
        ("google", {"client_id": 1, "client_secret": "x"}),
        ("microsoft", {"client_id": "x", "client_secret": "x" * 1025}),
        ("mobile", {"fcm_api_key": 1}),
        ("mobile", {"fcm_api_key": "\x00"}),
        ("mobile", []),
    ],
)
async def test_a_wrong_config_is_refused(service: str, body: Any, desk: Desk) -> None:
    answer = await desk.client.post(f"/0.1/external/{service}/config", json=body, headers=desk.root)
    assert answer.status_code == 400


async def test_an_entity_has_its_own_config_or_that_of_all(
    desk: Desk, save: Any, an_account: Any, password_hash: str
) -> None:
    acme = await save(Entity(name="acme"))
    boss = await an_account(kind="admin", entity_id=acme.id)
    headers = await desk.token("xivo_admin", boss.login)
    url = "/0.1/external/mobile/config"
    await desk.client.post(url, json={"fcm_sender_id": "of all"}, headers=desk.root)
    assert (await desk.client.get(url, headers=headers)).status_code == 404
    bob = await save(
        a_user(username="bob", password_hash=password_hash, cti_enabled=True, entity_id=acme.id)
    )
    sender = f"/0.1/users/{bob.uuid}/external/mobile/sender_id"
    assert (await desk.client.get(sender, headers=headers)).json() == {"sender_id": "of all"}
    own = await desk.client.post(url, json={"fcm_sender_id": "acme's"}, headers=headers)
    assert own.status_code == 201
    assert (await desk.client.get(sender, headers=headers)).json() == {"sender_id": "acme's"}
    assert (await desk.client.get(url, headers=desk.root)).json()["fcm_sender_id"] == "of all"


async def test_a_telephone_is_linked_put_and_forgotten(desk: Desk, sessions: Sessions) -> None:
    url = "/0.1/users/me/external/mobile"

    async def send(method: str, body: Any = None) -> Response:
        return await desk.client.request(method, url, json=body, headers=desk.own)

    for method in ("GET", "DELETE"):
        unknown = await send(method)
        assert (unknown.status_code, unknown.json()["error_id"]) == (404, "unknown-external-auth")
    linked = await send("POST", PUSH)
    assert linked.status_code == 201
    assert "fcm-token" not in linked.text
    assert (await send("POST", PUSH)).status_code == 409
    none = {"apns_token": None, "apns_notification_token": None}
    assert (await send("GET")).json() == {**PUSH, **none}
    assert (await send("PUT", {"token": "other"})).status_code == 200
    assert (await send("GET")).json() == {"token": "other", "apns_voip_token": None, **none}
    listed = await desk.client.get("/0.1/users/me/external", headers=desk.own)
    assert "other" not in listed.text
    assert (await send("DELETE")).status_code == 204
    assert (await send("PUT", PUSH)).status_code == 200, "PUT also makes one"
    names = [each["name"].rpartition("_")[2] for each in await _told(sessions)]
    assert names == ["added", "updated", "deleted", "added"]


@pytest.mark.parametrize(
    "body", [{}, {"token": None}, {"token": ""}, {"token": 1}, {"token": "\0"}]
)
async def test_wrong_tokens_of_a_telephone_are_refused(body: Any, desk: Desk) -> None:
    for method in ("POST", "PUT"):
        answer = await desk.client.request(
            method, "/0.1/users/me/external/mobile", json=body, headers=desk.own
        )
        assert answer.status_code == 400


async def test_mobiles_config_is_read_by_whoever_sends_messages(desk: Desk) -> None:
    url = "/0.1/external/mobile/config"
    config = {"fcm_api_key": "key", "fcm_sender_id": "7", "use_sandbox": True}
    created = await desk.client.post(url, json=config, headers=desk.root)
    assert created.status_code == 201
    read = (await desk.client.get(url, headers=desk.root)).json()
    assert {name: read[name] for name in config} == config
    sender = "/0.1/users/me/external/mobile/sender_id"
    assert (await desk.client.get(sender, headers=desk.own)).json() == {"sender_id": "7"}
    await desk.client.delete(url, headers=desk.root)
    unknown = await desk.client.get(sender, headers=desk.own)
    assert (unknown.status_code, unknown.json()["error_id"]) == (404, "unknown-config")


async def test_who_has_an_account_is_listed_within_the_callers_entity(
    desk: Desk, save: Any, an_account: Any, password_hash: str
) -> None:
    acme = await save(Entity(name="acme"))
    boss = await an_account(kind="admin", entity_id=acme.id)
    own_user = await an_account(kind="user", login="yan", entity_id=acme.id)
    users = [desk.own, await desk.token("wazo_user", "yan")]
    for headers in users:
        linked = await desk.client.post("/0.1/users/me/external/mobile", json=PUSH, headers=headers)
        assert linked.status_code == 201
    url = "/0.1/external/mobile/users"
    every = (await desk.client.get(url, headers=desk.root)).json()
    assert {each["uuid"] for each in every["items"]} == {desk.user, str(own_user.uuid)}
    headers = await desk.token("xivo_admin", boss.login)
    within = (await desk.client.get(url, headers=headers)).json()
    assert within == {"items": [{"uuid": str(own_user.uuid)}], "total": 1, "filtered": 1}
    hidden = await desk.client.get(f"/0.1/users/{desk.user}/external/mobile", headers=headers)
    assert (hidden.status_code, hidden.json()["error_id"]) == (404, "unknown-user")
