"""Templates of function keys: reference/confd/devices-funckeys.md (F-201, F-203)."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx import AsyncClient
from ovix_schema import Entity, FuncKeyTemplate, User

Confd = Any
Save = Callable[..., Awaitable[Any]]
Client = Callable[..., Awaitable[AsyncClient]]
Announced = Callable[[], Awaitable[list[str]]]
TEMPLATES = "/funckeys/templates"


def a_key(kind: str, **fields: Any) -> dict[str, Any]:
    """A key with that destination."""
    return {"destination": {"type": kind, **fields}}


def service(name: str) -> dict[str, Any]:
    return a_key("service", service=name)


SERVICES = (
    "enablevm", "vmusermsg", "vmuserpurge", "phonestatus", "recsnd", "calllistening",
    "directoryaccess", "fwdundoall", "pickup", "callrecord", "incallfilter", "enablednd",
)  # fmt: skip
WATCHED = {"callrecord", "incallfilter", "enablednd", "enablevm"}
ACCEPTED = [
    *((service(name), name in WATCHED) for name in SERVICES),
    (a_key("custom", exten="*1050"), True),
    (a_key("custom", exten="+33612345678"), True),
    *((a_key("forward", forward=name, exten=None), True)
      for name in ("busy", "noanswer", "unconditional")),
    (a_key("forward", forward="unconditional", exten="30051"), True),
    *((a_key("transfer", transfer=name), False) for name in ("blind", "attended")),
    (a_key("park_position", position=701), True),
    (a_key("park_position", position=750), True),
    (a_key("parking"), False),
    (a_key("onlinerec"), False),
]  # fmt: skip


@pytest.mark.parametrize(("key", "watched"), ACCEPTED)
async def test_a_lamp_is_lit_only_where_there_is_something_to_show(
    confd: Confd, key: dict[str, Any], watched: bool
) -> None:
    made = await confd.make(TEMPLATES, keys={"1": {**key, "label": "Key", "blf": True}})
    shown = made["keys"]["1"]
    assert shown["destination"] == {**key["destination"], "href": None}
    assert (shown["label"], shown["blf"], shown["inherited"]) == ("Key", watched, False)
    assert await confd.read(f"{TEMPLATES}/{made['id']}/1") == shown


async def test_a_key_of_a_user_shows_his_name_and_where_he_is(confd: Confd) -> None:
    user = await confd.user(firstname="Zoé", lastname="Martin")
    made = await confd.make(TEMPLATES, keys={"7": a_key("user", user_id=user["id"])})
    assert made["keys"]["7"]["destination"] == {
        "type": "user",
        "user_id": user["id"],
        "user_firstname": "Zoé",
        "user_lastname": "Martin",
        "href": f"http://confd:9486/1.1/users/{user['id']}",
    }
    assert made["keys"]["7"]["blf"] is True


REFUSED = [
    ({"type": "no such"}, "keys"),
    ({}, "keys"),
    ({"type": "service", "service": "coffee"}, "keys"),
    ({"type": "forward", "forward": "sometimes"}, "keys"),
    ({"type": "forward", "forward": "busy", "exten": "10\n00"}, "keys"),
    ({"type": "transfer", "transfer": "loud"}, "keys"),
    ({"type": "custom"}, "keys"),
    ({"type": "custom", "exten": "abc"}, "keys"),
    ({"type": "custom", "exten": ""}, "keys"),
    ({"type": "custom", "exten": "12\t3"}, "keys"),
    ({"type": "custom", "exten": "12;3"}, "keys"),
    ({"type": "custom", "exten": "12\0"}, "keys"),
    ({"type": "custom", "exten": "1" * 41}, "keys"),
    ({"type": "user"}, "keys"),
    ({"type": "user", "user_id": 0}, "keys"),
    ({"type": "user", "user_id": 2**31}, "keys"),
    ({"type": "park_position", "position": "first"}, "keys"),
    ({"type": "park_position", "position": 700}, "Parking position '700' is outside of range"),
    ({"type": "park_position", "position": 751}, "Parking position '751' is outside of range"),
    ({"type": "user", "user_id": 999}, "field 'user_id': User was not found"),
    ({"type": "group", "group_id": 1}, "field 'group_id': Group was not found"),
    ({"type": "queue", "queue_id": 1}, "field 'queue_id': Queue was not found"),
    ({"type": "conference", "conference_id": 1}, "field 'conference_id': Conference was not"),
    ({"type": "paging", "paging_id": 1}, "field 'paging_id': Paging was not found"),
    ({"type": "groupmember", "group_id": 1, "action": "join"}, "field 'group_id': Group was not"),
    ({"type": "agent", "agent_id": 1, "action": "login"}, 'The "agent" funckey are excluded'),
    ({"type": "bsfilter", "filter_member_id": 1}, 'The "bsfilter" funckey are excluded'),
]


@pytest.mark.parametrize(("destination", "because"), REFUSED)
async def test_a_destination_that_is_none_is_refused(
    confd: Confd, destination: dict[str, Any], because: str
) -> None:
    template = await confd.make(TEMPLATES)
    told = f"Input Error - {because}"
    key = {"destination": destination}
    await confd.refused("POST", TEMPLATES, told, keys={"1": key})
    told = told.replace("- keys", "- destination")
    await confd.refused("PUT", f"{TEMPLATES}/{template['id']}/1", told, **key)


@pytest.mark.parametrize("label", ["a\nb", "a\rb", "a\tb", "a;b", "a\0b", "x" * 129, 12])
async def test_a_label_that_no_phone_could_show_is_refused(confd: Confd, label: Any) -> None:
    key = {**a_key("parking"), "label": label}
    await confd.refused("POST", TEMPLATES, "Input Error - keys.1.label", keys={"1": key})


@pytest.mark.parametrize("blf", [1, "true", None])
async def test_only_true_and_false_say_whether_a_lamp_is_lit(confd: Confd, blf: Any) -> None:
    key = {**a_key("parking"), "blf": blf}
    await confd.refused("POST", TEMPLATES, "Input Error - keys.1.blf", keys={"1": key})


@pytest.mark.parametrize("position", ["0", "-1", "x", "1.5", "", str(2**31)])
async def test_a_position_is_a_positive_number(confd: Confd, position: str) -> None:
    keys = {position: a_key("parking")}
    await confd.refused("POST", TEMPLATES, "Input Error - keys", keys=keys)


@pytest.mark.parametrize("position", [0, 2**31, 10**30])
async def test_an_impossible_position_of_a_path_is_told(confd: Confd, position: int) -> None:
    template = await confd.make(TEMPLATES)
    path = f"{TEMPLATES}/{template['id']}/{position}"
    wrong = "Input Error - field 'position': wrong type"
    await confd.refused("PUT", path, wrong, **a_key("parking"))
    await confd.refused("DELETE", path, wrong)
    empty = "Resource Not Found - FuncKey was not found"
    await confd.refused("GET", path, empty, status=404)


async def test_a_destination_is_there_once_in_a_template(confd: Confd) -> None:
    taken = "Resource Error - destination already exists"
    dnd = service("enablednd")
    await confd.refused("POST", TEMPLATES, taken, keys={"1": dnd, "2": {**dnd, "label": "x"}})
    keys = {"1": dnd, "2": a_key("forward", forward="busy", exten="1001")}
    template = await confd.make(TEMPLATES, keys=keys)
    path = f"{TEMPLATES}/{template['id']}"
    await confd.refused("PUT", f"{path}/3", taken, **dnd)
    await confd.do("PUT", f"{path}/1", **dnd)
    await confd.do("PUT", f"{path}/3", **a_key("forward", forward="busy", exten="1002"))
    await confd.make(TEMPLATES, keys=keys)


async def test_keys_are_set_and_cleared_one_by_one(confd: Confd, announced: Announced) -> None:
    template = await confd.make(TEMPLATES, name="Reception")
    path = f"{TEMPLATES}/{template['id']}"
    await confd.refused("GET", f"{path}/4", "Resource Not Found - FuncKey was", status=404)
    await confd.do("PUT", f"{path}/4", label="Park", **a_key("parking"))
    first = await confd.read(f"{path}/4")
    await confd.do("PUT", f"{path}/4", **a_key("custom", exten="06 12 34"))
    second = await confd.read(f"{path}/4")
    assert (second["id"], second["label"], second["blf"]) == (first["id"], None, True)
    assert second["destination"]["exten"] == "061234"
    before = await announced()
    await confd.do("DELETE", f"{path}/5")
    assert await announced() == before
    await confd.do("DELETE", f"{path}/4")
    assert (await announced())[len(before) :] == ["func_key_template_edited"]
    assert (await confd.read(path))["keys"] == {}


async def test_an_edit_replaces_all_keys_or_none(confd: Confd) -> None:
    keys = {"1": service("enablednd"), "2": a_key("parking")}
    template = await confd.make(TEMPLATES, name="Reception", keys=keys)
    path = f"{TEMPLATES}/{template['id']}"
    await confd.do("PUT", path, name="Desk")
    assert set((await confd.read(path))["keys"]) == {"1", "2"}
    await confd.do("PUT", path, keys={"3": service("enablednd")})
    changed = await confd.read(path)
    assert (changed["name"], set(changed["keys"])) == ("Desk", {"3"})


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_a_key_needs_its_template(confd: Confd, method: str) -> None:
    missing = "Resource Not Found - FuncKeyTemplate was not found"
    key = a_key("parking") if method == "PUT" else {}
    await confd.refused(method, f"{TEMPLATES}/999/1", missing, status=404, **key)


async def test_a_private_template_is_not_listed_and_not_deleted(confd: Confd, save: Save) -> None:
    user = await confd.user()
    private = await save(FuncKeyTemplate(user_id=user["id"]))
    assert (await confd.read(TEMPLATES))["total"] == 0
    assert (await confd.read(f"{TEMPLATES}?search=x"))["total"] == 0
    kept = "Resource Error - Operation not permitted. Deleting private templates is not allowed"
    await confd.refused("DELETE", f"{TEMPLATES}/{private.id}", kept)


async def test_keys_do_not_lead_to_another_entity(
    confd: Confd, client: Client, entity: Entity, save: Save
) -> None:
    other = await save(Entity(name="second"))
    stranger = await save(User(firstname="Eve", caller_id='"Eve"', entity_id=other.id))
    keys = {"1": a_key("user", user_id=stranger.id)}
    foreign = "Resource Error - Operation not permitted. The template and the user are of different"
    await confd.refused("POST", TEMPLATES, foreign, keys=keys)
    mine = await client("confd.#", entity_id=entity.id)
    answer = await mine.post(TEMPLATES, json={"keys": keys})
    assert answer.status_code == 400
    assert answer.json()[0].startswith("Input Error - field 'user_id': User was not found")


async def test_keys_of_a_user_disappear_with_him(confd: Confd) -> None:
    user = await confd.user()
    keys = {"1": a_key("user", user_id=user["id"]), "2": a_key("parking")}
    template = await confd.make(TEMPLATES, keys=keys)
    await confd.do("DELETE", f"/users/{user['id']}")
    assert set((await confd.read(f"{TEMPLATES}/{template['id']}"))["keys"]) == {"2"}


async def test_all_kinds_of_destinations_are_told_with_their_parameters(confd: Confd) -> None:
    told = {each["type"]: each["parameters"] for each in await confd.read("/funckeys/destinations")}
    assert set(told) == {
        "user", "group", "queue", "conference", "paging", "service", "custom", "forward",
        "transfer", "park_position", "parking", "bsfilter", "agent", "onlinerec", "groupmember",
    }  # fmt: skip
    assert told["user"] == [{"name": "user_id", "collection": "http://confd:9486/1.1/users"}]
    assert told["service"] == [{"name": "service", "values": list(SERVICES)}]
    assert told["agent"] == [
        {"name": "agent_id"},
        {"name": "action", "values": ["login", "logout", "toggle"]},
    ]
    assert told["forward"][1] == {"name": "exten"}
    assert told["parking"] == []


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/funckeys/destinations", "confd.funckeys.destinations.read"),
        ("GET", TEMPLATES + "/{id}/1", "confd.funckeys.templates.{id}.1.read"),
        ("PUT", TEMPLATES + "/{id}/1", "confd.funckeys.templates.{id}.1.update"),
        ("DELETE", TEMPLATES + "/{id}/1", "confd.funckeys.templates.{id}.1.delete"),
    ],
)
async def test_access_to_single_keys_is_that_of_the_reference(
    confd: Confd, client: Client, method: str, path: str, scope: str
) -> None:
    template = await confd.make(TEMPLATES, keys={"1": a_key("parking")})
    path, scope = path.format(**template), scope.format(**template)
    body = a_key("onlinerec") if method == "PUT" else None
    for acl in ((), ("confd.other",), (scope,)):
        answer = await (await client(*acl)).request(method, path, json=body)
        assert (answer.status_code < 300) == (acl == (scope,)), answer.text
        assert answer.status_code in (200, 204, 401)


async def test_an_entity_with_a_template_is_kept(confd: Confd, client: Client, save: Save) -> None:
    other = await save(Entity(name="second"))
    theirs = await client("confd.#", entity_id=other.id)
    template = (await theirs.post(TEMPLATES, json={"name": "Reception"})).json()
    kept = "Resource Error - Entity is associated with a FuncKeyTemplate"
    await confd.refused("DELETE", f"/entities/{other.id}", kept)
    await confd.do("DELETE", f"{TEMPLATES}/{template['id']}")
    await confd.do("DELETE", f"/entities/{other.id}")
