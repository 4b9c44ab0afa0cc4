"""A phone's configuration follows from its lines, user, numbers, keys and registrars (C, F-202)."""

import asyncio
from typing import Any

import pytest
from ovix_bus import TryLater, emit
from ovix_bus.catalogue import provisioning
from ovix_schema import EndpointSip, FeatureCode, Line
from ovix_telephony.func_keys import encode
from ovix_web import Sessions
from sqlalchemy import select, update

from .provisioning import MAC, Provisioning, a_phone, phones

__all__ = ["phones"]


async def raw_of(phones: Provisioning, device: Any) -> dict[str, Any]:
    config = await phones.config(device["id"])
    assert config is not None
    found: dict[str, Any] = config["raw_config"]
    return found


async def test_the_document_is_that_of_the_reference(
    confd: Any, phones: Provisioning, sessions: Sessions
) -> None:
    device, line = await a_phone(confd, phones)
    async with sessions() as session:
        sip = (await session.scalars(select(EndpointSip))).one()
        codes = dict((await session.execute(select(FeatureCode.feature, FeatureCode.exten))).all())
    assert codes["enablednd"] == "*25"
    assert await phones.config(device["id"]) == {
        "id": device["id"],
        "configdevice": "defaultconfigdevice",
        "parent_ids": ["base", "defaultconfigdevice"],
        "deletable": True,
        "raw_config": {
            "X_key": "",
            "config_version": 1,
            "X_xivo_user_uuid": line["user"]["uuid"],
            "X_xivo_phonebook_profile": "default",
            "exten_dnd": "*25",
            "exten_fwd_unconditional": "*21",
            "exten_fwd_no_answer": "*22",
            "exten_fwd_busy": "*23",
            "exten_fwd_disable_all": "*20",
            "exten_park": None,
            "exten_pickup_group": None,
            "exten_pickup_call": "*8",
            "exten_voicemail": "*98",
            "protocol": "SIP",
            "sip_lines": {
                "1": {
                    "auth_username": sip.username,
                    "username": sip.username,
                    "password": sip.secret,
                    "display_name": "Zoé Martin",
                    "number": line["exten"],
                    "registrar_ip": "192.0.2.1",
                    "proxy_ip": "192.0.2.1",
                }
            },
            "funckeys": {},
        },
    }
    document = await phones.device(device["id"])
    assert (document["config"], document["configured"]) == (device["id"], True)


async def test_a_registrars_hosts_and_ports_reach_its_phones(
    confd: Any, phones: Provisioning
) -> None:
    device, line = await a_phone(confd, phones)
    await confd.make(
        "/registrars", id="lyon", main_host="a.test", main_port=5061, proxy_main_host="b.test",
        proxy_backup_host="c.test", proxy_backup_port=5063, backup_host="d.test",
        outbound_proxy_host="e.test",
    )  # fmt: skip
    await confd.do("PUT", f"/lines/{line['id']}", registrar="lyon")
    await phones.follow()
    found = (await raw_of(phones, device))["sip_lines"]["1"]
    assert {key: value for key, value in found.items() if key.endswith(("_ip", "_port"))} == {
        "registrar_ip": "a.test", "registrar_port": 5061, "proxy_ip": "b.test",
        "backup_proxy_ip": "c.test", "backup_proxy_port": 5063, "backup_registrar_ip": "d.test",
        "outbound_proxy_ip": "e.test",
    }  # fmt: skip
    await confd.do("PUT", "/registrars/lyon", main_host="f.test", outbound_proxy_host=None)
    await phones.follow()
    found = (await raw_of(phones, device))["sip_lines"]["1"]
    assert found["registrar_ip"] == "f.test"
    assert "outbound_proxy_ip" not in found


async def test_the_default_registrars_address_is_given_to_waiting_phones(
    confd: Any, phones: Provisioning
) -> None:
    await confd.do("PUT", "/registrars/default", main_host="g.test", proxy_main_host="h.test")
    await phones.follow()
    config = await phones.config("autoprov")
    assert config is not None
    raw = config["raw_config"]
    assert raw["sip_lines"]["1"] == {
        "username": "ap", "password": "autoprov", "registrar_ip": "g.test", "proxy_ip": "h.test",
    }  # fmt: skip
    assert raw["sccp_call_managers"] == {"1": {"ip": "h.test"}}


