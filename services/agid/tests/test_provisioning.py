"""``provision``: a code dialled on a waiting phone (acceptance C1, C3 to C5 of provisioning)."""

from typing import Any

import pytest
from ovix_agid.handlers.provisioning import _address
from ovix_bus.catalogue import provisioning as events
from ovix_schema import Device, Line
from sqlalchemy import select, update

from .conftest import as_row

IP, DEVICE = "10.0.0.50", "phone.1"


def a_waiting_phone(ip: str = IP, device_id: str = DEVICE, **more: Any) -> Device:
    document = {"id": device_id, "ip": ip, "config": "autoprov1", "configured": True, **more}
    return Device(id=device_id, document=document)


async def device_of(sessions: Any, line: Line) -> str | None:
    async with sessions() as session:
        found: str | None = await session.scalar(select(Line.device_id).where(Line.id == line.id))
        return found


async def test_c1_the_code_of_a_line_puts_it_on_the_phone(
    agid: Any, hire: Any, save: Any, sessions: Any, announced: Any
) -> None:
    bob = await hire("1001")
    await save(a_waiting_phone())
    code = bob.line.provisioning_code
    channel = await agid.ask("provision", code, f"{IP}:5060", statements=1)
    assert channel.variables["XIVO_PROV_OK"] == "1"
    assert await device_of(sessions, bob.line) == DEVICE
    line = {"id": bob.line.id, "name": bob.endpoint.username}
    assert await announced() == [
        as_row(events.line_device_associated(line=line, device={"id": DEVICE})),
        as_row(events.device_synchronize_requested(id=DEVICE)),
    ]


async def test_c5_the_phone_gives_its_lines_back(
    agid: Any, hire: Any, save: Any, sessions: Any, announced: Any
) -> None:
    bob = await hire("1001")
    await save(a_waiting_phone())
    await agid.ask("provision", bob.line.provisioning_code, IP)
    before = len(await announced())
    channel = await agid.ask("provision", "autoprov", f"{IP}:40000", statements=1)
    assert channel.variables["XIVO_PROV_OK"] == "1"
    assert await device_of(sessions, bob.line) is None
    line = {"id": bob.line.id, "name": bob.endpoint.username}
    assert (await announced())[before:] == [
        as_row(events.line_device_dissociated(line=line, device={"id": DEVICE})),
        as_row(events.device_synchronize_requested(id=DEVICE)),
    ]


async def test_c3_c4_what_is_not_clear_changes_nothing(
    agid: Any, hire: Any, save: Any, sessions: Any, announced: Any
) -> None:
    bob, zoe = await hire("1001"), await hire("1002")
    await save(a_waiting_phone(), a_waiting_phone("10.0.0.60", "x"))
    await save(a_waiting_phone("10.0.0.60", "y"), a_waiting_phone("10.0.0.70", "taken"))
    async with sessions.begin() as session:
        on_taken = update(Line).where(Line.id == zoe.line.id).values(device_id="taken")
        await session.execute(on_taken)
    for code, ip in (
        ("999999", IP),  # nobody's code
        (bob.line.provisioning_code, "10.0.0.60"),  # two phones there
        (bob.line.provisioning_code, "10.0.0.99"),  # none there
        (bob.line.provisioning_code, "10.0.0.70"),  # it has a line
        (zoe.line.provisioning_code, IP),  # the line is on another phone
        ("12", IP), ("", IP), (bob.line.provisioning_code, "nonsense"), ("autoprov", "10.0.0.60"),
    ):  # fmt: skip
        channel = await agid.ask("provision", code, ip)
        assert channel.variables["XIVO_PROV_OK"] == ""
        assert channel.status == "SUCCESS"
        assert bob.line.provisioning_code not in " ".join(channel.verbose)
    assert await announced() == []
    assert await device_of(sessions, bob.line) is None


async def test_a_phone_of_an_entity_gets_no_line_of_another(
    agid: Any, hire: Any, save: Any, sessions: Any
) -> None:
    bob = await hire("1001")
    await save(a_waiting_phone(X_entity_id=987654))
    channel = await agid.ask("provision", bob.line.provisioning_code, IP)
    assert channel.variables["XIVO_PROV_OK"] == ""
    assert await device_of(sessions, bob.line) is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("10.0.0.50:5060", IP), (IP, IP), ("[2001:db8::1]:5060", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"), ("", None), ("x:1", None),
    ],
)  # fmt: skip
def test_addresses_come_with_and_without_ports(text: str, address: str | None) -> None:
    assert _address(text) == address
