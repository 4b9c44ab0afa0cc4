"""The fields of a line, and what goes with it: reference/confd, "Line fields"."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from ovix_schema import Context, Entity

Confd = Any
Save = Callable[..., Awaitable[Any]]


async def test_a_code_is_drawn_of_digits_1_to_8_and_never_twice(confd: Confd) -> None:
    codes = [(await confd.line())["provisioning_code"] for _ in range(20)]
    codes.append((await confd.line(provisioning_code=None))["provisioning_code"])
    assert all(re.fullmatch("[1-8]{6}", code) for code in codes)
    assert len(set(codes)) == len(codes)


async def test_a_code_belongs_to_one_line(confd: Confd) -> None:
    first, second = await confd.line(provisioning_code="123456"), await confd.line()
    taken = "Resource Error - Line already exists"
    await confd.refused("POST", "/lines", taken, context="default", provisioning_code="123456")
    await confd.refused("PUT", f"/lines/{second['id']}", taken, provisioning_code="123456")
    await confd.do("PUT", f"/lines/{first['id']}", provisioning_code="123456")


async def test_a_line_is_in_a_context_that_exists(confd: Confd) -> None:
    line = await confd.line()
    because = "Input Error - field 'context': Context was not found"
    await confd.refused("POST", "/lines", because, context="nowhere")
    await confd.refused("PUT", f"/lines/{line['id']}", because, context="nowhere")


async def test_a_line_stays_in_the_entity_of_its_users(confd: Confd, save: Save) -> None:
    other = await save(Entity(name="other"))
    lyon = await confd.make("/contexts", name="lyon")
    line, free = await confd.line_with_endpoint(), await confd.line()
    theirs = await confd.make("/contexts", name="theirs")
    await save(Context(name="foreign", entity_id=other.id))
    for name in (lyon["name"], theirs["name"]):
        await confd.do("PUT", f"/lines/{line['id']}", context=name)
    await confd.refused(
        "PUT", f"/lines/{line['id']}", "Resource Error - Operation not permitted", context="foreign"
    )
    await confd.do("PUT", f"/lines/{free['id']}", context="foreign")


async def test_without_endpoint_there_is_no_caller_id_to_set(confd: Confd) -> None:
    line = await confd.line(caller_id_name=None, caller_id_num=None)
    for field, value in (("caller_id_name", "Zoé"), ("caller_id_num", "1000")):
        because = f"Input Error - field '{field}'"
        await confd.refused("PUT", f"/lines/{line['id']}", because, **{field: value})
        await confd.refused("POST", "/lines", because, context="default", **{field: value})
        await confd.do("PUT", f"/lines/{line['id']}", **{field: None})


async def test_the_caller_id_of_a_sip_line_is_set_part_by_part(confd: Confd) -> None:
    """F-109."""
    line = await confd.line_with_endpoint()
    path = f"/lines/{line['id']}"

    async def shown() -> tuple[str | None, str | None]:
        found = await confd.read(path)
        return found["caller_id_name"], found["caller_id_num"]

    await confd.do("PUT", path, caller_id_name="Zoé")
    assert await shown() == ("Zoé", None)
    await confd.do("PUT", path, caller_id_num="1234")
    assert await shown() == ("Zoé", "1234")
    await confd.do("PUT", path, caller_id_name="Desk <2>")
    assert await shown() == ("Desk <2>", "1234")
    for field in ("caller_id_name", "caller_id_num"):
        await confd.refused("PUT", path, f"Input Error - field '{field}'", **{field: None})


@pytest.mark.parametrize("value", ["1000", None])
@pytest.mark.parametrize("field", ["caller_id_name", "caller_id_num"])
async def test_a_custom_line_takes_no_caller_id(
    confd: Confd, field: str, value: str | None
) -> None:
    line = await confd.line()
    endpoint = await confd.make("/endpoints/custom", interface="Local/1@default")
    await confd.do("PUT", f"/lines/{line['id']}/endpoints/custom/{endpoint['id']}")
    await confd.refused(
        "PUT", f"/lines/{line['id']}", f"Input Error - field '{field}'", **{field: value}
    )


async def test_a_line_takes_its_endpoint_along_and_leaves_user_and_number(
    confd: Confd, announced: Callable[[], Awaitable[list[str]]]
) -> None:
    user = await confd.user()
    line = await confd.phone(user)
    await confd.do("DELETE", f"/lines/{line['id']}")
    told = ["line_dissociated", "sip_endpoint_deleted", "line_deleted"]
    assert (await announced())[-3:] == told
    gone = "Resource Not Found - SIPEndpoint was not found"
    await confd.refused("GET", f"/endpoints/sip/{line['endpoint']}", gone, status=404)
    assert (await confd.read(f"/users/{user['id']}"))["lines"] == []
    assert (await confd.read(f"/extensions/{line['extension']}"))["lines"] == []
    await confd.do("DELETE", f"/users/{user['id']}")


async def test_a_deleted_endpoint_leaves_its_line_bare(confd: Confd) -> None:
    line = await confd.phone()
    await confd.do("DELETE", f"/endpoints/sip/{line['endpoint']}")
    shown = await confd.read(f"/lines/{line['id']}")
    assert (shown["name"], shown["protocol"], shown["endpoint_sip"]) == (None, None, None)