async def test_each_change_reaches_the_phone(confd: Any, phones: Provisioning) -> None:
    """C9."""
    device, line = await a_phone(confd, phones)

    async def after(method: str, path: str, **body: Any) -> dict[str, Any]:
        await confd.do(method, path, **body)
        await phones.follow()
        return await raw_of(phones, device)

    user = line["user"]
    raw = await after("PUT", f"/users/{user['id']}", firstname="Ada", caller_id='"Ada"')
    assert raw["sip_lines"]["1"]["display_name"] == "Ada"
    raw = await after("PUT", f"/endpoints/sip/{line['endpoint']}", secret="other")
    assert raw["sip_lines"]["1"]["password"] == "other"
    raw = await after("PUT", f"/extensions/{line['extension']}", exten="1555")
    assert raw["sip_lines"]["1"]["number"] == "1555"
    raw = await after("PUT", f"/lines/{line['id']}", position=2)
    assert list(raw["sip_lines"]) == ["2"]
    assert "X_xivo_user_uuid" not in raw
    raw = await after("PUT", f"/devices/{device['id']}", template_id="other")
    config = await phones.config(device["id"])
    assert config is not None
    assert (config["configdevice"], config["parent_ids"]) == ("other", ["base", "other"])


async def test_two_lines_stand_at_their_positions(confd: Any, phones: Provisioning) -> None:
    """C7, C8."""
    device, line = await a_phone(confd, phones)
    second = await confd.phone(await confd.user())
    await confd.do("PUT", f"/lines/{second['id']}", position=2)
    await confd.do("PUT", f"/lines/{second['id']}/devices/{device['id']}")
    await phones.follow()
    raw = await raw_of(phones, device)
    assert {key: each["number"] for key, each in raw["sip_lines"].items()} == {
        "1": line["exten"], "2": second["exten"],
    }  # fmt: skip
    await confd.do("DELETE", f"/lines/{line['id']}/devices/{device['id']}")
    await phones.follow()
    assert list((await raw_of(phones, device))["sip_lines"]) == ["2"]
    await confd.do("DELETE", f"/lines/{second['id']}/devices/{device['id']}")
    await phones.follow()
    assert await phones.config(device["id"]) is None
    assert (await phones.device(device["id"]))["config"].startswith("autoprov")


async def test_function_keys_are_the_users_over_his_templates(
    confd: Any, phones: Provisioning, sessions: Sessions
) -> None:
    """C7, C9."""
    device, line = await a_phone(confd, phones)
    user, other = line["user"], await confd.user(firstname="Bob")
    bobs = await confd.phone(other)

    def key(kind: str, label: str | None = None, blf: bool = True, **fields: Any) -> Any:
        return {"label": label, "blf": blf, "destination": {"type": kind, **fields}}

    template = await confd.make(
        "/funckeys/templates",
        keys={"1": key("custom", "A", exten="1234"), "2": key("parking"), "3": key("onlinerec")},
    )
    await confd.do("PUT", f"/users/{user['id']}/funckeys/templates/{template['id']}")
    for position, own in (
        (1, key("user", "Bob", user_id=other["id"])),
        (4, key("service", service="enablednd")),
        (5, key("forward", forward="unconditional", exten="1002")),
        (6, key("transfer", transfer="blind")),
        (7, key("park_position", position=701, blf=False)),
    ):
        await confd.do("PUT", f"/users/{user['id']}/funckeys/{position}", **own)
    await phones.follow()
    keys = (await raw_of(phones, device))["funckeys"]
    prefix = "_*735."
    assert keys == {
        "1": {"label": "Bob", "line": 1, "type": "blf", "value": bobs["exten"]},
        "2": {"label": "", "line": 1, "type": "park", "value": "700"},
        "3": {"label": "", "line": 1, "type": "speeddial", "value": "*3"},
        "4": {"label": "", "line": 1, "type": "blf", "value": encode(prefix, (user["id"], "*25"))},
        "5": {
            "label": "", "line": 1, "type": "blf",
            "value": encode(prefix, (user["id"], "_*21.", "1002")),
        },
        "6": {"label": "", "line": 1, "type": "speeddial", "value": "*1"},
        "7": {"label": "", "line": 1, "type": "speeddial", "value": "701"},
    }  # fmt: skip
    await confd.do("PUT", f"/extensions/{bobs['extension']}", exten="1666")
    await phones.follow()
    assert (await raw_of(phones, device))["funckeys"]["1"]["value"] == "1666"
    await confd.do("PUT", f"/funckeys/templates/{template['id']}/2", **key("custom", exten="9"))
    await phones.follow()
    assert (await raw_of(phones, device))["funckeys"]["2"]["value"] == "9"
    await confd.do("DELETE", f"/users/{user['id']}/funckeys/templates/{template['id']}")
    await phones.follow()
    assert sorted((await raw_of(phones, device))["funckeys"]) == ["1", "4", "5", "6", "7"]
    await confd.do("DELETE", f"/users/{user['id']}/funckeys/1")
    await phones.follow()
    assert "1" not in (await raw_of(phones, device))["funckeys"]


