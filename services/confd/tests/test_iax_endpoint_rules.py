"""IAX endpoints: reference/confd, "IAX endpoint"."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from ovix_schema import Trunk

Confd = Any
Save = Callable[..., Awaitable[Any]]
DEFAULTS = [
    ["amaflags", "default"],
    ["auth", "plaintext,md5"],
    ["qualify", "no"],
    ["qualifyfreqnotok", "10000"],
    ["qualifyfreqok", "60000"],
    ["qualifysmoothing", "no"],
    ["requirecalltoken", "no"],
    ["sendani", "no"],
    ["trunk", "no"],
]


async def test_what_is_not_given_has_a_default(confd: Confd) -> None:
    endpoint = await confd.make("/endpoints/iax")
    assert re.fullmatch("[a-z0-9]{8}", endpoint["name"])
    assert (endpoint["type"], endpoint["host"]) == ("friend", "dynamic")
    assert sorted(endpoint["options"]) == DEFAULTS


async def test_a_name_belongs_to_one_endpoint(confd: Confd) -> None:
    await confd.make("/endpoints/iax", name="lyon")
    other = await confd.make("/endpoints/iax")
    taken = "Resource Error - IAXEndpoint already exists"
    await confd.refused("POST", "/endpoints/iax", taken, name="lyon")
    await confd.refused("PUT", f"/endpoints/iax/{other['id']}", taken, name="lyon")


@pytest.mark.parametrize(
    "body",
    [
        {"name": "a b"}, {"name": "x" * 41}, {"name": None}, {"type": "client"},
        {"host": "h" * 256},
    ],
)  # fmt: skip
async def test_a_field_out_of_its_kind_is_refused(confd: Confd, body: dict[str, Any]) -> None:
    await confd.refused("POST", "/endpoints/iax", "Input Error - ", **body)


@pytest.mark.parametrize(
    "option",
    [
        ["auth", "md5,secret"], ["encryption", "des"], ["transfer", "maybe"], ["trunk", "2"],
        ["codecpriority", "first"], ["maxauthreq", "many"], ["amaflags", "none"],
        ["name", "lyon"], ["type", "friend"], ["host", "dynamic"], ["context", "default"],
    ],
)  # fmt: skip
async def test_an_option_out_of_its_kind_is_refused(confd: Confd, option: list[str]) -> None:
    await confd.refused("POST", "/endpoints/iax", "Input Error - options", options=[option])


async def test_writing_options_resets_all_others(confd: Confd) -> None:
    endpoint = await confd.make("/endpoints/iax", options=[["trunk", "1"], ["x", "1"], ["x", "2"]])
    path = f"/endpoints/iax/{endpoint['id']}"
    assert (await confd.read(path))["options"][-2:] == [["x", "1"], ["x", "2"]]
    assert ["trunk", "yes"] in (await confd.read(path))["options"]
    await confd.do("PUT", path, options=[["auth", "rsa"]])
    shown = (await confd.read(path))["options"]
    assert ["auth", "rsa"] in shown
    assert ["trunk", "no"] in shown
    assert not [each for each in shown if each[0] == "x"]


async def test_a_trunk_is_left_by_its_endpoint(confd: Confd, save: Save) -> None:
    endpoint = await confd.make("/endpoints/iax")
    path = f"/endpoints/iax/{endpoint['id']}"
    assert endpoint["trunk"] is None
    trunk = await save(Trunk(endpoint_iax_id=endpoint["id"]))
    assert (await confd.read(path))["trunk"]["id"] == trunk.id
    await confd.do("DELETE", path)
