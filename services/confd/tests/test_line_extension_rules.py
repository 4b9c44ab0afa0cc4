"""Which numbers a line may have: reference/confd, "Line and extension"."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx import AsyncClient
from ovix_schema import Extension

Confd = Any
Save = Callable[..., Awaitable[Any]]


async def test_a_line_without_endpoint_takes_no_number(confd: Confd) -> None:
    line, extension = await confd.line(), await confd.extension()
    await confd.refused(
        "PUT",
        f"/lines/{line['id']}/extensions/{extension['id']}",
        "Resource Error - Line must be associated with a Endpoint",
    )


async def test_a_line_takes_one_number(confd: Confd) -> None:
    line, other = await confd.phone(), await confd.extension()
    for extension_id in (line["extension"], other["id"]):
        await confd.refused(
            "PUT",
            f"/lines/{line['id']}/extensions/{extension_id}",
            "Resource Error - Line is associated with a Extension",
        )


async def test_a_number_that_leads_elsewhere_is_not_a_lines(confd: Confd, save: Save) -> None:
    line = await confd.line_with_endpoint()
    other = await save(Extension(exten="1500", context="default", type="group"))
    await confd.refused(
        "PUT",
        f"/lines/{line['id']}/extensions/{other.id}",
        "Resource Error - Extension is associated with a group",
    )


@pytest.mark.parametrize("kind", ["incall", "outcall", "services", "others"])
async def test_a_number_of_another_type_of_context_is_not_a_lines(
    confd: Confd, save: Save, kind: str
) -> None:
    """F-124."""
    await confd.make("/contexts", name="elsewhere", type=kind)
    line = await confd.line_with_endpoint()
    other = await save(Extension(exten="1500", context="elsewhere"))
    await confd.refused(
        "PUT",
        f"/lines/{line['id']}/extensions/{other.id}",
        f"Resource Error - ContextType '{kind}' cannot be associated",
    )


async def test_a_number_rings_lines_of_one_main_user(confd: Confd) -> None:
    first, second = await confd.user(), await confd.user()
    line, other = await confd.phone(first), await confd.line_with_endpoint()
    await confd.do("PUT", f"/users/{second['id']}/lines/{other['id']}")
    path = f"/lines/{other['id']}/extensions/{line['extension']}"
    await confd.refused("PUT", path, "Resource Error - User is associated with a Line")
    await confd.do("DELETE", f"/users/{second['id']}/lines/{other['id']}")
    await confd.do("PUT", f"/users/{first['id']}/lines/{other['id']}")
    await confd.do("PUT", path)
    shared = await confd.read(f"/extensions/{line['extension']}")
    assert [each["id"] for each in shared["lines"]] == [line["id"], other["id"]]


async def test_a_number_that_is_not_the_lines_is_not_taken_away(confd: Confd) -> None:
    line, other = await confd.phone(), await confd.extension()
    await confd.refused(
        "DELETE",
        f"/lines/{line['id']}/extensions/{other['id']}",
        "Resource Not Found - LineExtension was not found",
        status=404,
    )


async def test_a_line_moves_to_the_context_of_its_number(confd: Confd) -> None:
    ranges = [{"start": "1000", "end": "1999"}]
    await confd.make("/contexts", name="lyon", user_ranges=ranges)
    line, extension = await confd.line_with_endpoint(), await confd.extension(context="lyon")
    await confd.do("PUT", f"/lines/{line['id']}/extensions/{extension['id']}")
    assert (await confd.read(f"/lines/{line['id']}"))["context"] == "lyon"
    await confd.do("PUT", f"/lines/{line['id']}", context="default")
    assert (await confd.read(f"/lines/{line['id']}"))["context"] == "lyon"


async def test_a_number_in_use_is_kept(confd: Confd) -> None:
    line = await confd.phone()
    await confd.refused(
        "DELETE",
        f"/extensions/{line['extension']}",
        "Resource Error - Extension is associated with a Line",
    )
    await confd.do("DELETE", f"/lines/{line['id']}/extensions/{line['extension']}")
    await confd.do("DELETE", f"/extensions/{line['extension']}")


@pytest.mark.parametrize("form", ["extension", "extensions"])
async def test_old_forms_are_held_to_the_same_rules(confd: Confd, form: str) -> None:
    line, extension = await confd.line_with_endpoint(), await confd.extension()
    path = f"/lines/{line['id']}/{form}"
    await confd.refused(
        "POST", path, "Input Error - field 'extension_id': Extension was not found",
        extension_id=99999,
    )  # fmt: skip
    made = await confd.make(path, extension_id=extension["id"])
    assert (made["line_id"], made["extension_id"]) == (line["id"], extension["id"])
    await confd.refused(
        "POST", path, "Resource Error - Line is associated with a Extension",
        extension_id=extension["id"],
    )  # fmt: skip


async def test_the_oldest_paths_know_one_number(confd: Confd) -> None:
    line = await confd.phone()
    shown = await confd.read(f"/lines/{line['id']}/extension")
    assert shown == await confd.read(f"/extensions/{line['extension']}/line")
    assert shown["extension_id"] == line["extension"]
    await confd.do("DELETE", f"/lines/{line['id']}/extension")
    for method in ("GET", "DELETE"):
        await confd.refused(
            method,
            f"/lines/{line['id']}/extension",
            "Resource Not Found - LineExtension was not found",
            status=404,
        )
    assert (await confd.read(f"/lines/{line['id']}/extensions")) == {"total": 0, "items": []}


async def test_a_number_is_made_for_a_line(
    confd: Confd, api: AsyncClient, announced: Callable[[], Awaitable[list[str]]]
) -> None:
    """The body of an extension, told apart from XiVO's by ``exten``."""
    line = await confd.line_with_endpoint()
    before = len(await announced())
    body = {"exten": "1500", "context": "default", "commented": True}
    answer = await api.post(f"/lines/{line['id']}/extensions", json=body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert answer.headers["Location"].endswith(f"/1.1/extensions/{made['id']}")
    assert (made["exten"], made["enabled"]) == ("1500", False)
    assert [each["id"] for each in made["lines"]] == [line["id"]]
    assert (await announced())[before:] == ["extension_created", "line_extension_associated"]


@pytest.mark.parametrize(
    ("body", "because"),
    [
        ({}, "Input Error - extension_id: "),
        ({"context": "default"}, "Input Error - extension_id: "),
        ({"exten": "1500"}, "Input Error - context: "),
        ({"exten": "abc", "context": "default"}, "Input Error - exten: "),
        ({"exten": "2500", "context": "default"}, "Input Error - Extension '2500' is outside of"),
        ({"exten": "1500", "context": "nowhere"}, "Input Error - field 'context': Context was"),
        ({"exten": "1500", "context": "default", "extension_id": 99999},
         "Input Error - field 'extension_id': Extension was not found"),
    ],
)  # fmt: skip
async def test_a_number_that_can_not_be_made_is_not_a_lines(
    confd: Confd, body: dict[str, Any], because: str
) -> None:
    line = await confd.line_with_endpoint()
    await confd.refused("POST", f"/lines/{line['id']}/extensions", because, **body)


async def test_a_number_is_not_made_where_the_line_can_not_have_it(confd: Confd) -> None:
    body = {"exten": "1500", "context": "default"}
    bare, taken = await confd.line(), await confd.phone()
    for line, because in (
        (bare, "Resource Error - Line must be associated with a Endpoint"),
        (taken, "Resource Error - Line is associated with a Extension"),
    ):
        await confd.refused("POST", f"/lines/{line['id']}/extensions", because, **body)
    gone = "Resource Not Found - Line was not found"
    await confd.refused("POST", "/lines/99999/extensions", gone, status=404, **body)
    assert (await confd.read("/extensions?exten=1500"))["total"] == 0