async def test_a_code_that_changes_reaches_every_phone(confd: Any, phones: Provisioning) -> None:
    device, _ = await a_phone(confd, phones)
    features = (await confd.read("/extensions/features?feature=enablednd"))["items"]
    path = f"/extensions/features/{features[0]['id']}"
    try:
        await confd.do("PUT", path, exten="*77")
        await phones.follow()
        assert (await raw_of(phones, device))["exten_dnd"] == "*77"
    finally:
        await confd.do("PUT", path, exten="*25")


async def test_an_event_that_changes_nothing_asks_provd_nothing(
    confd: Any, phones: Provisioning
) -> None:
    _, line = await a_phone(confd, phones)
    await phones.follow()
    phones.way.requests.clear()
    await confd.do("PUT", f"/users/{line['user']['id']}", description="changed")
    assert "user_edited" in await phones.follow()
    assert phones.way.requests == []


async def test_what_happens_while_provd_is_away_is_made_good(
    confd: Any, phones: Provisioning
) -> None:
    device, line = await a_phone(confd, phones)
    phones.way.away = True
    await confd.do("PUT", f"/endpoints/sip/{line['endpoint']}", secret="new")
    with pytest.raises(TryLater):
        await phones.follow()
    phones.way.away = False
    await phones.follow()
    assert (await raw_of(phones, device))["sip_lines"]["1"]["password"] == "new"


@pytest.mark.parametrize("requests", range(4))
async def test_a_crash_between_any_two_steps_is_made_good(
    confd: Any, phones: Provisioning, requests: int
) -> None:
    device, line = await a_phone(confd, phones)
    await confd.do("DELETE", f"/lines/{line['id']}/devices/{device['id']}")
    phones.way.fails_after = requests
    with pytest.raises(TryLater):
        await phones.follow()
    phones.way.away, phones.way.fails_after = False, None
    await phones.follow()
    assert (await phones.device(device["id"]))["config"].startswith("autoprov")
    assert await phones.config(device["id"]) is None


async def test_a_phone_that_moves_to_another_device_leaves_the_first_one(
    confd: Any, phones: Provisioning
) -> None:
    device, line = await a_phone(confd, phones)
    other = await confd.make("/devices", mac=MAC[:-1] + "d", plugin="notes")
    await confd.do("DELETE", f"/lines/{line['id']}/devices/{device['id']}")
    await confd.do("PUT", f"/lines/{line['id']}/devices/{other['id']}")
    await phones.follow()
    assert (await confd.read(f"/devices/{device['id']}"))["status"] == "autoprov"
    assert (await confd.read(f"/devices/{other['id']}"))["status"] == "configured"


async def test_a_line_that_is_deleted_leaves_its_device(confd: Any, phones: Provisioning) -> None:
    device, line = await a_phone(confd, phones)
    await confd.do("DELETE", f"/lines/{line['id']}")
    assert "line_device_dissociated" in await phones.follow()
    assert (await confd.read(f"/devices/{device['id']}"))["status"] == "autoprov"


@pytest.mark.parametrize("gone", ["template", "agent", "user", "line"])
async def test_keys_that_led_to_what_is_deleted_leave_the_phones(
    confd: Any, phones: Provisioning, gone: str
) -> None:
    device, line = await a_phone(confd, phones)
    keys = f"/users/{line['user']['id']}/funckeys"
    destination: dict[str, Any] = {"type": "custom", "exten": "1234"}
    if gone == "template":
        made = await confd.make("/funckeys/templates", keys={"1": {"destination": destination}})
        deleted = [f"/funckeys/templates/{made['id']}"]
        await confd.do("PUT", f"{keys}/templates/{made['id']}")
    elif gone == "agent":
        made = await confd.make("/agents", number="8000")
        deleted = [f"/agents/{made['id']}"]
        destination = {"type": "agent", "agent_id": made["id"], "action": "login"}
    else:
        made = await confd.user(firstname="Jeanne")
        hers, user = await confd.phone(made), f"/users/{made['id']}"
        # The phones hear of her line when she is gone already.
        deleted = [f"/lines/{hers['id']}"]
        if gone == "user":
            deleted = [f"{user}/lines/{hers['id']}", user]
        destination = {"type": "user", "user_id": made["id"]}
    if gone != "template":
        await confd.do("PUT", f"{keys}/1", destination=destination)
    await phones.follow()
    assert list((await raw_of(phones, device))["funckeys"]) == ["1"]
    for path in deleted:
        await confd.do("DELETE", path)
    await phones.follow()
    assert (await raw_of(phones, device))["funckeys"] == {}


