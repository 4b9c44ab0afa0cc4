"""Devices: created, edited, reset and told through provd (F-099 to F-102)."""

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient
from ovix_schema import Entity

from .provisioning import MAC, Provisioning, a_phone, phones

__all__ = ["phones"]


async def test_a_device_lives_and_dies(api: AsyncClient, confd: Any, phones: Provisioning) -> None:
    body = {
        "mac": MAC.upper(), "ip": "192.0.2.7", "sn": "5", "plugin": "notes", "vendor": "Yealink",
        "model": "T46S", "version": "66", "description": "Front", "template_id": "other",
        "options": {"switchboard": True},
    }  # fmt: skip
    made = await confd.make("/devices", **body)
    shown = {key: value for key, value in made.items() if key not in ("id", "links", "status")}
    assert shown == body | {"mac": MAC}
    assert made["status"] == "autoprov"
    assert len(made["id"]) == 32
    path = f"/devices/{made['id']}"
    assert await confd.read(path) == made
    config = (await phones.device(made["id"]))["config"]
    found = await phones.config(config)
    assert found is not None
    assert (found["configdevice"], found["parent_ids"]) == ("other", ["autoprov", "other"])
    await confd.do("PUT", path, description=None, ip="192.0.2.8")
    after = await confd.read(path)
    assert after == made | {"description": None, "ip": "192.0.2.8"}
    plan = await api.delete(f"{path}?dry_run=true")
    step = {"action": "deleted", "resource": "device", "id": made["id"]}
    assert plan.json() == {"total": 1, "items": [step]}
    await confd.do("DELETE", path)
    await confd.refused("GET", path, "Resource Not Found - Device was not found", status=404)
    assert await phones.config(config) is None
    assert [name for name in await phones.follow() if name.startswith("device_")] == [
        "device_created", "device_edited", "device_deleted",
    ]  # fmt: skip


async def test_many_devices_that_are_created_at_once_with_keys_take_turns(
    api: AsyncClient, phones: Provisioning
) -> None:
    """Each keeps a connection for its key, and takes others for its steps."""
    answers = await asyncio.gather(
        *(
            api.post(
                "/devices",
                json={"mac": f"00:15:65:00:00:{number:02x}"},
                headers={"Idempotency-Key": f"device {number}"},
            )
            for number in range(20)
        )
    )
    assert {each.status_code for each in answers} == {201}


async def test_lists_are_searched_and_sorted(confd: Any, phones: Provisioning) -> None:
    for number, vendor in ((3, "Snom"), (1, "Yealink"), (2, "Snom")):
        await confd.make("/devices", ip=f"192.0.2.{number}", vendor=vendor)
    found = await confd.read("/devices?search=SNO&limit=1")
    assert (found["total"], [each["ip"] for each in found["items"]]) == (2, ["192.0.2.2"])
    found = await confd.read("/devices?vendor=Snom&order=ip&direction=desc")
    assert [each["ip"] for each in found["items"]] == ["192.0.2.3", "192.0.2.2"]
    await confd.refused("GET", "/devices?order=mac_address", "Input Error - order: column")


@pytest.mark.parametrize(
    ("body", "because"),
    [
        ({"mac": "00-15-65-aa-bb-cc"}, "Input Error - mac"),
        ({"mac": "001565aabbcc"}, "Input Error - mac"),
        ({"ip": "300.1.1.1"}, "Input Error - ip"),
        ({"ip": "10.1"}, "Input Error - ip"),
        ({"plugin": "unknown"}, "Input Error - field 'plugin': Plugin was not found"),
        ({"template_id": "no"}, "Input Error - field 'template_id': DeviceTemplate was not found"),
        ({"template_id": "base"}, "Input Error - field 'template_id': DeviceTemplate was not"),
        ({"options": {"switchboard": "yes"}}, "Input Error - options.switchboard"),
        ({"sn": "5" * 256}, "Input Error - sn"),
        ({"mac": MAC}, "Resource Error - Device already exists"),
    ],
)
async def test_what_a_device_can_not_be_is_refused(
    confd: Any, phones: Provisioning, body: dict[str, Any], because: str
) -> None:
    await confd.make("/devices", mac=MAC)
    other = await confd.make("/devices")
    before = len(phones.way.requests)
    await confd.refused("POST", "/devices", because, **body)
    await confd.refused("PUT", f"/devices/{other['id']}", because, **body)
    changes = [each for each in phones.way.requests[before:] if not each.startswith("GET")]
    assert changes == []


