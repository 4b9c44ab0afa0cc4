"""Who may use the phones' directory."""

from typing import Any

import pytest
from httpx import AsyncClient
from ovix_schema import OutboxMessage
from ovix_web import Sessions
from sqlalchemy import select

BODY = {"host": "192.0.2.0/24", "feature": "phonebook"}


async def test_it_is_enabled_unless_told_otherwise(confd: Any) -> None:
    made = await confd.make("/access_features", **BODY)
    assert made["enabled"] is True
    assert made["host"] == "192.0.2.0/24"


async def test_events_carry_the_whole_of_it(confd: Any, sessions: Sessions) -> None:
    made = await confd.make("/access_features", **BODY)
    await confd.do("PUT", f"/access_features/{made['id']}", enabled=False)
    async with sessions() as session:
        told = await session.scalars(
            select(OutboxMessage.body).where(OutboxMessage.name == "access_feature_edited")
        )
        assert told.one()["data"] == {**BODY, "id": made["id"], "enabled": False}


async def test_a_host_is_there_once_for_a_feature(confd: Any) -> None:
    await confd.make("/access_features", **BODY)
    other = await confd.make("/access_features", **BODY | {"host": "2001:db8::1"})
    because = "Resource Error - AccessFeatures already exists"
    await confd.refused("POST", "/access_features", because, **BODY)
    path = f"/access_features/{other['id']}"
    await confd.refused("PUT", path, because, host=BODY["host"])
    await confd.do("PUT", path, host="2001:db8::2")


@pytest.mark.parametrize("change", [
    {"host": "phones.example.org"}, {"host": "192.0.2.0/33"}, {"host": None}, {"host": 1},
    {"host": ""}, {"feature": "voicemail"}, {"feature": None}, {"enabled": None}, {"enabled": 1},
])  # fmt: skip
async def test_refused(confd: Any, api: AsyncClient, change: dict[str, Any]) -> None:
    await confd.refused("POST", "/access_features", "Input Error - ", **BODY | change)
    made = await confd.make("/access_features", **BODY)
    await confd.refused("PUT", f"/access_features/{made['id']}", "Input Error - ", **change)
    assert (await api.get(f"/access_features/{made['id']}")).json() == made


@pytest.mark.parametrize("missing", ["host", "feature"])
async def test_host_and_feature_are_required(confd: Any, missing: str) -> None:
    body = {name: value for name, value in BODY.items() if name != missing}
    await confd.refused("POST", "/access_features", "Input Error - ", **body)
