"""Extensions: where they may be, what they are stored as; feature codes among them."""

from typing import Any

import pytest
import pytest_asyncio
from httpx import AsyncClient
from ovix_schema import LineExtension
from ovix_testkit.builders import a_line


@pytest_asyncio.fixture
async def contexts(api: AsyncClient) -> None:
    for body in (
        {"name": "default", "user_ranges": [{"start": "1000", "end": "1999"}]},
        {"name": "lyon", "user_ranges": [{"start": "1000", "end": "1999"}]},
        {
            "name": "from-extern",
            "type": "incall",
            "incall_ranges": [{"start": "0123456000", "end": "0123456999", "did_length": 4}],
        },
        {"name": "to-extern", "type": "outcall"},
    ):
        assert (await api.post("/contexts", json=body)).status_code == 201


pytestmark = pytest.mark.usefixtures("contexts")


@pytest.mark.parametrize(
    ("exten", "context"),
    [
        ("1000", "default"), ("1999", "default"), ("01500", "default"), ("_1XXX", "default"),
        ("6123", "from-extern"), ("0123456123", "from-extern"), ("0999", "to-extern"),
    ],
)  # fmt: skip
async def test_a_number_in_a_range_of_its_context_is_taken(
    api: AsyncClient, exten: str, context: str
) -> None:
    answer = await api.post("/extensions", json={"exten": exten, "context": context})
    assert answer.status_code == 201, answer.text
    assert answer.json()["exten"] == exten


@pytest.mark.parametrize(("exten", "context"), [("2000", "default"), ("7000", "from-extern")])
async def test_a_number_outside_of_the_ranges_is_refused(
    api: AsyncClient, exten: str, context: str
) -> None:
    """F-124."""
    answer = await api.post("/extensions", json={"exten": exten, "context": context})
    assert answer.status_code == 400
    assert answer.json() == [
        f"Input Error - Extension '{exten}' is outside of range for context '{context}'"
    ]


async def test_a_pattern_is_stored_with_its_underscore(api: AsyncClient) -> None:
    answer = await api.post("/extensions", json={"exten": "1[2-4]XX", "context": "default"})
    assert answer.json()["exten"] == "_1[2-4]XX"
    for wrong in ("_[", "_", "12 34", "a", "1" * 41, ""):
        answer = await api.post("/extensions", json={"exten": wrong, "context": "default"})
        assert answer.status_code == 400, wrong
        assert answer.json()[0].startswith("Input Error - exten: ")


async def test_a_number_is_unique_in_its_context(api: AsyncClient) -> None:
    body = {"exten": "1000", "context": "default"}
    assert (await api.post("/extensions", json=body)).status_code == 201
    again = await api.post("/extensions", json=body)
    assert (again.status_code, again.json()) == (400, ["Resource Error - Extension already exists"])
    elsewhere = await api.post("/extensions", json=body | {"context": "lyon"})
    assert elsewhere.status_code == 201


async def test_an_unknown_context_is_named(api: AsyncClient) -> None:
    answer = await api.post("/extensions", json={"exten": "1000", "context": "nowhere"})
    assert answer.status_code == 400
    assert answer.json() == [
        "Input Error - field 'context': Context was not found ('context': 'nowhere')"
    ]


async def test_commented_is_the_opposite_of_enabled(api: AsyncClient) -> None:
    body = {"exten": "1000", "context": "default", "commented": "true"}
    item = (await api.post("/extensions", json=body)).json()
    assert (item["commented"], item["enabled"]) == (True, False)
    path = f"/extensions/{item['id']}"
    for change, enabled in (({"commented": 0}, True), ({"enabled": False}, False)):
        assert (await api.put(path, json=change)).status_code == 204
        item = (await api.get(path)).json()
        assert (item["commented"], item["enabled"]) == (not enabled, enabled)


async def test_an_extension_of_a_line_is_kept_and_moves_its_line(
    api: AsyncClient, save: Any
) -> None:
    item = (await api.post("/extensions", json={"exten": "1000", "context": "default"})).json()
    line = await save(a_line("default"))
    await save(LineExtension(line_id=line.id, extension_id=item["id"], main_extension=True))
    path = f"/extensions/{item['id']}"
    [shown] = (await api.get(path)).json()["lines"]
    assert shown["id"] == line.id
    assert shown["links"] == [{"rel": "lines", "href": f"http://confd:9486/1.1/lines/{line.id}"}]
    refused = await api.delete(path)
    assert refused.json()[0].startswith("Resource Error - Extension is associated with a Line")
    outside = await api.put(path, json={"context": "to-extern"})
    assert outside.status_code == 400
    assert outside.json()[0].startswith("Resource Error - ContextType 'outcall' cannot be")
    assert (await api.put(path, json={"context": "lyon"})).status_code == 204
    assert (await api.get("/lines", params={"context": "lyon"})).status_code in (200, 404)


async def test_feature_codes_are_listed_among_the_extensions(api: AsyncClient) -> None:
    await api.post("/extensions", json={"exten": "1000", "context": "default"})
    codes = (await api.get("/extensions/features")).json()
    shown = (await api.get("/extensions", params={"context": "xivo-features"})).json()
    assert codes["total"] == shown["total"] > 30
    assert {each["id"] for each in codes["items"]} == {each["id"] for each in shown["items"]}
    assert (await api.get("/extensions", params={"type": "internal"})).json()["total"] == 1
    code = codes["items"][0]
    assert (await api.get(f"/extensions/{code['id']}")).json()["exten"] == code["exten"]
    assert (await api.delete(f"/extensions/{code['id']}")).status_code == 404


async def test_a_feature_code_changes_but_stays_unique(api: AsyncClient, announced: Any) -> None:
    items = (await api.get("/extensions/features")).json()["items"]
    dnd = next(each for each in items if each["feature"] == "enablednd")
    path = f"/extensions/features/{dnd['id']}"
    try:
        change = {"exten": "*55", "enabled": False, "feature": "else"}
        assert (await api.put(path, json=change)).status_code == 204
        assert (await api.get(path)).json() == dnd | {"exten": "*55", "enabled": False}
        assert (await announced())[-1] == "extension_feature_edited"
        taken = await api.put(path, json={"exten": "*20"})
        assert taken.json() == ["Resource Error - FeatureExtension already exists"]
    finally:  # these rows outlive the test
        await api.put(path, json={"exten": dnd["exten"], "enabled": dnd["enabled"]})
