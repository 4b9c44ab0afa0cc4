"""``/config`` and ``/status``: what a process runs with, no secrets, and whether it can work."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from ovix_auth.app import create_auth_app
from ovix_auth.settings import AuthSettings
from pydantic import SecretStr

from .test_policies import Headers, of_acme, root

__all__ = ["of_acme", "root"]


@pytest.fixture
def levels_put_back() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in ("asyncio", "uvicorn")]
    before = [each.level for each in loggers]
    yield
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


async def test_the_settings_are_shown_without_secrets(
    root: Headers, settings: AuthSettings
) -> None:
    secretive = settings.model_copy(
        update={
            "ldap_bind_password": SecretStr("hush-ldap"),
            "jwt_key": SecretStr("hush-" * 10),
            "init_key": SecretStr("hush-init"),
            "bus_url": "amqp://ovix:hush-bus@192.0.2.1/?password=hush-query",
        }
    )
    app = create_auth_app(secretive)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://auth") as client:
        shown = await client.get("/0.1/config", headers=root)
    await app.state.engine.dispose()
    assert shown.status_code == 200, shown.text
    assert shown.json()["settings"]["default_token_lifetime"] == 7200
    assert shown.json()["settings"]["init_key"] == "(hidden)"
    assert "hush" not in shown.text
    assert shown.json()["settings"]["bus_url"] == "amqp://ovix:(hidden)@192.0.2.1/"


async def test_debug_and_profiling_are_switched_by_a_patch(
    root: Headers, client: AsyncClient, levels_put_back: None
) -> None:
    for value in (True, False):
        patch = [
            {"op": "replace", "path": path, "value": value}
            for path in ("/debug", "/profiling_enabled")
        ]
        answer = await client.patch("/0.1/config", json=patch, headers=root)
        assert answer.status_code == 200, answer.text
        shown = (await client.get("/0.1/config", headers=root)).json()
        assert answer.json() == shown
        assert (shown["debug"], shown["profiling_enabled"]) == (value, value)
        assert (logging.getLogger("asyncio").level == logging.DEBUG) is value


@pytest.mark.parametrize(
    "patch",
    [
        {},
        [{"op": "add", "path": "/debug", "value": True}],
        [{"op": "replace", "path": "/port", "value": True}],
        [{"op": "replace", "path": "/debug", "value": "true"}],
        [{"op": "replace", "path": "/debug"}],
    ],
)
async def test_nothing_else_is_patched(root: Headers, client: AsyncClient, patch: Any) -> None:
    answer = await client.patch("/0.1/config", json=patch, headers=root)
    assert answer.status_code == 400, answer.text


async def test_the_configuration_is_no_tenants(of_acme: Headers, client: AsyncClient) -> None:
    patch = [{"op": "replace", "path": "/debug", "value": True}]
    assert (await client.get("/0.1/config", headers=of_acme)).status_code == 401
    assert (await client.patch("/0.1/config", json=patch, headers=of_acme)).status_code == 401


async def test_the_status_needs_no_token_and_tells_when_the_database_is_away(
    client: AsyncClient, settings: AuthSettings
) -> None:
    assert (await client.head("/0.1/status")).status_code == 200
    away = settings.model_copy(update={"database_url": "postgresql://nobody@127.0.0.1:1/none"})
    transport = ASGITransport(create_auth_app(away), raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://auth") as of_another:
        assert (await of_another.head("/0.1/status")).status_code == 503