async def test_a_device_with_lines_is_not_deleted(confd: Any, phones: Provisioning) -> None:
    device, line = await a_phone(confd, phones)
    because = "Resource Error - Device is associated with a Line"
    await confd.refused("DELETE", f"/devices/{device['id']}", because)
    await confd.do("DELETE", f"/lines/{line['id']}/devices/{device['id']}")
    await confd.do("DELETE", f"/devices/{device['id']}")
    await phones.follow()
    assert await phones.config(device["id"]) is None


async def test_statuses(confd: Any, phones: Provisioning) -> None:
    device, _ = await a_phone(confd, phones)
    path = f"/devices/{device['id']}"
    assert device["status"] == "autoprov"
    assert (await confd.read(path))["status"] == "configured"
    await confd.do("PUT", path, plugin=None)
    assert (await confd.read(path))["status"] == "not_configured"
    lost = await phones.provd.add_device({"config": "missing"})
    assert (await confd.read(f"/devices/{lost}"))["status"] == "corrupted"
    bare = await phones.provd.add_device({})
    assert (await confd.read(f"/devices/{bare}"))["status"] == "not_configured"


async def test_autoprov_takes_the_lines_away(confd: Any, phones: Provisioning) -> None:
    device, line = await a_phone(confd, phones, options={"switchboard": True})
    assert (await confd.read(f"/lines/{line['id']}"))["device_id"] == device["id"]
    await confd.do("GET", f"/devices/{device['id']}/autoprov")
    assert (await confd.read(f"/lines/{line['id']}"))["device_id"] is None
    after = await confd.read(f"/devices/{device['id']}")
    assert (after["status"], after["options"]) == ("autoprov", None)
    assert await phones.config(device["id"]) is None
    document = await phones.device(device["id"])
    assert document["config"].startswith("autoprov")
    assert "line_device_dissociated" in await phones.follow()
    assert await phones.device(device["id"]) == document
    # Without lines, it is given another such configuration.
    await confd.do("GET", f"/devices/{device['id']}/autoprov")
    assert (await phones.device(device["id"]))["config"] != document["config"]
    assert await phones.config(document["config"]) is None


async def test_synchronize_waits_for_provds_answer(confd: Any, phones: Provisioning) -> None:
    device, _ = await a_phone(confd, phones)
    await confd.do("GET", f"/devices/{device['id']}/synchronize")
    assert phones.plugin.synchronized == [device["id"]]
    assert phones.way.requests[-1].startswith("DELETE /provd/dev_mgr/synchronize/")
    await confd.do("PUT", f"/devices/{device['id']}", plugin=None)
    because = "Error - Device could not be synchronized"
    await confd.refused("GET", f"/devices/{device['id']}/synchronize", because)


async def test_synchronize_tells_the_phone_what_holds_now(confd: Any, phones: Provisioning) -> None:
    device, line = await a_phone(confd, phones)
    await confd.do("PUT", f"/endpoints/sip/{line['endpoint']}", secret="fresh")
    await confd.do("GET", f"/devices/{device['id']}/synchronize")
    config = await phones.config(device["id"])
    assert config is not None
    assert config["raw_config"]["sip_lines"]["1"]["password"] == "fresh"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/devices/no"), ("PUT", "/devices/no"), ("DELETE", "/devices/no"),
        ("GET", "/devices/no/autoprov"), ("GET", "/devices/no/synchronize"),
        ("GET", "/devices/no/lines"),
    ],
)  # fmt: skip
async def test_unknown_devices(confd: Any, phones: Provisioning, method: str, path: str) -> None:
    await confd.refused(method, path, "Resource Not Found - Device was not found", status=404)


