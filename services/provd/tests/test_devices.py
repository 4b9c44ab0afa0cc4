"""Devices: their documents, and when their phone's files are written (acceptance C, F)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx import AsyncClient

MAC = "00:15:65:aa:bb:cc"


async def test_a_device_lives_and_dies(
    provd: Any, announced: Callable[[], Awaitable[list[str]]]
) -> None:
    device_id = await provd.add("device", mac=MAC, X_mine={"a": [1]}, configured=True)
    assert await provd.device(device_id) == {
        "id": device_id,
        "mac": MAC,
        "X_mine": {"a": [1]},
        "configured": False,
    }
    path = f"/dev_mgr/devices/{device_id}"
    await provd.done("PUT", path, {"device": {"ip": "192.0.2.7", "id": "other"}})
    assert await provd.device(device_id) == {
        "id": device_id,
        "ip": "192.0.2.7",
        "configured": False,
    }
    await provd.done("DELETE", path)
    assert (await provd.api.get(path)).status_code == 404
    assert (await provd.api.get(path)).text == "No such resource"
    assert await announced() == ["device_created", "device_edited", "device_deleted"]


async def test_a_device_is_configured_where_plugin_and_config_are_there(
    provd: Any, plugin: Any
) -> None:
    await provd.add("config", id="mine", parent_ids=["base", "template"], raw_config={"x": 1})
    device_id = await provd.add("device", plugin="notes", config="mine")
    assert (await provd.device(device_id))["configured"] is True
    raw = plugin.configured[device_id]
    assert raw["ntp_enabled"] is True
    assert (raw["locale"], raw["x"], raw["ip"]) == ("fr_FR", 1, "192.0.2.1")
    for missing in ({"plugin": "unknown", "config": "mine"}, {"plugin": "notes", "config": "no"}):
        other = await provd.add("device", **missing)
        assert (await provd.device(other))["configured"] is False


async def test_only_some_keys_reconfigure(provd: Any, plugin: Any) -> None:
    """F7, F8, F9."""
    device = {"plugin": "notes", "config": "base", "mac": MAC}
    device_id = await provd.add("device", **device)
    path, other_mac = f"/dev_mgr/devices/{device_id}", MAC[:-1] + "d"
    plugin.told.clear()
    await provd.done("PUT", path, {"device": device | {"ip": "192.0.2.8", "sn": "1"}})
    assert plugin.told == []
    assert (await provd.device(device_id))["configured"] is True
    await provd.done("PUT", path, {"device": device | {"mac": other_mac}})
    assert plugin.told == [f"deconfigure {device_id}", f"configure {device_id}"]
    await provd.done("PUT", path, {"device": device | {"mac": other_mac, "configured": False}})
    assert (await provd.device(device_id))["configured"] is True


async def test_a_plugin_that_fails_leaves_the_device_unconfigured(provd: Any, plugin: Any) -> None:
    device_id = await provd.add("device", plugin="notes", config="base")
    plugin.fails = True
    await provd.done("POST", "/dev_mgr/reconfigure", {"id": device_id})
    assert (await provd.device(device_id))["configured"] is False
    plugin.fails = False
    await provd.done("POST", "/dev_mgr/reconfigure", {"id": device_id})
    assert (await provd.device(device_id))["configured"] is True


async def test_a_transient_config_goes_with_its_last_device(provd: Any) -> None:
    """F13."""
    await provd.add("config", id="once", transient=True)
    first = await provd.add("device", config="once")
    second = await provd.add("device", config="once")
    await provd.done("DELETE", f"/dev_mgr/devices/{first}")
    assert (await provd.api.get("/cfg_mgr/configs/once")).status_code == 200
    await provd.done("PUT", f"/dev_mgr/devices/{second}", {"device": {"config": "base"}})
    assert (await provd.api.get("/cfg_mgr/configs/once")).status_code == 404
    await provd.done("DELETE", f"/dev_mgr/devices/{second}")
    assert (await provd.api.get("/cfg_mgr/configs/base")).status_code == 200


@pytest.mark.parametrize(
    ("device", "because"),
    [
        ({"mac": "00-15-65-aa-bb-cc"}, "mac is not normalized"),
        ({"mac": "00:15:65:AA:BB:CC"}, "mac is not normalized"),
        ({"ip": "300.1.1.1"}, "ip is not normalized"),
        ({"ip": "10.1"}, "ip is not normalized"),
        ({"id": "../configs/base"}, "invalid id"),
        ({"id": "/var/x"}, "invalid id"),
        ({"id": "a/b"}, "invalid id"),
        ({"id": ".hidden"}, "invalid id"),
        ({"id": 5}, "invalid id"),
        ({"config": 5}, "config must be a text"),
        ({"vendor": "v" * 256}, "can't be stored"),
        ({"X_nul": "a\0b"}, "can't be stored"),
    ],
)
async def test_a_document_that_can_not_be_is_refused(
    provd: Any, device: dict[str, Any], because: str
) -> None:
    """F4, F6."""
    await provd.refused("POST", "/dev_mgr/devices", {"device": device}, because)


async def test_an_id_or_mac_is_taken_once(provd: Any) -> None:
    """F5."""
    await provd.add("device", id="mine", mac=MAC)
    await provd.refused("POST", "/dev_mgr/devices", {"device": {"id": "mine"}}, "already used")
    await provd.refused("POST", "/dev_mgr/devices", {"device": {"mac": MAC}}, "already used")


async def test_what_the_database_refuses_no_plugin_hears_of(provd: Any, plugin: Any) -> None:
    mine = await provd.add("device", plugin="notes", config="base", mac=MAC)
    other = await provd.add("device", plugin="notes", config="base")
    plugin.told.clear()
    twin = {"mac": MAC, "plugin": "notes", "config": "base"}
    await provd.refused("POST", "/dev_mgr/devices", {"device": twin}, "already used")
    for changed, because in (({"mac": MAC}, "already used"), ({"vendor": "v" * 300}, "too long")):
        device = {"plugin": "notes", "config": "base", **changed}
        await provd.refused("PUT", f"/dev_mgr/devices/{other}", {"device": device}, because)
    assert plugin.told == []
    assert (await provd.read(f"/dev_mgr/devices/{mine}", "device"))["configured"] is True


async def test_unknown_devices(provd: Any) -> None:
    """F11."""
    await provd.refused("PUT", "/dev_mgr/devices/no", {"device": {}}, "No such resource", 404)
    assert (await provd.api.delete("/dev_mgr/devices/no")).status_code == 404
    await provd.refused("POST", "/dev_mgr/reconfigure", {"id": "no"}, "no such device")


async def ended(provd: Any, location: str) -> str:
    for _ in range(100):
        status = await provd.read(location.removeprefix("/provd"), "status")
        if status not in ("waiting", "progress"):
            return str(status)
        await asyncio.sleep(0.02)
    raise AssertionError("the operation did not end")


async def test_a_synchronization_is_followed_and_forgotten(provd: Any, plugin: Any) -> None:
    device_id = await provd.add("device", plugin="notes", config="base", ip="192.0.2.7")
    started = await provd.send("POST", "/dev_mgr/synchronize", {"id": device_id})
    assert (started.status_code, started.content) == (201, b"")
    location = started.headers["Location"]
    assert location == "/provd/dev_mgr/synchronize/1"
    assert await ended(provd, location) == "success"
    assert plugin.told[-1] == f"synchronize {device_id}"
    await provd.done("DELETE", location.removeprefix("/provd"))
    assert (await provd.api.get(location.removeprefix("/provd"))).status_code == 404


@pytest.mark.parametrize(
    "device", [{"plugin": "unknown", "config": "base"}, {"plugin": "notes", "config": "no"}]
)
async def test_what_is_not_configured_can_not_be_synchronized(
    provd: Any, plugin: Any, device: dict[str, str]
) -> None:
    """F11, F12."""
    device_id = await provd.add("device", **device)
    for name in (device_id, "unknown"):
        started = await provd.send("POST", "/dev_mgr/synchronize", {"id": name})
        assert await ended(provd, started.headers["Location"]) == "fail"
    assert not any(each.startswith("synchronize") for each in plugin.told)


@pytest.mark.parametrize(
    ("known", "to"),
    [
        ({"remote_state_sip_username": "zoe", "ip": "192.0.2.7"}, {"Endpoint": "zoe"}),
        ({"ip": "192.0.2.7"}, {"URI": "sip:anonymous@192.0.2.7"}),
        ({"remote_state_sip_username": "x\r\ny", "ip": "192.0.2.7"}, {
            "URI": "sip:anonymous@192.0.2.7"}),
        ({}, None),
    ],
)  # fmt: skip
async def test_a_phone_is_told_by_its_peer_else_by_its_address(
    provd: Any, manager: Any, known: dict[str, str], to: dict[str, str] | None
) -> None:
    """J1, J2, J3."""
    device_id = await provd.add("device", plugin="notes", config="base", **known)
    started = await provd.send("POST", "/dev_mgr/synchronize", {"id": device_id})
    expected = "fail" if to is None else "success"
    assert await ended(provd, started.headers["Location"]) == expected
    sent = [] if to is None else [("PJSIPNotify", {**to, "Variable": ["Event=check-sync"]})]
    assert manager.sent == sent


async def test_without_asterisk_no_phone_is_told(provd: Any, manager: Any) -> None:
    device_id = await provd.add("device", plugin="notes", config="base", ip="192.0.2.7")
    manager.away = True
    started = await provd.send("POST", "/dev_mgr/synchronize", {"id": device_id})
    assert await ended(provd, started.headers["Location"]) == "fail"


def lease(**info: Any) -> dict[str, Any]:
    given = {"op": "commit", "ip": "192.0.2.9", "mac": MAC, "options": ["06041.42"], **info}
    return {"dhcp_info": {key: value for key, value in given.items() if value is not None}}


async def test_a_lease_moves_an_address_to_its_phone(provd: Any) -> None:
    """B3, B4."""
    mine = await provd.add("device", mac=MAC)
    other = await provd.add("device", ip="192.0.2.9")
    for operation in ("expiry", "release"):
        await provd.done("POST", "/dev_mgr/dhcpinfo", lease(op=operation))
    assert "ip" not in await provd.device(mine)
    await provd.done("POST", "/dev_mgr/dhcpinfo", lease())
    assert (await provd.device(mine))["ip"] == "192.0.2.9"
    assert "ip" not in await provd.device(other)


@pytest.mark.parametrize(
    "info",
    [
        {"op": "renew"}, {"mac": "no"}, {"ip": "no"}, {"options": ["60AB"]}, {"options": None},
        {"options": ["600041"]}, {"mac": None},
    ],
)  # fmt: skip
async def test_a_lease_that_says_nothing_clear_is_refused(provd: Any, info: dict[str, Any]) -> None:
    """B5."""
    await provd.refused("POST", "/dev_mgr/dhcpinfo", lease(**info), "invalid" if info != {
        "options": None} else "options")  # fmt: skip


async def test_an_edit_of_what_somebody_else_changed_is_refused(
    provd: Any, api: AsyncClient
) -> None:
    device_id = await provd.add("device", mac=MAC)
    path = f"/dev_mgr/devices/{device_id}"
    tag = (await api.get(path)).headers["ETag"]
    first = await api.put(path, json={"device": {"sn": "1"}}, headers={"If-Match": tag})
    assert first.status_code == 204
    second = await api.put(path, json={"device": {"sn": "2"}}, headers={"If-Match": tag})
    assert second.status_code == 412
    assert (await provd.device(device_id))["sn"] == "1"


async def test_fifty_edits_at_once_are_one_after_the_other(provd: Any, plugin: Any) -> None:
    device_id = await provd.add("device", plugin="notes", config="base")
    path = f"/dev_mgr/devices/{device_id}"
    bodies = [
        {"device": {"plugin": "notes", "config": "base", "version": str(n)}} for n in range(50)
    ]
    answers = await asyncio.gather(*(provd.send("PUT", path, body) for body in bodies))
    assert {each.status_code for each in answers} == {204}
    assert (await provd.device(device_id))["configured"] is True
