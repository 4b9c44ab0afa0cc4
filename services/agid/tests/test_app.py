"""The service as a whole: its two ports, its figures, and that it starts without a database."""

from typing import Any

import httpx
import pytest
from ovix_agid.app import create_agid_app
from ovix_agid.settings import AgidSettings
from ovix_web import running


async def test_it_answers_asterisk_and_tells_its_health_and_figures(
    new_channel: Any, clean_database: str
) -> None:
    app = create_agid_app(AgidSettings(database_url=clean_database, agi_port=0, say_success=True))
    async with (
        running(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://agid") as http,
    ):
        channel = new_channel(XIVO_DSTNUM="1001", XIVO_USERID="7")
        await channel.ask(app.state.agi_port, "user_set_call_rights")
        assert channel.variables["XIVO_AUTHORIZATION"] == "ALLOW"
        assert channel.verbose[0].endswith(
            "AGI handler 'user_set_call_rights' successfully executed"
        )
        assert (await http.get("/health/ready")).status_code == 200
        assert (await http.get("/status")).json()["questions"] == {"status": "ok"}
        figures = (await http.get("/metrics")).text
        assert (
            'ovix_agid_answers_total{handler="user_set_call_rights",outcome="answered"} 1.0'
            in figures
        )
        labels = [line.rsplit(" ", 1)[0] for line in figures.splitlines()]
        assert not any("1001" in label for label in labels), "nobody's number is in a label"


async def test_it_starts_and_answers_while_the_database_is_away(new_channel: Any) -> None:
    nowhere = "postgresql://ovix:ovix@127.0.0.1:1/ovix"
    app = create_agid_app(AgidSettings(database_url=nowhere, agi_port=0))
    async with (
        running(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://agid") as http,
    ):
        channel = new_channel(XIVO_DSTNUM="1001", XIVO_USERID="7")
        await channel.ask(app.state.agi_port, "user_set_call_rights")
        assert channel.variables["XIVO_AUTHORIZATION"] == "UNAVAILABLE"
        assert (await http.get("/health/live")).status_code == 200
        assert (await http.get("/health/ready")).status_code == 503


def test_the_ports_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVIX_AGID_PORT", "14573")
    monkeypatch.setenv("OVIX_AGID_HTTP_PORT", "14574")
    settings = AgidSettings()
    assert (settings.agi_port, settings.port, settings.host) == (14573, 14574, "127.0.0.1")