async def test_an_edit_of_what_somebody_else_changed_is_refused(
    api: AsyncClient, confd: Any, phones: Provisioning
) -> None:
    made = await confd.make("/devices", mac=MAC)
    path = f"/devices/{made['id']}"
    tag = (await api.get(path)).headers["ETag"]
    await confd.do("PUT", path, sn="1")
    for method in ("PUT", "DELETE"):
        answer = await api.request(method, path, json={"sn": "2"}, headers={"If-Match": tag})
        assert answer.status_code == 412
    assert (await confd.read(path))["sn"] == "1"


async def test_an_entity_sees_its_phones_only(
    confd: Any, client: Any, entity: Entity, save: Any, phones: Provisioning
) -> None:
    other = await save(Entity(name="second"))
    nobodys = await confd.make("/devices")
    device, line = await a_phone(confd, phones)
    stranger = await client("confd.#", entity_id=other.id)
    mine = await client("confd.#", entity_id=entity.id)
    assert (await stranger.get("/devices")).json()["total"] == 0
    assert [each["id"] for each in (await mine.get("/devices")).json()["items"]] == [device["id"]]
    for method, path in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/autoprov")):
        url = f"/devices/{device['id']}{path}"
        assert (await stranger.request(method, url)).status_code == 404
        assert (await mine.get(f"/devices/{nobodys['id']}")).status_code == 404
    theirs = (await stranger.post("/devices", json={"sn": "7"})).json()
    assert (await stranger.get(f"/devices/{theirs['id']}")).status_code == 200
    assert (await mine.get(f"/devices/{theirs['id']}")).status_code == 404
    second = await confd.phone(line["user"])
    await confd.refused(
        "PUT", f"/lines/{second['id']}/devices/{theirs['id']}", "Resource Error - Operation not"
    )


async def test_while_provd_is_away_devices_are_read_and_not_changed(
    confd: Any, phones: Provisioning
) -> None:
    device, line = await a_phone(confd, phones)
    path = f"/devices/{device['id']}"
    phones.way.away = True
    away = "Service unavailable - provd can't be reached"
    for method, url in (
        ("POST", "/devices"), ("PUT", path), ("GET", f"{path}/autoprov"),
        ("GET", f"{path}/synchronize"),
    ):  # fmt: skip
        await confd.refused(method, url, away, status=503, sn="9")
    assert (await confd.read(path))["status"] == "configured"
    assert (await confd.read(f"/lines/{line['id']}"))["device_id"] == device["id"]
    phones.way.away = False
    await confd.do("PUT", path, sn="9")


async def test_a_deletion_that_an_outage_cut_is_finished_by_the_next(
    confd: Any, phones: Provisioning
) -> None:
    device, line = await a_phone(confd, phones)
    await confd.do("DELETE", f"/lines/{line['id']}/devices/{device['id']}")
    path = f"/devices/{device['id']}"
    phones.way.fails_after = 1
    await confd.refused("DELETE", path, "Service unavailable", status=503)
    assert await phones_after(phones).config(device["id"]) is None
    assert (await confd.read(path))["id"] == device["id"]
    await confd.do("DELETE", path)


def phones_after(phones: Provisioning) -> Provisioning:
    """The same, with provd back."""
    phones.way.away, phones.way.fails_after = False, None
    return phones


async def test_a_reset_that_an_outage_cut_is_finished_by_its_events(
    confd: Any, phones: Provisioning
) -> None:
    device, line = await a_phone(confd, phones)
    phones.way.fails_after = 1
    await confd.refused("GET", f"/devices/{device['id']}/autoprov", "Service unav", status=503)
    assert (await confd.read(f"/lines/{line['id']}"))["device_id"] is None
    await phones_after(phones).follow()
    assert (await confd.read(f"/devices/{device['id']}"))["status"] == "autoprov"
    assert await phones.config(device["id"]) is None
