"""Which numbers a context takes, and the feature codes: reference/confd, "Extension fields"."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from ovix_schema import Extension

Confd = Any
Save = Callable[..., Awaitable[Any]]
OUTSIDE = "Input Error - Extension '{}' is outside of range for context '{}'"

FEATURES = {
    "phonestatus": "*10", "paging": "_*11.", "fwdundoall": "*20", "fwdunc": "_*21.",
    "fwdrna": "_*22.", "fwdbusy": "_*23.", "enablednd": "*25", "callrecord": "*26",
    "incallfilter": "*27", "agentstaticlogtoggle": "_*30.", "agentstaticlogin": "_*31.",
    "agentstaticlogoff": "_*32.", "calllistening": "*34", "directoryaccess": "*36",
    "bsfilter": "_*37.", "cctoggle": "*40", "callgroup": "_*664.",
    "callqueue": "_*665.", "calluser": "_*666.", "callmeetme": "_*667.",
    "phoneprogfunckey": "_*735.", "pickup": "_*8.", "recsnd": "*9", "enablevm": "*90",
    "enablevmslt": "_*90.", "vmuserpurge": "*92", "vmuserpurgeslt": "_*92.",
    "vmboxpurgeslt": "_*93.", "vmuserslt": "_*96.", "vmboxslt": "_*97.", "vmusermsg": "*98",
    "vmboxmsgslt": "_*99.", "autoprov": "*48378",
}  # fmt: skip
OFF = {"callrecord", "calllistening", "vmuserpurge", "vmuserpurgeslt", "vmboxpurgeslt"}


async def test_feature_codes_have_xivos_defaults(confd: Confd) -> None:
    items = (await confd.read("/extensions/features"))["items"]
    codes = {each["feature"]: (each["exten"], each["enabled"]) for each in items}
    known = {name: (exten, name not in OFF) for name, exten in FEATURES.items()}
    assert {name: codes.get(name) for name in known} == known
    assert all(each["context"] == "xivo-features" for each in items)
    assert [each["exten"] for each in items] == sorted(each["exten"] for each in items)


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_no_feature_code_is_made_or_deleted(confd: Confd, api: Any, method: str) -> None:
    [item] = (await confd.read("/extensions/features?limit=1"))["items"]
    path = "/extensions/features" + (f"/{item['id']}" if method == "DELETE" else "")
    assert (await api.request(method, path, json={})).status_code == 405


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_a_feature_code_is_not_changed_among_the_extensions(
    confd: Confd, method: str
) -> None:
    """It is shown there, as XiVO does; its own path is the one that changes it."""
    [item] = (await confd.read("/extensions/features?limit=1"))["items"]
    assert (await confd.read(f"/extensions/{item['id']}"))["exten"] == item["exten"]
    gone = "Resource Not Found - Extension was not found"
    await confd.refused(method, f"/extensions/{item['id']}", gone, status=404)


@pytest.mark.parametrize("exten", ["", "abc", "12 34", "_", "1" * 41, None, 10])
async def test_a_feature_code_is_a_number_or_pattern(confd: Confd, exten: Any) -> None:
    [item] = (await confd.read("/extensions/features?limit=1"))["items"]
    path = f"/extensions/features/{item['id']}"
    await confd.refused("PUT", path, "Input Error - exten: ", exten=exten)
    assert (await confd.read(path)) == item


async def test_a_new_extension_is_enabled_and_leads_nowhere(confd: Confd) -> None:
    made = await confd.extension(exten="1000")
    assert (made["commented"], made["enabled"], made["lines"]) == (False, True, [])
    for relation in ("conference", "parking_lot", "group", "incall", "outcall", "queue"):
        assert made[relation] is None


@pytest.mark.parametrize("field", ["exten", "context"])
async def test_exten_and_context_are_required(confd: Confd, field: str) -> None:
    body = {"exten": "1000", "context": "default"}
    del body[field]
    await confd.refused("POST", "/extensions", f"Input Error - {field}: ", **body)


@pytest.mark.parametrize(
    ("exten", "stored"),
    [
        ("1000", "1000"), ("*10", "*10"), ("#1", "#1"), ("_1XXX", "_1XXX"), ("1XXX", "_1XXX"),
        ("_1[0-57-9]x!", "_1[0-57-9]x!"), ("ZN.", "_ZN."), ("_*21.", "_*21."), ("z", "_z"),
        ("_1_2", "_1_2"), ("_" + "X" * 39, "_" + "X" * 39), ("1" * 40, "1" * 40),
    ],
)  # fmt: skip
async def test_a_pattern_is_taken_with_and_without_underscore(
    confd: Confd, exten: str, stored: str
) -> None:
    await confd.make("/contexts", name="out", type="outcall")
    made = await confd.extension(exten=exten, context="out")
    assert made["exten"] == stored
    taken = "Resource Error - Extension already exists"
    await confd.refused("POST", "/extensions", taken, exten=stored, context="out")


@pytest.mark.parametrize(
    "exten",
    ["", "_", "1" * 41, "_" + "X" * 40, "X" * 40, "12 34", "12a", "+33", "_1[", "_[]",
     "_[9-0]", "1\n", "１"],
)  # fmt: skip
async def test_what_asterisk_could_not_load_is_refused(confd: Confd, exten: str) -> None:
    body = {"exten": exten, "context": "default"}
    await confd.refused("POST", "/extensions", "Input Error - exten: ", **body)


@pytest.mark.parametrize("kind", ["user", "group", "queue", "conference_room"])
async def test_a_number_may_be_in_a_range_of_any_kind(confd: Confd, kind: str) -> None:
    ranges = {f"{kind}_ranges": [{"start": "3000", "end": "3099"}]}
    await confd.make("/contexts", name="lyon", **ranges)
    for exten in ("3000", "3099", "03050"):
        await confd.extension(exten=exten, context="lyon")
    for exten in ("2999", "3100", "*3000", "30000"):
        because = OUTSIDE.format(exten, "lyon")
        await confd.refused("POST", "/extensions", because, exten=exten, context="lyon")


@pytest.mark.parametrize(
    ("did_length", "inside", "outside"),
    [
        (0, ["0123456700", "123456799"], ["6700", "0123456800", "700"]),
        (4, ["6700", "0123456700", "9996750"], ["700", "6800", "1234"]),
        (10, ["0123456700"], ["6700"]),
        (16, ["0123456700"], ["6700"]),
    ],
)
async def test_a_did_is_compared_by_the_digits_that_the_provider_sends(
    confd: Confd, did_length: int, inside: list[str], outside: list[str]
) -> None:
    ranges = [{"start": "0123456700", "end": "0123456799", "did_length": did_length}]
    await confd.make("/contexts", name="in", type="incall", incall_ranges=ranges)
    for exten in inside:
        await confd.extension(exten=exten, context="in")
    for exten in outside:
        because = OUTSIDE.format(exten, "in")
        await confd.refused("POST", "/extensions", because, exten=exten, context="in")


@pytest.mark.parametrize("kind", ["internal", "incall", "services", "others"])
async def test_without_ranges_there_are_patterns_only(confd: Confd, kind: str) -> None:
    await confd.make("/contexts", name="bare", type=kind)
    because = OUTSIDE.format("1000", "bare")
    await confd.refused("POST", "/extensions", because, exten="1000", context="bare")
    await confd.extension(exten="_X.", context="bare")


async def test_an_edit_is_held_to_the_rules_of_a_creation(confd: Confd) -> None:
    extension, other = await confd.extension(exten="1000"), await confd.extension(exten="1001")
    await confd.make("/contexts", name="lyon")
    path = f"/extensions/{extension['id']}"
    for body, because in (
        ({"exten": "1001"}, "Resource Error - Extension already exists"),
        ({"exten": "2000"}, OUTSIDE.format("2000", "default")),
        ({"context": "lyon"}, OUTSIDE.format("1000", "lyon")),
        ({"context": "nowhere"}, "Input Error - field 'context': Context was not found"),
        ({"exten": None}, "Input Error - exten: "),
        ({"context": None}, "Input Error - context: "),
        ({"commented": "perhaps"}, "Input Error - commented: "),
    ):
        await confd.refused("PUT", path, because, **body)
    assert await confd.read(path) == extension
    await confd.do("PUT", path, exten="1000", context="default")
    await confd.do("PUT", f"/extensions/{other['id']}", exten="1002")


@pytest.mark.parametrize(
    ("kind", "fits"),
    [("group", "internal"), ("conference", "internal"), ("parking", "internal"),
     ("queue", "internal"), ("incall", "incall"), ("outcall", "outcall")],
)  # fmt: skip
async def test_what_an_extension_leads_to_decides_where_it_may_move(
    confd: Confd, save: Save, kind: str, fits: str
) -> None:
    types = ("internal", "incall", "outcall", "services", "others")
    for name in types:
        await confd.make("/contexts", name=f"of-{name}", type=name)
    await confd.make("/contexts", name="before", type=fits)
    extension = await save(Extension(exten="_X.", context="before", type=kind))
    path = f"/extensions/{extension.id}"
    for name in types:
        if name != fits:
            because = f"Resource Error - ContextType '{name}' cannot be associated"
            await confd.refused("PUT", path, because, context=f"of-{name}")
    await confd.do("PUT", path, context=f"of-{fits}")


async def test_the_list_is_filtered_by_the_type_of_the_context(confd: Confd) -> None:
    for kind in ("incall", "outcall", "services", "others"):
        await confd.make("/contexts", name=f"of-{kind}", type=kind)
        await confd.extension(exten="_X.", context=f"of-{kind}")
    await confd.extension(exten="1000")
    for kind in ("internal", "incall", "outcall", "services", "others"):
        found = await confd.read(f"/extensions?type={kind}")
        name = "default" if kind == "internal" else f"of-{kind}"
        assert (found["total"], found["items"][0]["context"]) == (1, name)
    assert (await confd.read("/extensions?type=nothing"))["total"] == 0
    assert (await confd.read("/extensions?search=of-incall"))["total"] == 1
    assert (await confd.read("/extensions?search=services"))["total"] == 1  # in a name, not a type


async def test_a_search_looks_at_numbers_and_contexts_of_extensions_and_features(
    confd: Confd,
) -> None:
    await confd.make("/contexts", name="lyon", type="outcall")
    await confd.extension(exten="_0977XX", context="lyon")
    await confd.extension(exten="1000")
    features = (await confd.read("/extensions?context=xivo-features"))["items"]
    starred = [each["exten"] for each in features if "*9" in each["exten"]]
    assert starred
    for search, found in (
        ("977xx", ["_0977XX"]), ("LYO", ["_0977XX"]), ("000", ["1000"]), ("defau", ["1000"]),
        ("*9", starred), ("O-Feat", [each["exten"] for each in features]), ("outcall", []),
    ):  # fmt: skip
        answer = await confd.read(f"/extensions?search={search}")
        assert {each["exten"] for each in answer["items"]} == set(found), search
        assert answer["total"] == len(found)


async def test_the_next_free_number_is_the_first_of_the_free_ranges(confd: Confd) -> None:
    [context] = (await confd.read("/contexts"))["items"]
    path = f"/contexts/{context['id']}/ranges/user?limit=1"
    for expected in ("1000", "1001", "1002"):
        [free] = (await confd.read(path))["items"]
        assert (free["start"], free["end"]) == (expected, "1999")
        await confd.extension(exten=free["start"])
    all_of_them = await confd.read(f"{path}&availability=all")
    assert all_of_them["items"] == [{"start": "1000", "end": "1999"}]
