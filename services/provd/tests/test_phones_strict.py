"""Nobody gets another phone's file: guessed MACs, spoofed headers, shared addresses (I18, I21)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from ovix_provd.phones.certificates import mac_in
from ovix_provd.phones.identification import Refusal
from ovix_provd.phones.security import MOST_REMEMBERED, TOLD_EVERY_S, SecurityLog
from ovix_provd.plugins import TftpRefusal, TftpRequest
from ovix_schema import OutboxMessage
from ovix_web import Sessions
from sqlalchemy import select

from .phones_office import AWAY, HOME, MAC, OTHER, PhonesOffice
from .vendors import digits

Start = Callable[..., Awaitable[PhonesOffice]]
THIRD = "00:15:65:aa:bb:ee"
SECRET = "secret of zoe"


async def test_a_guessed_mac_from_elsewhere_gets_nothing_and_changes_nothing(
    office: PhonesOffice,
) -> None:
    await office.phone_with_account(MAC, HOME)
    before = await office.devices()
    for agent in (f"Acme T46S 66.1 {MAC}", f"Acme T46S 99 {MAC}", "", "curl/8"):
        answer = await office.get("/001565aabbcc.cfg", AWAY, agent)
        assert (answer.status_code, SECRET in answer.text) == (404, False)
    tftp = await office.app.state.phones.pipeline.tftp(TftpRequest(AWAY, 1, b"001565aabbcc.cfg"))
    assert isinstance(tftp, TftpRefusal)
    assert await office.devices() == before
    assert SECRET in (await office.fetch(MAC, HOME)).text


@pytest.mark.parametrize(
    "path",
    ["/001565aabbcc.cfg", "/001565AABBCC.cfg", "/%30%301565aabbcc.cfg", "/x?mac=00:15:65:aa:bb:cc",
     "/00-15-65-AA-BB-CC.cfg", "/ATA001565AABBCC.cnf", "/" + "a" * 200 + "/001565aabbcc.cfg"],
)  # fmt: skip
async def test_a_file_is_for_the_phone_it_is_named_after_alone(
    office: PhonesOffice, path: str
) -> None:
    """An unknown phone tells a MAC of its own in its header, and asks for another one's file."""
    await office.phone_with_account(MAC, HOME)
    (office.root / "00-15-65-AA-BB-CC.cfg").write_text(SECRET)
    (office.root / "x").write_text(SECRET)
    await office.fetch(OTHER, AWAY)
    for agent, ip in ((f"Acme T46S 66.1 {OTHER}", AWAY), (f"Acme T46S 66.1 {THIRD}", "10.0.0.70")):
        answer = await office.get(path, ip, agent)
        assert (answer.status_code, SECRET in answer.text) == (404, False)


async def test_i21_a_known_phone_does_not_get_the_file_of_another(office: PhonesOffice) -> None:
    await office.phone_with_account(MAC, HOME, "zoe")
    await office.phone_with_account(OTHER, AWAY, "max")
    for agent in (f"Acme T46S 66.1 {OTHER}", f"Acme T46S 66.1 {MAC}", ""):
        answer = await office.get("/001565aabbcc.cfg", AWAY, agent)
        assert (answer.status_code, SECRET in answer.text) == (404, False)
    assert (await office.device(MAC))["ip"] == HOME
    assert (await office.device(OTHER))["ip"] == AWAY


async def test_behind_one_address_each_mac_gets_its_own_file_only(office: PhonesOffice) -> None:
    await office.set_nat(1)
    await office.phone_with_account(MAC, HOME, "zoe")
    await office.phone_with_account(OTHER, HOME, "max")
    for agent in (f"Acme T46S 66.1 {OTHER}", f"Acme T46S 66.1 {THIRD}"):
        answer = await office.get("/001565aabbcc.cfg", HOME, agent)
        assert (answer.status_code, SECRET in answer.text) == (404, False)
    assert "secret of max" in (await office.fetch(OTHER, HOME)).text
    elsewhere = await office.get("/001565aabbcc.cfg", AWAY, f"Acme T46S 66.1 {MAC}")
    assert elsewhere.status_code == 404


async def test_an_address_taken_over_does_not_free_the_phone_that_had_it(
    office: PhonesOffice,
) -> None:
    """Its stored address goes to a new phone; who then says to be the old one is not believed."""
    await office.phone_with_account(MAC, HOME)
    await office.fetch(OTHER, HOME)
    assert "ip" not in await office.device(MAC)
    assert (await office.fetch(MAC, AWAY)).status_code == 404


async def test_a_phone_that_was_typed_in_is_not_given_to_an_address_of_another(
    office: PhonesOffice,
) -> None:
    await office.phone_with_account(MAC, HOME)
    made = await office.ask("POST", "/dev_mgr/devices", {"device": {"mac": OTHER}})
    await office.give_account(made.json()["id"], "max")
    assert (await office.fetch(OTHER, HOME)).status_code == 404
    assert "secret of max" in (await office.fetch(OTHER, AWAY)).text


async def test_spoofed_forwarding_is_not_believed_without_a_proxy(office_with: Start) -> None:
    office = await office_with(trusted_proxies_count=0)
    await office.phone_with_account(MAC, "ignored")
    assert (await office.device(MAC))["ip"] == "127.0.0.1"
    far = await office_with(trusted_proxies_count=1)
    spoofed = await far.get("/001565aabbcc.cfg", f"127.0.0.1, {AWAY}", f"Acme T46S 66.1 {MAC}")
    assert spoofed.status_code == 404


