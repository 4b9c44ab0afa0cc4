"""phoned's configuration, by token (reference/phoned.md, C2)."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from ovix_schema import AccessFeature
from ovix_web import Sessions

from .conftest import Program, WrittenDirectory


@pytest.fixture
def dird_settings(dird_settings: dict[str, Any]) -> dict[str, Any]:
    return {
        **dird_settings,
        "ami_servers": [{"host": "pbx1", "password": "5ecret"}, {"host": "pbx2", "username": "u"}],
        "ami_password": "5ecret",
        "phones_default_profile": "phones",
    }


async def test_the_configuration_is_shown_without_passwords(
    program: Program, sessions: Sessions
) -> None:
    async with sessions.begin() as session:
        session.add(AccessFeature(host="172.16.0.0/12", feature="phonebook"))
    client = await program("phoned.config.read")
    answer = await client.get("/config")
    assert answer.status_code == 200
    shown = answer.json()
    assert shown["rest_api"] == {
        "http": {"enabled": True, "listen": "0.0.0.0", "port": 9498},
        "https": {
            "enabled": False, "listen": "0.0.0.0", "port": 9499,
            "certificate": None, "private_key": None,
        },
        "authorized_subnets": ["192.168.0.0/16", "172.16.0.0/12"],
    }  # fmt: skip
    assert shown["dird"] == {"default_profile": "phones", "timeout": 3.5}
    assert shown["amid"] == [
        {"host": "pbx1", "port": 5038, "username": "ovix"},
        {"host": "pbx2", "port": 5038, "username": "u"},
    ]
    assert {"aastra", "yealink", "endpoint", "config"} <= set(shown["enabled_plugins"])
    assert "5ecret" not in answer.text


async def test_debug_has_lookups_told_in_the_log(
    program: Program,
    phone: AsyncClient,
    directory: WrittenDirectory,
    user_uuid: UUID,
    capsys: pytest.CaptureFixture[str],
) -> None:
    client = await program("phoned.config.*")
    directory.contacts = [{"name": "Bob Secretive", "phone": "1"}]
    path = f"/directories/lookup/default/yealink?xivo_user_uuid={user_uuid}&term=secretive"

    async def told() -> str:
        capsys.readouterr()
        assert (await phone.get(path)).status_code == 200
        printed = capsys.readouterr()
        return printed.out + printed.err

    assert "phone_looked_up" not in await told()
    for value in (True, False):
        body = [{"op": "replace", "path": "/debug", "value": value}]
        answer = await client.patch("/config", json=body)
        assert (answer.status_code, answer.json()["debug"]) == (200, value)
        assert (await client.get("/config")).json()["debug"] is value
        written = await told()
        assert ("phone_looked_up" in written) is value
        assert "secretive" not in written.lower()


@pytest.mark.parametrize(
    "body",
    [
        {}, [1], [{"op": "add", "path": "/debug", "value": True}],
        [{"op": "replace", "path": "/rest_api", "value": True}],
        [{"op": "replace", "path": "/debug", "value": "loud"}],
        [{"op": "replace", "path": "/debug"}],
        [{"op": "replace", "path": "/debug", "value": True}] * 101,
    ],
)  # fmt: skip
async def test_nothing_else_can_be_changed(program: Program, body: Any) -> None:
    client = await program("phoned.#")
    assert (await client.patch("/config", json=body)).status_code == 400
    assert (await client.get("/config")).json()["debug"] is False


async def test_the_configuration_is_for_administrators_of_the_installation(
    program: Program, phone: AsyncClient, user_uuid: UUID
) -> None:
    change = [{"op": "replace", "path": "/debug", "value": True}]
    reader, writer = await program("phoned.config.read"), await program("phoned.config.update")
    assert (await writer.get("/config")).status_code == 401
    assert (await reader.patch("/config", json=change)).status_code == 401
    bound = await program("phoned.#", entity_id=1)
    for client in (await program(), phone, bound):
        assert (await client.get("/config")).status_code == 401
        assert (await client.patch("/config", json=change)).status_code == 401
    assert (await reader.get("/config")).json()["debug"] is False
