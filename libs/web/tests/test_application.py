"""What every service has: health, figures, description, CORS, request ids, settings."""

import asyncio
import logging
import subprocess
import sys
from typing import Any

import pytest
import structlog
import yaml
from fastapi import FastAPI
from httpx import AsyncClient
from ovix_web import Overloaded, ServiceSettings
from ovix_web.addresses import client_address
from ovix_web.logs import hide_secrets, on_one_line
from ovix_web.passwords import hash_password, verify_password
from ovix_web.settings import own
from pydantic import ValidationError
from sqlalchemy import text


async def test_the_health_of_a_healthy_service(client: AsyncClient) -> None:
    ok = {"status": "ok"}
    async with asyncio.timeout(60):  # the listener and the relay connect by themselves
        while (status := (await client.get("/status")).json())["bus"] != ok or (  # noqa: ASYNC110
            status["token_listener"] != ok
        ):
            await asyncio.sleep(0.01)
    assert status == {"database": ok, "bus": ok, "token_listener": ok}
    assert (await client.get("/health/live")).json() == ok
    assert (await client.get("/health/ready")).json()["status"] == "ok"
    assert (await client.head("/status")).status_code == 200


async def test_figures_name_routes_and_never_ids(client: AsyncClient) -> None:
    await client.get("/1.1/number/424242")
    await client.get("/no/such/page")
    figures = (await client.get("/metrics")).text
    assert 'route="/1.1/number/{number}"' in figures
    assert 'route="(unknown)"' in figures
    labels = [line.rsplit(" ", 1)[0] for line in figures.splitlines()]
    assert not any("424242" in label or "such" in label for label in labels)
    assert "process_resident_memory_bytes" in figures


async def test_the_description_tells_what_is_answered(client: AsyncClient) -> None:
    description = (await client.get("/1.1/api/api.json")).json()
    operation = description["paths"]["/1.1/entities"]["post"]
    assert set(operation["responses"]) == {"201", "400", "408", "413", "500", "503"}
    assert operation["operationId"] == "create_entity"
    assert "HTTPValidationError" not in description["components"]["schemas"]
    guarded = description["paths"]["/1.1/entities/{entity_id}"]["get"]
    assert "401" in guarded["responses"]
    assert guarded["security"] == [{"token": []}]
    in_yaml = await client.get("/1.1/api/api.yml")
    assert yaml.safe_load(in_yaml.text) == description


async def test_swagger_ui_needs_no_other_host(client: AsyncClient) -> None:
    page = (await client.get("/1.1/api/")).text
    assert "http" not in page.replace("charset", "")
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js"):
        assert f"./{name}" in page
        assert (await client.get(f"/1.1/api/{name}")).status_code == 200
    assert (await client.get("/1.1/api/index.html")).status_code == 404
    assert (await client.get("/1.1/api/..%2f__init__.py")).status_code == 404


async def test_browsers_may_call_from_anywhere_with_a_token(client: AsyncClient) -> None:
    preflight = await client.options(
        "/1.1/entities",
        headers={
            "Origin": "http://crm.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "Content-Type, X-Auth-Token",
        },
    )
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    response = await client.get("/1.1/entities", headers={"Origin": "http://crm.example"})
    assert response.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("given", ["x" * 129, "a b", "é", "a\tb"])
async def test_an_odd_request_id_is_replaced(client: AsyncClient, given: str) -> None:
    response = await client.get("/health/live", headers={b"X-Request-ID": given.encode()})
    assert response.headers["X-Request-ID"] != given


async def test_a_commit_that_fails_is_an_error_the_client_sees(
    app: FastAPI, client: AsyncClient, clean_database: str
) -> None:
    """The transaction ends before the response is sent."""
    async with app.state.engine.begin() as connection:
        await connection.execute(
            text("ALTER TABLE entities ADD CONSTRAINT uq_late UNIQUE (country) INITIALLY DEFERRED")
        )
    try:
        assert (await client.post("/1.1/entities", json={"name": "one"})).status_code == 201
        response = await client.post("/1.1/entities", json={"name": "two"})
        assert response.status_code == 400
        assert response.json()[0].startswith("Resource Error - ")
    finally:
        async with app.state.engine.begin() as connection:
            await connection.execute(text("ALTER TABLE entities DROP CONSTRAINT uq_late"))