@pytest.mark.parametrize("protocol", ["sip", "sccp"])
async def test_an_endpoint_that_is_deleted_leaves_its_phone(
    confd: Any, phones: Provisioning, protocol: str
) -> None:
    device, line = await a_phone(confd, phones)
    endpoint = line["endpoint"]
    if protocol == "sccp":
        await confd.do("DELETE", f"/lines/{line['id']}/devices/{device['id']}")
        await confd.do("DELETE", f"/endpoints/sip/{endpoint}")
        endpoint = (await confd.make("/endpoints/sccp"))["id"]
        await confd.do("PUT", f"/lines/{line['id']}/endpoints/sccp/{endpoint}")
        await confd.do("PUT", f"/lines/{line['id']}/devices/{device['id']}")
        await phones.follow()
    place = {"sip": "sip_lines", "sccp": "sccp_call_managers"}[protocol]
    assert place in await raw_of(phones, device)
    await confd.do("DELETE", f"/endpoints/{protocol}/{endpoint}")
    await phones.follow()
    assert place not in await raw_of(phones, device)


async def test_a_device_deleted_behind_our_back_takes_its_configuration_along(
    confd: Any, phones: Provisioning
) -> None:
    device, _ = await a_phone(confd, phones)
    await phones.provd.remove_device(device["id"])
    await phones.follow()
    assert await phones.config(device["id"]) is None


async def test_sccp_phones_get_their_call_managers(confd: Any, phones: Provisioning) -> None:
    line, endpoint = await confd.line(), await confd.make("/endpoints/sccp")
    extension, user = await confd.extension(), await confd.user()
    await confd.do("PUT", f"/lines/{line['id']}/endpoints/sccp/{endpoint['id']}")
    await confd.do("PUT", f"/lines/{line['id']}/extensions/{extension['id']}")
    await confd.do("PUT", f"/users/{user['id']}/lines/{line['id']}")
    await confd.do("PUT", "/registrars/default", proxy_backup_host="192.0.2.2")
    device = await confd.make("/devices", mac=MAC)
    await confd.do("PUT", f"/lines/{line['id']}/devices/{device['id']}")
    await phones.follow()
    raw = await raw_of(phones, device)
    assert raw["protocol"] == "SCCP"
    assert raw["sccp_call_managers"] == {"1": {"ip": "192.0.2.1"}, "2": {"ip": "192.0.2.2"}}
    assert "sip_lines" not in raw


async def test_fifty_changes_at_once_end_in_the_last_one(confd: Any, phones: Provisioning) -> None:
    device, line = await a_phone(confd, phones)
    path = f"/endpoints/sip/{line['endpoint']}"
    await asyncio.gather(*(confd.do("PUT", path, secret=f"secret{n}") for n in range(50)))
    await phones.follow()
    stored = (await confd.read(path))["secret"]
    assert (await raw_of(phones, device))["sip_lines"]["1"]["password"] == stored


async def test_c1_a_phone_that_asked_for_its_line_is_told_to_fetch_it(
    confd: Any, phones: Provisioning, sessions: Sessions
) -> None:
    """What agid announces once a code was dialled: the configuration comes first."""
    user = await confd.user(firstname="Zoé", lastname="Martin")
    line = await confd.phone(user)
    device = await confd.make("/devices", mac=MAC, plugin="notes")
    waiting = (await phones.device(device["id"]))["config"]
    async with sessions.begin() as session:
        await session.execute(
            update(Line).where(Line.id == line["id"]).values(device_id=device["id"])
        )
        await emit(session, provisioning.device_synchronize_requested(id=device["id"]))
    phones.way.away = True
    with pytest.raises(TryLater):
        await phones.follow()
    phones.way.away = False
    await phones.follow()
    assert (await phones.device(device["id"]))["config"] == device["id"]
    assert await phones.config(waiting) is None
    for _ in range(1000):
        if phones.plugin.synchronized:
            break
        await asyncio.sleep(0.01)
    assert phones.plugin.synchronized == [device["id"]]