async def test_who_moved_is_served_once_dhcp_or_its_registration_tells(
    office: PhonesOffice,
) -> None:
    await office.phone_with_account(MAC, HOME)
    info = {"op": "commit", "ip": AWAY, "mac": MAC, "options": []}
    await office.ask("POST", "/dev_mgr/dhcpinfo", {"dhcp_info": info})
    assert SECRET in (await office.fetch(MAC, AWAY)).text
    assert (await office.fetch(MAC, "10.0.0.70")).status_code == 404
    office.manager.registered["zoe"] = ["sip:zoe@10.0.0.80:5060;x-ast-orig-host=x"]
    office.app.state.phones.pipeline._registrations._asked.clear()
    assert (await office.fetch(MAC, "10.0.0.70")).status_code == 404
    office.app.state.phones.pipeline._registrations._asked.clear()
    assert SECRET in (await office.fetch(MAC, "10.0.0.80")).text
    assert (await office.device(MAC))["ip"] == "10.0.0.80"


async def test_without_strictness_the_mac_is_enough(office_with: Start) -> None:
    office = await office_with(strict=False)
    await office.phone_with_account(MAC, HOME)
    assert SECRET in (await office.fetch(MAC, AWAY)).text
    assert (await office.device(MAC))["ip"] == AWAY
    other = await office.get("/001565aabbcc.cfg", HOME, f"Acme T46S 66.1 {OTHER}")
    assert other.status_code == 404  # files of others stay theirs


async def test_a_proven_mac_is_served_anywhere(office: PhonesOffice) -> None:
    """The certificate of a phone proves its MAC, whatever its header says."""
    await office.phone_with_account(MAC, HOME)
    pipeline = office.app.state.phones.pipeline
    request = TftpRequest(AWAY, 1, b"001565aabbcc.cfg")
    assert await pipeline.route(request, "") is None
    route = await pipeline.route(request, MAC)
    assert route is not None
    assert route.device.document["ip"] == AWAY
    assert mac_in("Acme,00156-5AABBCC") == ""
    assert mac_in("CN,Acme Phone 00:15:65:AA:BB:CC") == MAC
    assert mac_in(f"{digits(MAC)},{digits(OTHER)}") == ""


async def test_i18_files_with_secrets_are_told_of_in_the_form_of_fail2ban(
    office_with: Start, tmp_path: Path
) -> None:
    office = await office_with(security_log=tmp_path / "security.log")
    await office.phone_with_account(MAC, HOME)
    (office.root / "secrets.cfg").write_text("x")
    await office.get("/secrets.cfg", HOME)
    await office.get("/common.xml", HOME)
    await office.get("/001565aabbcc.cfg", AWAY, f"Acme T46S 66.1 {MAC}")
    lines = [
        each.partition("] ")[2] for each in (tmp_path / "security.log").read_text().split("\n")
    ]
    assert lines[3:] == [
        f"Sensitive file requested from {HOME}: /secrets.cfg",
        f"Sensitive file requested from {AWAY}: /001565aabbcc.cfg",
        "",
    ]


async def test_the_bus_hears_of_an_address_once_a_minute(
    sessions: Sessions, clean_database: str, tmp_path: Path
) -> None:
    time = [0.0]
    log = SecurityLog(
        tmp_path / "log", sessions,
        clock=lambda: time[0], now=lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    )  # fmt: skip
    for _ in range(3):
        log.sensitive_file(HOME, b"a\nb\xff.cfg", "d1")
        log.refused(AWAY, Refusal.ELSEWHERE, "d1", b"/x.cfg")
        log.too_many_devices(AWAY)
    time[0] = 61
    log.sensitive_file(HOME, "/c.cfg", "d1")
    await log.tell_now()
    log.close()
    async with sessions() as session:
        bodies = (await session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))).all()
    assert [each.name for each in bodies] == [
        "sensitive_file_requested", "phone_request_refused", "device_creation_limited",
        "sensitive_file_requested",
    ]  # fmt: skip
    assert bodies[1].body["data"] == {
        "ip": AWAY, "file": "/x.cfg", "device_id": "d1", "reason": "the device has another address",
    }  # fmt: skip
    lines = (tmp_path / "log").read_text().splitlines()
    assert lines[0] == f"[2026-01-02 03:04:05] Sensitive file requested from {HOME}: a?b\\xff.cfg"


async def test_no_password_is_logged(
    office: PhonesOffice, capsys: pytest.CaptureFixture[str]
) -> None:
    await office.phone_with_account(MAC, HOME)
    await office.get("/001565aabbcc.cfg?password=hidden", HOME)
    await office.fetch(MAC, AWAY)
    await asyncio.sleep(0)
    written = "".join(capsys.readouterr())
    assert SECRET not in written
    assert "hidden" not in written
    assert "phone_refused" in written


def test_strangers_from_everywhere_cost_no_more_than_those_from_somewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0
    told: list[Any] = []
    log = SecurityLog(None, cast(Any, None), clock=lambda: now)
    monkeypatch.setattr(log, "_tell", told.append)
    for number in range(MOST_REMEMBERED + 5):
        log.too_many_devices(f"2001:db8::{number:x}")
    assert len(told) == MOST_REMEMBERED
    now = TOLD_EVERY_S
    log.too_many_devices("192.0.2.1")
    assert len(log._told_at) == 1
