"""Every rule of a line's device that says 'refused' (lines-endpoints-extensions.md)."""

from typing import Any

from ovix_web import Sessions
from sqlalchemy import text

from .provisioning import MAC, Provisioning, a_phone, phones

__all__ = ["phones"]


async def ready(confd: Any, position: int = 1) -> Any:
    line = await confd.phone(await confd.user())
    if position != 1:
        await confd.do("PUT", f"/lines/{line['id']}", position=position)
    return line


async def test_a_line_that_has_a_device_is_refused_another(
    confd: Any, phones: Provisioning
) -> None:
    device, line = await a_phone(confd, phones)
    other = await confd.make("/devices")
    for each in (device, other):
        await confd.refused(
            "PUT", f"/lines/{line['id']}/devices/{each['id']}",
            "Resource Error - Line is associated with a Device",
        )  # fmt: skip


async def test_two_lines_of_one_position_are_refused(
    api: Any, confd: Any, phones: Provisioning
) -> None:
    device, _ = await a_phone(confd, phones)
    second = await ready(confd)
    answer = await api.put(f"/lines/{second['id']}/devices/{device['id']}")
    assert answer.status_code == 400
    assert answer.json() == ["Cannot associate 2 lines with same position (position: 1)"]


async def test_of_many_lines_at_once_one_gets_the_position(
    confd: Any, phones: Provisioning
) -> None:
    device = await confd.make("/devices")
    lines = [await ready(confd) for _ in range(5)]
    told = await confd.at_once(
        "PUT", *((f"/lines/{line['id']}/devices/{device['id']}", None) for line in lines)
    )
    assert sorted(told)[0] == ""
    assert all("Cannot associate 2 lines" in each for each in sorted(told)[1:])


async def test_a_position_that_is_taken_on_the_device_is_refused(
    api: Any, confd: Any, phones: Provisioning
) -> None:
    device, _ = await a_phone(confd, phones)
    second = await ready(confd, position=2)
    await confd.do("PUT", f"/lines/{second['id']}/devices/{device['id']}")
    answer = await api.put(f"/lines/{second['id']}", json={"position": 1})
    assert answer.status_code == 400
    assert answer.json() == ["Cannot associate 2 lines with same position"]


async def test_a_line_without_endpoint_is_refused(confd: Any, phones: Provisioning) -> None:
    device, line = await confd.make("/devices"), await confd.line()
    because = "Resource Error - Line must be associated with a Endpoint"
    await confd.refused("PUT", f"/lines/{line['id']}/devices/{device['id']}", because)


async def test_a_line_without_extension_is_refused(confd: Any, phones: Provisioning) -> None:
    device, line = await confd.make("/devices"), await confd.line_with_endpoint()
    because = "Resource Error - Line must be associated with a Extension"
    await confd.refused("PUT", f"/lines/{line['id']}/devices/{device['id']}", because)


async def test_a_line_without_user_is_refused(confd: Any, phones: Provisioning) -> None:
    device, line = await confd.make("/devices"), await confd.phone()
    because = "Resource Error - User must be associated with a Line"
    await confd.refused("PUT", f"/lines/{line['id']}/devices/{device['id']}", because)


async def test_a_second_line_on_an_sccp_phone_is_refused(confd: Any, phones: Provisioning) -> None:
    line, endpoint = await confd.line(), await confd.make("/endpoints/sccp")
    extension, user = await confd.extension(), await confd.user()
    await confd.do("PUT", f"/lines/{line['id']}/endpoints/sccp/{endpoint['id']}")
    await confd.do("PUT", f"/lines/{line['id']}/extensions/{extension['id']}")
    await confd.do("PUT", f"/users/{user['id']}/lines/{line['id']}")
    device = await confd.make("/devices", mac=MAC)
    await confd.do("PUT", f"/lines/{line['id']}/devices/{device['id']}")
    because = "Resource Error - Line is associated with a Device"
    sip = await ready(confd, position=2)
    await confd.refused("PUT", f"/lines/{sip['id']}/devices/{device['id']}", because)


async def test_a_line_on_no_device_or_another_is_not_dissociated(
    confd: Any, phones: Provisioning
) -> None:
    _, line = await a_phone(confd, phones)
    other = await confd.make("/devices")
    because = "Resource Error - Line is not associated with Device"
    await confd.refused("DELETE", f"/lines/{line['id']}/devices/{other['id']}", because)
    free = await ready(confd)
    await confd.refused("DELETE", f"/lines/{free['id']}/devices/{other['id']}", because)
    missing = "Resource Not Found - LineDevice was not found"
    await confd.refused("GET", f"/lines/{free['id']}/devices", missing, status=404)


async def test_a_line_on_a_device_keeps_endpoint_extension_and_user(
    confd: Any, phones: Provisioning
) -> None:
    _, line = await a_phone(confd, phones)
    because = "Resource Error - Line is associated with a"
    for path in (
        f"/lines/{line['id']}/extensions/{line['extension']}",
        f"/lines/{line['id']}/endpoints/sip/{line['endpoint']}",
        f"/users/{line['user']['id']}/lines/{line['id']}",
    ):
        await confd.refused("DELETE", path, because)


async def test_both_sides_show_the_link(confd: Any, phones: Provisioning) -> None:
    device, line = await a_phone(confd, phones)
    shown = await confd.read(f"/lines/{line['id']}/devices")
    assert (shown["line_id"], shown["device_id"]) == (line["id"], device["id"])
    assert {each["rel"] for each in shown["links"]} == {"lines", "devices"}
    assert await confd.read(f"/devices/{device['id']}/lines") == {"total": 1, "items": [shown]}
    assert (await confd.read(f"/lines/{line['id']}"))["device_id"] == device["id"]


async def test_a_line_and_what_its_phone_is_to_be_told_are_stored_together_or_not_at_all(
    confd: Any, phones: Provisioning, sessions: Sessions
) -> None:
    """The association and the event that rewrites the phone's configuration: one transaction."""
    device, line = await confd.make("/devices"), await confd.phone(await confd.user())
    writer = text(
        "SELECT (SELECT xmin::text FROM lines WHERE id = :line),"
        " (SELECT xmin::text FROM outbox WHERE name = :name ORDER BY id DESC LIMIT 1)"
    )
    path = f"/lines/{line['id']}/devices/{device['id']}"
    for method, name in (("PUT", "line_device_associated"), ("DELETE", "line_device_dissociated")):
        await confd.do(method, path)
        async with sessions() as session:
            found = await session.execute(writer, {"line": line["id"], "name": name})
            of_line, of_event = found.one()
        assert of_line == of_event
    await confd.do("PUT", path)
    async with sessions() as session:
        before = await session.scalar(text("SELECT max(id) FROM outbox"))
    other = await confd.make("/devices")
    await confd.refused(
        "PUT", f"/lines/{line['id']}/devices/{other['id']}", "Resource Error - Line is associated"
    )
    async with sessions() as session:
        told = text("SELECT count(*) FROM outbox WHERE id > :before AND name LIKE 'line_device%'")
        assert await session.scalar(told, {"before": before}) == 0
