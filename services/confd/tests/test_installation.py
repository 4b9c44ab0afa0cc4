"""What the installation says of itself, and what it only lists."""

from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from ovix_schema import Installation
from ovix_web import Sessions
from sqlalchemy import select

DOCUMENTATION = """<docs><configInfo name="res_pjsip"><configFile name="pjsip.conf">
<configObject name="system"><configOption name="timer_t1" default="500"><synopsis>Timer
 T1</synopsis><description><para>In <literal>ms</literal>.</para></description></configOption>
<configOption name="type"/></configObject></configFile>
<configFile name="other.conf"><configObject name="not_ours"/></configFile></configInfo></docs>"""


@pytest.mark.usefixtures("as_installed")
@pytest.mark.parametrize("body", [{}, {"enabled": None}, {"enabled": 1}, {"enabled": "true"}])
async def test_live_reload_takes_only_true_and_false(api: AsyncClient, body: Any) -> None:
    answer = await api.put("/configuration/live_reload", json=body)
    assert answer.status_code == 400
    assert answer.json()[0].startswith("Input Error - ")


@pytest.mark.usefixtures("as_installed")
async def test_live_reload_is_on_until_it_is_switched_off(
    client: Any, announced: Any, sessions: Sessions
) -> None:
    path = "/configuration/live_reload"
    reading = await client("confd.configuration.live_reload.read")
    writing = await client("confd.configuration.live_reload.update")
    assert (await reading.get(path)).json() == {"enabled": True}
    assert (await writing.put(path, json={"enabled": False})).status_code == 204
    assert (await reading.get(path)).json() == {"enabled": False}
    assert await announced() == ["live_reload_edited"]
    async with sessions() as session:
        assert await session.scalar(select(Installation.live_reload)) is False


async def test_infos_tell_the_uuid_that_events_carry(client: Any, sessions: Sessions) -> None:
    infos = await (await client("confd.infos.read")).get("/infos")
    async with sessions() as session:
        uuid = await session.scalar(select(Installation.uuid))
    assert infos.status_code == 200
    assert infos.json() == {"uuid": str(uuid), "wazo_version": "0.1.0"}


async def test_the_list_of_time_zones_has_no_pages(client: Any) -> None:
    found = (await (await client("confd.timezones.get")).get("/timezones?limit=1")).json()
    assert {"zone_name": "Europe/Paris"} in found["items"]
    assert found["total"] == len(found["items"]) > 400


async def test_the_profiles_of_the_client_are_those_xivo_installs(api: AsyncClient) -> None:
    found = (await api.get("/cti_profiles")).json()
    assert found["total"] == 4
    assert [each["name"] for each in found["items"]] == [
        "Supervisor", "Agent", "Client", "Switchboard",
    ]  # fmt: skip
    first = found["items"][0]
    assert (await api.get(f"/cti_profiles/{first['id']}")).json() == first
    assert (await api.post("/cti_profiles", json={"name": "Mine"})).status_code == 405
    assert (await api.delete(f"/cti_profiles/{first['id']}")).status_code == 405


@pytest.mark.parametrize("path", ["/infos", "/timezones", "/cti_profiles", "/asterisk/pjsip/doc"])
async def test_what_can_only_be_read_needs_access_too(client: Any, path: str) -> None:
    for asking in (await client(), await client("confd.other.read")):
        assert (await asking.get(path)).status_code == 401


async def test_pjsip_is_documented_by_the_installed_asterisk(
    api: AsyncClient, app: FastAPI, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    path = tmp_path / "core-en_US.xml"
    before = app.state.settings
    request.addfinalizer(lambda: setattr(app.state, "settings", before))
    app.state.settings = before.model_copy(update={"asterisk_documentation": path})
    for broken in (None, "<docs>"):
        if broken:
            path.write_text(broken)
        answer = await api.get("/asterisk/pjsip/doc")
        assert answer.status_code == 400
        assert answer.json()[0].startswith("Resource Error - ")
    path.write_text(DOCUMENTATION)
    assert (await api.get("/asterisk/pjsip/doc")).json() == {
        "system": {
            "timer_t1": {
                "name": "timer_t1", "default": "500", "synopsis": "Timer T1",
                "description": "In ms.",
            },
            "type": {"name": "type", "default": None, "synopsis": "", "description": ""},
        }
    }  # fmt: skip
