"""The fields of contexts and entities, and free numbers: reference/confd/contexts-entities.md."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx import AsyncClient
from ovix_schema import Entity

Confd = Any
KINDS = ("user", "group", "queue", "conference_room")


async def test_a_new_context_has_the_defaults(confd: Confd) -> None:
    made = await confd.make("/contexts", name="lyon")
    expected: dict[str, Any] = {
        "name": "lyon", "label": None, "type": "internal", "description": None, "enabled": True,
        "contexts": [], "incall_ranges": [], **{f"{kind}_ranges": [] for kind in KINDS},
    }  # fmt: skip
    assert {name: made[name] for name in expected} == expected


@pytest.mark.parametrize(
    "body",
    [
        {"name": None}, {"name": 1}, {"name": "x" * 40}, {"label": "x" * 129}, {"label": 1},
        {"name": "xivo-subrgbl-user"}, {"name": "xivo-emergency-FR"},
        {"type": "other"}, {"type": None}, {"type": "Internal"}, {"enabled": 1},
        {"enabled": "true"}, {"enabled": None}, {"description": 1}, {"user_ranges": None},
        {"user_ranges": {}}, {"user_ranges": ["1000"]}, {"user_ranges": [{}]},
        {"user_ranges": [{"end": "1000"}]}, {"user_ranges": [{"start": 1000}]},
        {"user_ranges": [{"start": ""}]}, {"user_ranges": [{"start": "1x"}]},
        {"user_ranges": [{"start": "1" * 17}]}, {"user_ranges": [{"start": "1", "end": "1" * 17}]},
        {"user_ranges": [{"start": "2000", "end": "1000"}]},
        {"user_ranges": [{"start": "999", "end": "1000"}]},
    ],
)  # fmt: skip
async def test_a_field_out_of_its_kind_is_refused(confd: Confd, body: dict[str, Any]) -> None:
    [field] = body
    because = f"Input Error - {field}"
    await confd.refused("POST", "/contexts", because, **{"name": "lyon", **body})
    if field != "name":
        [context] = (await confd.read("/contexts"))["items"]
        await confd.refused("PUT", f"/contexts/{context['id']}", because, **body)


@pytest.mark.parametrize("did_length", [-1, 1.5, "many", None, 41, 2**31])
async def test_a_did_length_is_a_count(confd: Confd, did_length: Any) -> None:
    ranges = [{"start": "100", "end": "199", "did_length": did_length}]
    because = "Input Error - incall_ranges"
    await confd.refused(
        "POST", "/contexts", because, name="in", type="incall", incall_ranges=ranges
    )


async def test_a_did_length_is_0_unless_given(confd: Confd) -> None:
    ranges = [{"start": "100"}, {"start": "0200", "end": "0299", "did_length": 3}]
    made = await confd.make("/contexts", name="in", type="incall", incall_ranges=ranges)
    assert made["incall_ranges"] == [{"start": "100", "end": "100", "did_length": 0}, ranges[1]]


async def test_a_context_without_a_name_is_refused(confd: Confd) -> None:
    await confd.refused("POST", "/contexts", "Input Error - name: ", label="Lyon")


async def test_numbers_stay_when_the_ranges_change(confd: Confd) -> None:
    extension = await confd.extension(exten="1500")
    [context] = (await confd.read("/contexts"))["items"]
    path = f"/contexts/{context['id']}"
    await confd.do("PUT", path, user_ranges=[{"start": "2000", "end": "2999"}])
    assert await confd.read(f"/extensions/{extension['id']}") == extension
    because = "Input Error - Extension '1501' is outside of range"
    await confd.refused("POST", "/extensions", because, exten="1501", context="default")


async def test_each_kind_has_its_own_free_numbers(confd: Confd) -> None:
    ranges = {f"{kind}_ranges": [{"start": f"{n}00", "end": f"{n}99"}]
              for n, kind in enumerate(KINDS, 3)}  # fmt: skip
    context = await confd.make("/contexts", name="lyon", **ranges)
    await confd.extension(exten="350", context="lyon")
    for number, kind in enumerate(("user", "group", "queue", "conference"), 3):
        found = await confd.read(f"/contexts/{context['id']}/ranges/{kind}")
        free = [(f"{number}00", f"{number}99")]
        if kind == "user":
            free = [("300", "349"), ("351", "399")]
        assert [(each["start"], each["end"]) for each in found["items"]] == free
    assert await confd.read(f"/contexts/{context['id']}/ranges/incall") == {
        "total": 0, "items": []
    }  # fmt: skip


async def test_ranges_that_overlap_or_touch_are_one_and_lengths_are_kept_apart(
    confd: Confd,
) -> None:
    ranges = [
        {"start": "100", "end": "149"}, {"start": "140", "end": "160"},
        {"start": "161", "end": "170"}, {"start": "0171", "end": "0180"}, {"start": "200"},
    ]  # fmt: skip
    context = await confd.make("/contexts", name="lyon", user_ranges=ranges)
    path = f"/contexts/{context['id']}/ranges/user"
    whole = [("100", "170"), ("200", "200"), ("0171", "0180")]
    for query, expected in (
        ("", whole),
        ("order=end", whole),
        ("limit=1", whole[:1]),
        ("offset=1", whole[1:]),
        ("limit=1&offset=1", whole[1:2]),
        ("offset=9", []),
        ("search=17", [("117", "117"), ("170", "170"), ("0171", "0179")]),
        ("search=x", []),
    ):
        found = await confd.read(f"{path}?{query}")
        assert [(each["start"], each["end"]) for each in found["items"]] == expected, query
    down = (await confd.read(f"{path}?direction=desc"))["items"]
    assert [each["start"] for each in down] == ["0171", "200", "100"]


@pytest.mark.parametrize(
    ("query", "because"),
    [
        ("availability=some", "Input Error - parameter 'availability': 'some' is not valid"),
        ("order=name", "Input Error - order: column 'name' was not found"),
        ("direction=up", "Input Error - direction: must be 'asc' or 'desc'"),
        ("limit=0", "Input Error - field 'limit': wrong type. Should be a positive number"),
        ("offset=-1", "Input Error - field 'offset': wrong type. Should be a positive number"),
    ],
)
async def test_free_numbers_are_asked_for_in_xivos_words(
    confd: Confd, query: str, because: str
) -> None:
    [context] = (await confd.read("/contexts"))["items"]
    await confd.refused("GET", f"/contexts/{context['id']}/ranges/user?{query}", because)


@pytest.mark.parametrize(
    "body",
    [{}, {"contexts": None}, {"contexts": {}}, {"contexts": [1]}, {"contexts": [{}]},
     {"contexts": [{"id": 0}]}, {"contexts": [{"id": "a"}]}, {"contexts": [{"id": None}]}],
)  # fmt: skip
async def test_inclusions_name_contexts_by_id(confd: Confd, body: dict[str, Any]) -> None:
    [context] = (await confd.read("/contexts"))["items"]
    path = f"/contexts/{context['id']}/contexts"
    await confd.refused("PUT", path, "Input Error - contexts", **body)
    gone = "Resource Not Found - Context was not found"
    await confd.refused("PUT", "/contexts/99999/contexts", gone, status=404, contexts=[])


async def test_a_context_belongs_to_the_default_entity(
    confd: Confd, entity: Entity, client: Callable[..., Awaitable[AsyncClient]], save: Any
) -> None:
    other = await save(Entity(name="other"))
    made = await confd.make("/contexts", name="lyon")
    for entity_id, status in ((entity.id, 200), (other.id, 404)):
        asking = await client("confd.#", entity_id=entity_id)
        assert (await asking.get(f"/contexts/{made['id']}")).status_code == status


@pytest.mark.parametrize("name", ["a", "a.b-c_9", "x" * 64, "9"])
async def test_a_name_of_an_entity(confd: Confd, name: str) -> None:
    made = await confd.make("/entities", name=name)
    assert (made["name"], made["display_name"]) == (name, None)
    taken = "Resource Error - Entity already exists"
    await confd.refused("POST", "/entities", taken, name=name)


@pytest.mark.parametrize(
    "body",
    [
        {}, {"name": None}, {"name": ""}, {"name": "Acme"}, {"name": "a b"}, {"name": "é"},
        {"name": "x" * 65}, {"name": "a\n"}, {"name": "acme", "display_name": "ab"},
        {"name": "acme", "display_name": "x" * 129}, {"name": "acme", "display_name": ""},
        {"name": "acme", "display_name": 123},
    ],
)  # fmt: skip
async def test_an_entity_out_of_its_kind_is_refused(confd: Confd, body: dict[str, Any]) -> None:
    await confd.refused("POST", "/entities", "Input Error - ", **body)


async def test_an_entity_is_not_edited(confd: Confd, api: AsyncClient) -> None:
    made = await confd.make("/entities", name="acme", display_name="Acme")
    answer = await api.put(f"/entities/{made['id']}", json={"display_name": "Other"})
    assert answer.status_code == 405
    assert isinstance(answer.json(), list)
    assert await confd.read(f"/entities/{made['id']}") == made
