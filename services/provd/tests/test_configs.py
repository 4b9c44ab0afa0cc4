"""Configs: inheritance, whom a change concerns, registrars, autocreate (acceptance G)."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from ovix_schema import Line, Registrar
from ovix_testkit.builders import a_context
from ovix_web import Sessions
from sqlalchemy import select


async def raw(provd: Any, config_id: str) -> dict[str, Any]:
    found: dict[str, Any] = await provd.read(f"/cfg_mgr/configs/{config_id}/raw", "raw_config")
    return found


async def test_the_last_parent_and_the_child_win(provd: Any) -> None:
    """G3, G4."""
    await provd.add("config", id="a", raw_config={"k": 1, "o": {"x": 1, "y": 1}, "l": [1, 2]})
    await provd.add("config", id="b", raw_config={"k": 2, "o": {"y": 2}, "l": [3]})
    await provd.add("config", id="c", parent_ids=["a", "no", "b"], raw_config={"o": {"z": 3}})
    found = await raw(provd, "c")
    assert (found["k"], found["o"], found["l"]) == (2, {"x": 1, "y": 2, "z": 3}, [3])
    assert found["http_base_url"] == "http://192.0.2.1:0"
    assert (found["http_port"], found["tftp_port"]) == (0, 0)


async def test_a_loop_of_parents_is_walked_once(provd: Any) -> None:
    """G3."""
    await provd.add("config", id="a", parent_ids=["b"], raw_config={"from": "a"})
    await provd.add("config", id="b", parent_ids=["a"], raw_config={"from": "b", "b": True})
    found = await raw(provd, "a")
    assert (found["from"], found["b"]) == ("a", True)


async def test_a_change_reaches_every_descendant_once(provd: Any, plugin: Any) -> None:
    """G1, G2."""
    await provd.add("config", id="site", parent_ids=["base"])
    await provd.add("config", id="phone", parent_ids=["site", "base"])
    device_id = await provd.add("device", plugin="notes", config="phone")
    plugin.told.clear()
    base = await provd.read("/cfg_mgr/configs/base", "config")
    await provd.done("PUT", "/cfg_mgr/configs/base", {"config": base})
    assert plugin.told == []
    base["raw_config"]["ntp_ip"] = "192.0.2.5"
    await provd.done("PUT", "/cfg_mgr/configs/base", {"config": base})
    assert plugin.told == [f"deconfigure {device_id}", f"configure {device_id}"]
    assert plugin.configured[device_id]["ntp_ip"] == "192.0.2.5"


async def test_a_config_that_is_impossible_leaves_its_devices_unconfigured(
    provd: Any, plugin: Any
) -> None:
    await provd.add("config", id="phone")
    device_id = await provd.add("device", plugin="notes", config="phone")
    body = {"config": {"parent_ids": [], "raw_config": {"impossible": 1}}}
    await provd.done("PUT", "/cfg_mgr/configs/phone", body)
    assert (await provd.device(device_id))["configured"] is False


async def test_deleting_a_config_in_use(provd: Any, plugin: Any) -> None:
    """G5."""
    await provd.add("config", id="site", raw_config={"of": "site"})
    await provd.add("config", id="phone", parent_ids=["site"])
    direct = await provd.add("device", plugin="notes", config="site")
    below = await provd.add("device", plugin="notes", config="phone")
    await provd.done("DELETE", "/cfg_mgr/configs/site")
    assert (await provd.device(direct))["configured"] is False
    assert (await provd.device(below))["configured"] is True
    assert "of" not in plugin.configured[below]


async def test_a_config_that_comes_late_configures_who_waited(provd: Any) -> None:
    device_id = await provd.add("device", plugin="notes", config="late")
    assert (await provd.device(device_id))["configured"] is False
    await provd.add("config", id="late")
    assert (await provd.device(device_id))["configured"] is True


async def test_what_the_installation_stands_on_stays(provd: Any) -> None:
    answer = await provd.api.delete("/cfg_mgr/configs/base")
    assert (answer.status_code, answer.text) == (403, "config base is not deletable")


async def test_autocreate_gives_each_phone_a_name_of_its_own(provd: Any) -> None:
    """G7."""
    names = set()
    for _ in range(3):
        answer = await provd.send("POST", "/cfg_mgr/autocreate", {})
        assert answer.status_code == 201
        config_id = answer.json()["id"]
        assert answer.headers["Location"] == f"/provd/cfg_mgr/configs/{config_id}"
        config = await provd.read(f"/cfg_mgr/configs/{config_id}", "config")
        suffix = config_id.removeprefix("autoprov")
        assert config == {
            "id": config_id,
            "parent_ids": ["autoprov"],
            "raw_config": {"sip_lines": {"1": {"username": f"apQX{suffix}"}}},
            "transient": True,
        }
        merged = (await raw(provd, config_id))["sip_lines"]["1"]
        assert merged["password"] == "autoprov"
        names.add(merged["username"])
    assert len(names) == 3


async def test_autocreate_without_such_a_config_gives_null(provd: Any) -> None:
    body: dict[str, Any] = {"config": {"parent_ids": [], "raw_config": {}}}
    await provd.done("PUT", "/cfg_mgr/configs/autoprov", body)
    answer = await provd.send("POST", "/cfg_mgr/autocreate", {})
    assert (answer.status_code, answer.json()) == (201, {"id": None})


@pytest.mark.parametrize(
    ("config", "because"),
    [
        ({"raw_config": {}}, "parent_ids"),
        ({"raw_config": {}, "parent_ids": "base"}, "parent_ids"),
        ({"raw_config": {}, "parent_ids": [1]}, "parent_ids"),
        ({"parent_ids": []}, "raw_config"),
        ({"parent_ids": [], "raw_config": []}, "raw_config"),
        ({"parent_ids": [], "raw_config": {}, "id": "base"}, "already used"),
        ({"parent_ids": [], "raw_config": {}, "id": "default"}, "already used"),
        ({"parent_ids": [], "raw_config": {}, "X_type": "registrar", "proxy_main": 1}, "a text"),
        (
            {"parent_ids": [], "raw_config": {}, "X_type": "registrar", "proxy_main_port": 0},
            "a port",
        ),
    ],
)
async def test_a_config_that_can_not_be_is_refused(
    provd: Any, config: dict[str, Any], because: str
) -> None:
    await provd.refused("POST", "/cfg_mgr/configs", {"config": config}, because)


REGISTRAR = {
    "id": "lyon",
    "X_type": "registrar",
    "displayname": "Lyon",
    "registrar_main": "192.0.2.10",
    "proxy_main": "192.0.2.10",
    "proxy_backup": "192.0.2.11",
    "proxy_main_port": 5062,
    "deletable": True,
    "parent_ids": [],
    "raw_config": {"X_key": "xivo"},
    "X_site": "Lyon",
}


async def test_a_registrar_is_one_thing_in_provd_and_confd(
    provd: Any, sessions: Sessions, announced: Callable[[], Awaitable[list[str]]]
) -> None:
    await provd.add("config", **REGISTRAR)
    assert await provd.read("/cfg_mgr/configs/lyon", "config") == REGISTRAR
    found = await provd.read("/cfg_mgr/configs", "configs", q='{"X_type": "registrar"}')
    assert [each["id"] for each in found] == ["default", "lyon"]
    async with sessions.begin() as session:
        row = (await session.scalars(select(Registrar).where(Registrar.id == "lyon"))).one()
        assert (row.name, row.proxy_main_host, row.proxy_main_port) == ("Lyon", "192.0.2.10", 5062)
        row.name = "Lyon 2"
    shown = await provd.read("/cfg_mgr/configs/lyon", "config")
    assert shown == REGISTRAR | {"displayname": "Lyon 2"}
    await provd.done("PUT", "/cfg_mgr/configs/lyon", {"config": REGISTRAR})
    await provd.done("DELETE", "/cfg_mgr/configs/lyon")
    assert await announced() == ["registrar_created", "registrar_edited", "registrar_deleted"]


async def test_the_registrar_of_a_line_stays(provd: Any, sessions: Sessions) -> None:
    await provd.add("config", **REGISTRAR)
    async with sessions.begin() as session:
        context = a_context()
        session.add(context)
        await session.flush()
        session.add(Line(context=context.name, provisioning_code="123456", registrar="lyon"))
    answer = await provd.api.delete("/cfg_mgr/configs/lyon")
    assert (answer.status_code, answer.text) == (400, "config lyon is the registrar of lines")
    body: dict[str, Any] = {"config": {"parent_ids": [], "raw_config": {}}}
    await provd.refused("PUT", "/cfg_mgr/configs/lyon", body, "registrar of lines")
