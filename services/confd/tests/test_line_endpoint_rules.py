"""What may be linked to a line and what not: reference/confd, "Line and endpoint"."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from ovix_schema import Device, Line, Trunk
from ovix_web import Sessions

Confd = Any
Save = Callable[..., Awaitable[Any]]
TAKEN = "Resource Error - Line is associated with a Endpoint"


async def custom(confd: Confd, interface: str = "Local/1@default") -> Any:
    return await confd.make("/endpoints/custom", interface=interface)


async def of_kind(confd: Confd, kind: str) -> Any:
    return await (custom(confd) if kind == "custom" else confd.make(f"/endpoints/{kind}"))


async def test_a_line_takes_one_endpoint(confd: Confd) -> None:
    line, sip = await confd.line_with_endpoint(), await confd.make("/endpoints/sip")
    await confd.refused("PUT", f"/lines/{line['id']}/endpoints/sip/{sip['id']}", TAKEN)
    other = await custom(confd)
    await confd.refused("PUT", f"/lines/{line['id']}/endpoints/custom/{other['id']}", TAKEN)
    sccp = await confd.make("/endpoints/sccp")
    await confd.refused("PUT", f"/lines/{line['id']}/endpoints/sccp/{sccp['id']}", TAKEN)


@pytest.mark.parametrize("kind", ["sip", "sccp", "custom"])
async def test_an_endpoint_serves_one_line(confd: Confd, kind: str) -> None:
    endpoint = await of_kind(confd, kind)
    first, second = await confd.line(), await confd.line()
    await confd.do("PUT", f"/lines/{first['id']}/endpoints/{kind}/{endpoint['id']}")
    await confd.refused("PUT", f"/lines/{second['id']}/endpoints/{kind}/{endpoint['id']}", TAKEN)
    await confd.do("DELETE", f"/lines/{first['id']}/endpoints/{kind}/{endpoint['id']}")
    await confd.do("PUT", f"/lines/{second['id']}/endpoints/{kind}/{endpoint['id']}")


@pytest.mark.parametrize("kind", ["sip", "sccp", "custom"])
async def test_an_endpoint_that_is_deleted_is_told_to_leave_its_line(
    confd: Confd, announced: Callable[[], Awaitable[list[str]]], kind: str
) -> None:
    line, endpoint = await confd.line(), await of_kind(confd, kind)
    await confd.do("PUT", f"/lines/{line['id']}/endpoints/{kind}/{endpoint['id']}")
    await confd.do("DELETE", f"/endpoints/{kind}/{endpoint['id']}")
    told = [f"line_endpoint_{kind}_dissociated", f"{kind}_endpoint_deleted"]
    assert (await announced())[-2:] == told


@pytest.mark.parametrize("kind", ["sip", "custom"])
async def test_an_endpoint_of_a_trunk_serves_no_line(confd: Confd, save: Save, kind: str) -> None:
    endpoint = await of_kind(confd, kind)
    await save(Trunk(**{f"endpoint_{kind}_id": endpoint["id"]}))
    line = await confd.line()
    await confd.refused(
        "PUT",
        f"/lines/{line['id']}/endpoints/{kind}/{endpoint['id']}",
        "Resource Error - Trunk is associated with a Endpoint",
    )


@pytest.mark.parametrize("kind", ["sip", "sccp", "custom"])
async def test_only_the_endpoint_of_the_line_is_taken_away(confd: Confd, kind: str) -> None:
    endpoint = await of_kind(confd, kind)
    line = await confd.line()
    await confd.refused(
        "DELETE",
        f"/lines/{line['id']}/endpoints/{kind}/{endpoint['id']}",
        "Resource Error - Line is not associated with Endpoint",
    )


async def test_a_line_with_users_keeps_its_endpoint(confd: Confd) -> None:
    user, line = await confd.user(), await confd.line_with_endpoint()
    await confd.do("PUT", f"/users/{user['id']}/lines/{line['id']}")
    await confd.refused(
        "DELETE",
        f"/lines/{line['id']}/endpoints/sip/{line['endpoint']}",
        f"Resource Error - Line is associated with a User ('line_id': {line['id']},"
        f" 'user_ids': [{user['id']}])",
    )


async def test_a_line_with_a_number_keeps_its_endpoint(confd: Confd) -> None:
    line = await confd.phone()
    await confd.refused(
        "DELETE",
        f"/lines/{line['id']}/endpoints/sip/{line['endpoint']}",
        "Resource Error - Line is associated with a Extension",
    )


async def test_a_line_on_a_device_keeps_all_it_needs(
    confd: Confd, save: Save, sessions: Sessions
) -> None:
    user = await confd.user()
    line = await confd.phone(user)
    await save(Device(id="d" * 32, document={"id": "d" * 32}))
    async with sessions.begin() as session:
        (await session.get_one(Line, line["id"])).device_id = "d" * 32
    on_device = "Resource Error - Line is associated with a Device"
    await confd.refused("DELETE", f"/users/{user['id']}/lines/{line['id']}", on_device)
    await confd.refused("DELETE", f"/lines/{line['id']}/extensions/{line['extension']}", on_device)
    bare = await confd.line_with_endpoint()
    async with sessions.begin() as session:
        stored = await session.get_one(Line, bare["id"])
        stored.device_id, stored.position = "d" * 32, 2
    await confd.refused(
        "DELETE", f"/lines/{bare['id']}/endpoints/sip/{bare['endpoint']}", on_device
    )


async def test_a_link_is_shown_from_both_sides_while_it_lasts(confd: Confd) -> None:
    line = await confd.line_with_endpoint()
    paths = (f"/lines/{line['id']}/endpoints/sip", f"/endpoints/sip/{line['endpoint']}/lines")
    for path in paths:
        shown = await confd.read(path)
        assert (shown["line_id"], shown["endpoint_id"]) == (line["id"], line["endpoint"])
        assert shown["endpoint"] == "sip"
    await confd.do("DELETE", f"/lines/{line['id']}/endpoints/sip/{line['endpoint']}")
    for path in paths:
        await confd.refused(
            "GET", path, "Resource Not Found - LineEndpoint was not found", status=404
        )
    assert (await confd.read(f"/endpoints/sip/{line['endpoint']}"))["line"] is None


async def test_a_line_bears_the_name_of_its_endpoint(confd: Confd) -> None:
    line, endpoint = await confd.line(), await confd.make("/endpoints/sip", username="zoe")
    assert (line["name"], line["protocol"]) == (None, None)
    await confd.do("PUT", f"/lines/{line['id']}/endpoints/sip/{endpoint['id']}")
    shown = await confd.read(f"/lines/{line['id']}")
    assert (shown["name"], shown["protocol"]) == ("zoe", "sip")
    await confd.do("PUT", f"/endpoints/sip/{endpoint['id']}", username="jo")
    assert (await confd.read(f"/lines/{line['id']}"))["name"] == "jo"
