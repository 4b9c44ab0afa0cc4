"""What an unknown phone gets, and what becomes of it (acceptance A, H, C6)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from ovix_provd.errors import PluginsComing
from ovix_provd.plugins import PluginError, TftpRefusal, TftpRequest
from ovix_schema import ProvdConfig
from ovix_web import Sessions
from sqlalchemy import delete, func, select

from .phones_office import AWAY, HOME, MAC, OTHER, PhonesOffice

Start = Callable[..., Awaitable[PhonesOffice]]


async def test_a1_a_phone_out_of_its_box_gets_its_account(
    office_with: Start, tmp_path: Any
) -> None:
    office = await office_with(security_log=tmp_path / "security.log")
    answer = await office.fetch()
    assert answer.status_code == 200
    device = await office.device()
    assert {key: device[key] for key in ("mac", "ip", "vendor", "model", "version", "plugin")} == {
        "mac": MAC, "ip": HOME, "vendor": "Acme", "model": "T46S", "version": "66.1",
        "plugin": "acme-2",
    }  # fmt: skip
    assert (device["configured"], device["added"]) == (True, "auto")
    assert device["config"].startswith("autoprov")
    url, username, password = answer.text.split()
    assert url.startswith("http://192.0.2.1:")
    assert username == "apQX" + device["config"].removeprefix("autoprov")
    assert password == "autoprov"
    created, sensitive = (tmp_path / "security.log").read_text().splitlines()
    assert created.endswith(f"] New device created automatically from {HOME}: {device['id']}")
    assert sensitive.endswith(f"] Sensitive file requested from {HOME}: /001565aabbcc.cfg")
    assert "autoprov " not in sensitive


async def test_a2_a_known_phone_changes_nothing(office: PhonesOffice, sessions: Sessions) -> None:
    await office.fetch()
    await office.fetch()  # notes the account it runs with
    before = await office.devices()
    async with sessions() as session:
        configs = await session.scalar(select(func.count()).select_from(ProvdConfig))
    for _ in range(3):
        assert (await office.fetch()).status_code == 200
    assert await office.devices() == before
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(ProvdConfig)) == configs


async def test_a3_who_tells_nothing_gets_a_device_and_no_file(office: PhonesOffice) -> None:
    answer = await office.get("/", agent="curl/8.0")
    assert answer.status_code == 404
    assert "Nowhere to route this request." in answer.text
    assert answer.headers["Content-Type"].startswith("text/html")
    (device,) = await office.devices()
    assert device == {
        "id": device["id"], "ip": HOME, "added": "auto", "config": device["config"],
        "configured": False,
    }  # fmt: skip
    assert device["config"].startswith("autoprov")


async def test_a4_the_same_phone_tells_more_later(office: PhonesOffice) -> None:
    await office.get("/", agent="curl/8.0")
    assert (await office.fetch()).status_code == 200
    (device,) = await office.devices()
    assert (device["mac"], device["plugin"], device["configured"]) == (MAC, "acme-2", True)


async def test_a5_the_secure_pipeline_creates_nothing(office_with: Start) -> None:
    office = await office_with(pipeline="secure")
    assert (await office.fetch()).status_code == 404
    assert await office.devices() == []
    device = {"mac": MAC, "plugin": "acme-2", "config": "base", "ip": HOME}
    await office.ask("POST", "/dev_mgr/devices", {"device": device})
    assert (await office.fetch(version="2")).status_code == 200
    assert "version" not in await office.device()


async def test_a6_without_a_plugin_for_it_a_phone_waits(office: PhonesOffice) -> None:
    for name in ("acme-2", "acme-10", "beta", "broken"):
        plugin = office.plugins.plugins.pop(name)
    office.plugins.plugins["mute"] = plugin
    plugin.vendor = ""
    assert (await office.fetch()).status_code == 404
    (device,) = await office.devices()
    assert "plugin" not in device


async def test_a7_without_an_autocreate_config_there_is_no_file(
    office: PhonesOffice, sessions: Sessions
) -> None:
    async with sessions.begin() as session:
        await session.execute(delete(ProvdConfig).where(ProvdConfig.id == "autoprov"))
    for _ in range(2):
        assert (await office.fetch()).status_code == 404
    device = await office.device()
    assert (device.get("config"), device["configured"]) == (None, False)


async def test_a8_the_null_plugin_answers_for_a_phone_that_gets_nothing(
    office: PhonesOffice,
) -> None:
    given = {"mac": MAC, "plugin": "null", "ip": HOME, "config": "base", "vendor": "Acme",
             "model": "T46S", "version": "66.1"}  # fmt: skip
    await office.ask("POST", "/dev_mgr/devices", {"device": given})
    before = await office.device()
    answer = await office.fetch()
    assert (answer.status_code, answer.content) == (404, b"")
    assert await office.device() == before


async def test_a9_the_zero_plugin_serves_what_lies_there(office: PhonesOffice) -> None:
    (office.root / "x.bin").write_bytes(b"\0\1")
    await office.ask("POST", "/dev_mgr/devices", {"device": {"ip": HOME, "plugin": "zero"}})
    answer = await office.get("/x.bin")
    assert (answer.status_code, answer.content) == (200, b"\0\1")
    assert answer.headers["Content-Type"] == "application/octet-stream"


async def test_a10_a11_the_greatest_id_wins_a_tie(office: PhonesOffice) -> None:
    await office.fetch(model="unlisted")
    assert (await office.device())["plugin"] == "acme-2"


async def test_a13_a_plugin_that_fails_is_told_of_and_the_next_request_tries_nothing(
    office: PhonesOffice,
) -> None:
    office.acme.fails = True
    assert (await office.fetch()).status_code == 404  # no file was written
    assert (await office.device())["configured"] is False


async def test_a14_bytes_that_are_no_text_do_no_harm(office: PhonesOffice) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", office.app.state.phones.http_port)
    writer.write(b"GET /x HTTP/1.1\r\nHost: x\r\nUser-Agent: Acme \xff\xfe\r\n\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 404")
    writer.close()
    await writer.wait_closed()


async def test_the_failure_of_the_pipeline_is_told(
    office: PhonesOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: object) -> dict[str, str]:
        raise PluginError("the host is gone")

    monkeypatch.setattr(office.plugins, "identify", broken)
    answer = await office.fetch()
    assert answer.status_code == 500
    assert "Internal processing error" in answer.text


async def test_c6_a_phone_that_was_typed_in_gets_its_line_at_once(office: PhonesOffice) -> None:
    made = await office.ask("POST", "/dev_mgr/devices", {"device": {"mac": MAC}})
    await office.give_account(made.json()["id"])
    answer = await office.fetch()
    assert "zoe secret of zoe" in answer.text
    assert (await office.device())["config"] == made.json()["id"]


async def test_c2_the_account_that_a_phone_runs_with_is_noted(office: PhonesOffice) -> None:
    await office.fetch()
    waiting = await office.device()
    assert waiting["remote_state_sip_username"].startswith("apQX")
    device_id = waiting["id"]
    await office.give_account(device_id)
    await office.get("/other.cfg", agent=f"Acme T46S 66.1 {MAC}")
    assert (await office.device())["remote_state_sip_username"].startswith("apQX")
    configured = office.acme.asked["configure"]
    await office.fetch()
    assert (await office.device())["remote_state_sip_username"] == "zoe"
    assert office.acme.asked["configure"] == configured


async def test_h1_h2_one_phone_for_each_address_but_behind_nat(office: PhonesOffice) -> None:
    await office.fetch(MAC, HOME)
    await office.fetch(OTHER, HOME)
    assert "ip" not in await office.device(MAC)
    assert (await office.device(OTHER))["ip"] == HOME
    await office.set_nat(1)
    await office.fetch(MAC, HOME)
    assert {each["ip"] for each in await office.devices()} == {HOME}


async def test_h3_each_phone_behind_one_address_gets_its_own_file(office: PhonesOffice) -> None:
    await office.set_nat(1)
    files = {mac: (await office.fetch(mac, HOME)).text for mac in (MAC, OTHER, MAC, OTHER)}
    assert len(set(files.values())) == 2
    assert len(await office.devices()) == 2


async def test_h4_who_tells_nothing_behind_a_shared_address_is_nobody_s_phone(
    office: PhonesOffice,
) -> None:
    await office.set_nat(1)
    await office.fetch(MAC, HOME)
    await office.fetch(OTHER, HOME)
    assert (await office.get("/x.cfg", HOME)).status_code == 404
    assert len(await office.devices()) == 3


async def test_h5_a_phone_that_moved_is_not_configured_anew(office: PhonesOffice) -> None:
    await office.fetch(ip=HOME)
    configured = office.acme.asked["configure"]
    assert (await office.fetch(ip=AWAY)).status_code == 200
    assert (await office.device())["ip"] == AWAY
    assert office.acme.asked["configure"] == configured


async def test_h6_a_new_phone_takes_the_place_of_an_old_one(office: PhonesOffice) -> None:
    device_id = await office.phone_with_account(MAC, HOME)
    device = await office.device(MAC)
    del device["remote_state_sip_username"], device["ip"]
    await office.ask("PUT", f"/dev_mgr/devices/{device_id}", {"device": {**device, "mac": OTHER}})
    assert "zoe" in (await office.fetch(OTHER, AWAY)).text
    assert not (office.root / "001565aabbcc.cfg").exists()
    assert [each["id"] for each in await office.devices()] == [device_id]


async def test_h7_another_firmware_is_configured_anew(office: PhonesOffice) -> None:
    await office.fetch(version="66.1")
    configured = office.acme.asked["configure"]
    await office.fetch(version="66.2")
    assert (await office.device())["version"] == "66.2"
    assert office.acme.asked["configure"] == configured + 1


async def test_b1_a_lease_makes_a_phone_known_and_b2_tftp_finds_it(office: PhonesOffice) -> None:
    option = "060" + b"Acme B508G".hex(".")
    info = {"op": "commit", "ip": AWAY, "mac": MAC, "options": [option]}
    answer = await office.ask("POST", "/dev_mgr/dhcpinfo", {"dhcp_info": info})
    assert answer.status_code == 204
    device = await office.device()
    assert (device["ip"], device["vendor"], device["plugin"]) == (AWAY, "Acme", "acme-2")
    request = TftpRequest(AWAY, 1234, b"/generic.cfg")
    found = await office.app.state.phones.pipeline.tftp(request)
    assert not isinstance(found, TftpRefusal)
    assert len(await office.devices()) == 1


async def test_b3_a_lease_moves_a_phone(office: PhonesOffice) -> None:
    await office.fetch(MAC, HOME)
    await office.fetch(OTHER, AWAY)
    info = {"op": "commit", "ip": AWAY, "mac": MAC, "options": []}
    await office.ask("POST", "/dev_mgr/dhcpinfo", {"dhcp_info": info})
    assert (await office.device(MAC))["ip"] == AWAY
    assert "ip" not in await office.device(OTHER)


async def test_tftp_gets_what_http_gets(office: PhonesOffice) -> None:
    pipeline = office.app.state.phones.pipeline
    first = await pipeline.tftp(TftpRequest(HOME, 2000, b"001565aabbcc.cfg"))
    assert (first.root, first.name) == (office.root, b"001565aabbcc.cfg")
    assert (await office.device())["remote_state_sip_username"].startswith("apQX")
    nowhere = await pipeline.tftp(TftpRequest(AWAY, 2000, b"x"))
    assert nowhere == TftpRefusal(1, b"Nowhere to route this request")


async def test_i16_two_hundred_phones_that_repeat_themselves_are_two_hundred_devices(
    office: PhonesOffice,
) -> None:
    await office.set_nat(1)
    macs = [f"00:15:65:00:{n // 256:02x}:{n % 256:02x}" for n in range(200)]
    statuses = await office.fetch_at_once((mac, HOME) for mac in macs for _ in range(5))
    assert set(statuses) == {200}
    devices = await office.devices()
    assert sorted(each["mac"] for each in devices) == macs
    assert len({each["config"] for each in devices}) == 200
    assert office.acme.asked["configure"] == 200


async def test_one_address_asking_many_times_at_once_is_one_device(office: PhonesOffice) -> None:
    await asyncio.gather(*(office.get(f"/{n}", agent="curl/8") for n in range(30)))
    assert len(await office.devices()) == 1


async def test_two_replicas_create_a_phone_once(office_with: Start) -> None:
    first, second = await office_with(), await office_with()
    await first.set_nat(1)
    macs = [f"00:15:65:00:03:{n:02x}" for n in range(20)]
    phones = [(mac, HOME) for mac in macs]
    statuses = await asyncio.gather(first.fetch_at_once(phones), second.fetch_at_once(phones))
    assert {each for both in statuses for each in both} == {200}
    assert sorted(each["mac"] for each in await first.devices()) == macs
    files = {mac: (await second.fetch(mac)).text for mac in macs}
    assert {mac: (await first.fetch(mac)).text for mac in macs} == files


async def test_i17_strangers_get_no_more_devices_than_the_quotas_allow(
    office_with: Start,
) -> None:
    office = await office_with(new_devices=20, new_devices_per_address=3, new_nameless_devices=5)
    await asyncio.gather(*(office.get("/", f"10.1.0.{n}", "curl/8") for n in range(50)))
    assert len(await office.devices()) == 5
    macs = [f"00:15:65:00:01:{n:02x}" for n in range(10)]
    await asyncio.gather(*(office.fetch(mac, HOME) for mac in macs))
    assert len(await office.devices()) == 8
    others = [(f"00:15:65:00:02:{n:02x}", f"10.2.0.{n}") for n in range(60)]
    statuses = await office.fetch_at_once(others)
    assert len(await office.devices()) == 20
    assert set(statuses) == {200, 404}
    assert (await office.rest.get("/status")).status_code == 200


async def test_while_no_plugin_is_there_yet_a_phone_is_asked_to_come_again(
    office: PhonesOffice,
) -> None:
    """On a first start; nothing is made of who can't be told from others."""
    plugins = dict(office.plugins.plugins)
    office.plugins.plugins.clear()
    answer = await office.fetch()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    tftp = TftpRequest(HOME, 1, b"001565aabbcc.cfg")
    with pytest.raises(PluginsComing):
        await office.app.state.phones.pipeline.tftp(tftp)
    assert await office.devices() == []
    office.plugins.plugins.update(plugins)
    assert (await office.fetch()).status_code == 200
    assert (await office.device())["plugin"] == "acme-2"