async def test_a_cut_connection_is_503_or_less_and_the_next_request_works(
    app: FastAPI, client: AsyncClient, clean_database: str
) -> None:
    assert (await client.get("/1.1/number/1")).status_code == 200
    async with app.state.engine.begin() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity"
                " WHERE application_name = 'ovix-small' AND pid <> pg_backend_pid()"
            )
        )
    statuses = [(await client.get("/1.1/number/1")).status_code for _ in range(10)]
    assert set(statuses) <= {200, 503}
    assert statuses[-1] == 200


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    class DeskSettings(ServiceSettings):
        port: int = own("desk", "port", 1234)

    monkeypatch.setenv("OVIX_DATABASE_URL", "postgresql://u:hidden@h/d")
    monkeypatch.setenv("OVIX_DESK_PORT", "4321")
    monkeypatch.setenv("OVIX_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1")
    settings = DeskSettings()
    assert settings.port == 4321
    assert settings.bus_url == settings.database_url == "postgresql://u:hidden@h/d"
    assert "hidden" not in repr(settings)
    assert [str(each) for each in settings.trusted_proxies] == ["10.0.0.0/8", "192.0.2.1/32"]
    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc]  # it must fail
    assert DeskSettings(port=1).port == 1


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "garbage", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
    ],
)
def test_forwarded_addresses_are_believed_of_trusted_proxies_only(
    peer: str, forwarded: str, client: str
) -> None:
    scope = {"client": (peer, 1), "headers": [(b"x-forwarded-for", forwarded.encode())]}
    settings = ServiceSettings(trusted_proxies="10.0.0.0/8")
    assert client_address(scope, settings.trusted_proxies) == client


def test_secrets_are_never_logged() -> None:
    event: dict[str, Any] = {
        "event": "login",
        "password": "p",
        "X-Auth-Token": "t",
        "body": {"sip_secret": "s", "name": "n"},
        "count_of_tokens": 3,
    }
    shown = hide_secrets(structlog.get_logger(), "info", event)
    assert shown["password"] == shown["X-Auth-Token"] == "(hidden)"
    assert shown["body"] == {"sip_secret": "(hidden)", "name": "n"}
    assert shown["count_of_tokens"] == 3


def test_a_value_can_not_write_a_log_line_of_its_own() -> None:
    event: dict[str, Any] = {"event": "login_failed", "login": "x\nlogin_failed client=1.2.3.4\x1b"}
    shown = on_one_line(structlog.get_logger(), "info", event)
    assert shown["login"] == r"x\nlogin_failed client=1.2.3.4\x1b"


async def test_a_password_is_verified_and_nobodys_never() -> None:
    stored = await hash_password("é")
    assert stored.startswith("$argon2id$")
    assert await verify_password(stored, "é")
    assert not await verify_password(stored, "e")
    assert not await verify_password(None, "")
    assert not await verify_password("no hash", "x")


async def test_more_password_checks_than_can_wait_are_refused_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ovix_web.passwords._WAITING_MAX", 2)
    stored = await hash_password("x")
    results = await asyncio.gather(
        *(verify_password(stored, "x") for _ in range(5)), return_exceptions=True
    )
    assert [each for each in results if each is True] == [True, True]
    assert [each for each in results if isinstance(each, Overloaded)] == results[2:]


def test_the_standard_librarys_loggers_are_quiet_by_default() -> None:
    assert logging.getLogger("uvicorn.access").propagate


def test_the_urls_that_we_ask_for_are_not_logged() -> None:
    """A number that is looked up is in one."""
    asked = (
        "import logging; from ovix_web.logs import configure_logging; configure_logging();"
        "print(logging.getLogger('httpx').getEffectiveLevel() == logging.WARNING)"
    )
    run = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "True"
