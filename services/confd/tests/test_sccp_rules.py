"""SCCP endpoints and their lines: reference/confd, "SCCP endpoint" and "Line fields"."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

Confd = Any


@pytest_asyncio.fixture
async def line(confd: Confd) -> dict[str, Any]:
    """A line with an SCCP endpoint."""
    line, endpoint = await confd.line(), await confd.make("/endpoints/sccp")
    await confd.do("PUT", f"/lines/{line['id']}/endpoints/sccp/{endpoint['id']}")
    return {**line, "endpoint": endpoint["id"]}


async def test_a_new_endpoint_has_no_options(confd: Confd) -> None:
    endpoint = await confd.make("/endpoints/sccp")
    assert (endpoint["options"], endpoint["line"]) == ([], None)


async def test_an_unknown_option_is_refused(confd: Confd) -> None:
    because = "Input Error - options: "
    given = [["allow", "alaw"], ["nat", "no"], ["id", "3"]]
    await confd.refused("POST", "/endpoints/sccp", because, options=given)
    endpoint = await confd.make("/endpoints/sccp")
    await confd.refused("PUT", f"/endpoints/sccp/{endpoint['id']}", because, options=given)


@pytest.mark.parametrize(
    "options", [[["a"]], [["allow", 1]], ["ab"], [["disallow", "x" * 101]], [["cid_num", "\0"]]]
)
async def test_an_option_is_a_pair_of_texts_that_fit(confd: Confd, options: list[Any]) -> None:
    await confd.refused("POST", "/endpoints/sccp", "Input Error - options", options=options)


async def test_writing_options_resets_codecs_and_keeps_the_caller_id(confd: Confd) -> None:
    given = [["cid_name", "Zoé"], ["cid_num", "1"], ["allow", "alaw"], ["disallow", "all"]]
    endpoint = await confd.make("/endpoints/sccp", options=given)
    path = f"/endpoints/sccp/{endpoint['id']}"
    assert (await confd.read(path))["options"] == given
    await confd.do("PUT", path, options=[["allow", "g729"]])
    shown = (await confd.read(path))["options"]
    assert shown == [["cid_name", "Zoé"], ["cid_num", "1"], ["allow", "g729"]]
    await confd.do("PUT", path, options=[["cid_name", ""], ["cid_num", ""]])
    assert (await confd.read(path))["options"] == []


async def test_a_line_is_named_after_its_number(confd: Confd, line: dict[str, Any]) -> None:
    shown = await confd.read(f"/lines/{line['id']}")
    assert (shown["name"], shown["protocol"]) == (None, "sccp")
    assert shown["endpoint_sccp"]["id"] == line["endpoint"]
    extension = await confd.extension()
    await confd.do("PUT", f"/lines/{line['id']}/extensions/{extension['id']}")
    assert (await confd.read(f"/lines/{line['id']}"))["name"] == extension["exten"]
    (found,) = (await confd.read(f"/lines?name={extension['exten']}"))["items"]
    assert found["id"] == line["id"]


async def test_a_user_shows_the_endpoint_and_gives_it_his_caller_id(
    confd: Confd, line: dict[str, Any]
) -> None:
    user, extension = await confd.user(lastname="Petit"), await confd.extension()
    await confd.do("PUT", f"/lines/{line['id']}/extensions/{extension['id']}")
    await confd.do("PUT", f"/users/{user['id']}/lines/{line['id']}")
    (his,) = (await confd.read(f"/users/{user['id']}"))["lines"]
    assert his["endpoint_sccp"]["id"] == line["endpoint"]
    shown = await confd.read(f"/lines/{line['id']}")
    assert (shown["caller_id_name"], shown["caller_id_num"]) == ("Zoé Petit", extension["exten"])
    # The number of the extension comes before that of the user's caller id.
    await confd.do("PUT", f"/users/{user['id']}", caller_id='"Jo" <0612345678>')
    shown = await confd.read(f"/lines/{line['id']}")
    assert (shown["caller_id_name"], shown["caller_id_num"]) == ("Jo", extension["exten"])


async def test_the_name_of_a_line_is_set_and_its_number_is_not(
    confd: Confd, line: dict[str, Any]
) -> None:
    path = f"/lines/{line['id']}"
    await confd.do("PUT", path, caller_id_name="Accueil")
    assert (await confd.read(path))["caller_id_name"] == "Accueil"
    for field, value in (
        ("caller_id_num", "1000"), ("caller_id_num", None), ("caller_id_name", None),
    ):  # fmt: skip
        await confd.refused("PUT", path, f"Input Error - field '{field}'", **{field: value})


async def test_a_link_is_shown_from_both_sides_while_it_lasts(
    confd: Confd, line: dict[str, Any]
) -> None:
    paths = (f"/lines/{line['id']}/endpoints/sccp", f"/endpoints/sccp/{line['endpoint']}/lines")
    for path in paths:
        shown = await confd.read(path)
        assert (shown["line_id"], shown["endpoint_id"]) == (line["id"], line["endpoint"])
        assert shown["endpoint"] == "sccp"
    await confd.do("DELETE", f"/endpoints/sccp/{line['endpoint']}")
    await confd.refused(
        "GET", paths[0], "Resource Not Found - LineEndpoint was not found", status=404
    )
    assert (await confd.read(f"/lines/{line['id']}"))["protocol"] is None


async def test_a_line_in_use_keeps_its_endpoint(confd: Confd, line: dict[str, Any]) -> None:
    path = f"/lines/{line['id']}/endpoints/sccp/{line['endpoint']}"
    user, extension = await confd.user(), await confd.extension()
    await confd.do("PUT", f"/users/{user['id']}/lines/{line['id']}")
    await confd.refused("DELETE", path, "Resource Error - Line is associated with a User")
    await confd.do("DELETE", f"/users/{user['id']}/lines/{line['id']}")
    await confd.do("PUT", f"/lines/{line['id']}/extensions/{extension['id']}")
    await confd.refused("DELETE", path, "Resource Error - Line is associated with a Extension")


async def test_a_line_takes_its_endpoint_along(
    confd: Confd, line: dict[str, Any], announced: Callable[[], Awaitable[list[str]]]
) -> None:
    await confd.do("DELETE", f"/lines/{line['id']}")
    path = f"/endpoints/sccp/{line['endpoint']}"
    await confd.refused("GET", path, "Resource Not Found - SCCPEndpoint", status=404)
    assert sorted((await announced())[-2:]) == ["line_deleted", "sccp_endpoint_deleted"]


async def test_a_user_is_created_with_an_sccp_line(confd: Confd) -> None:
    number = {"exten": "1500", "context": "default"}
    line = {
        "context": "default",
        "endpoint_sccp": {"options": [["allow", "alaw"]]},
        "extensions": [number],
    }
    user = await confd.user(lines=[line])
    (made,) = user["lines"]
    endpoint = await confd.read(f"/endpoints/sccp/{made['endpoint_sccp']['id']}")
    assert endpoint["options"] == [["cid_name", "Zoé"], ["cid_num", "1500"], ["allow", "alaw"]]
