"""What is in use is kept, and the refusal says by what: reference/confd, "delete" of each file."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx import AsyncClient
from ovix_schema import (
    EndpointCustom,
    Entity,
    Extension,
    Outcall,
    OutcallExtension,
    Trunk,
    Voicemail,
)
from ovix_testkit.builders import a_line

Confd = Any
Save = Callable[..., Awaitable[Any]]


async def test_a_context_with_numbers_boxes_trunks_or_lines_is_kept(
    confd: Confd, save: Save
) -> None:
    """The first use that is found is told, in the reference's order."""
    context = await confd.make("/contexts", name="lyon")
    path = f"/contexts/{context['id']}"
    uses = (
        ("Line", a_line("lyon")),
        ("Trunk", Trunk(context="lyon")),
        ("Voicemail", Voicemail(name="box", number="1000", context="lyon")),
        ("Extension", Extension(exten="1000", context="lyon")),
    )
    for title, row in uses:
        used = await save(row)
        await confd.refused(
            "DELETE",
            path,
            f"Resource Error - Context is associated with a {title} "
            f"('context_id': {context['id']}, '{title.lower()}_ids': [{used.id}])",
        )


@pytest.mark.usefixtures("as_installed")
@pytest.mark.parametrize(
    "named", [{"options": {"context": "lyon"}}, {"ordered_options": [["context", "lyon"]]}]
)
async def test_a_context_that_sip_names_is_kept(confd: Confd, named: dict[str, Any]) -> None:
    context = await confd.make("/contexts", name="lyon")
    nothing: dict[str, Any] = {"options": {}, "ordered_options": []}
    await confd.do("PUT", "/asterisk/sip/general", **(nothing | named))
    because = "Resource Error - Context is associated with a SIP General"
    await confd.refused("DELETE", f"/contexts/{context['id']}", because)
    await confd.do("PUT", "/asterisk/sip/general", **nothing)
    await confd.do("DELETE", f"/contexts/{context['id']}")


async def test_a_context_goes_with_its_ranges_and_inclusions_in_both_directions(
    confd: Confd,
) -> None:
    ranges = [{"start": "1000", "end": "1999"}]
    a, b, c = [await confd.make("/contexts", name=n, user_ranges=ranges) for n in "abc"]
    await confd.do("PUT", f"/contexts/{a['id']}/contexts", contexts=[{"id": b["id"]}])
    await confd.do("PUT", f"/contexts/{b['id']}/contexts", contexts=[{"id": c["id"]}])
    await confd.do("DELETE", f"/contexts/{b['id']}")
    assert (await confd.read(f"/contexts/{a['id']}"))["contexts"] == []
    again = await confd.make("/contexts", name="b")
    assert (again["user_ranges"], again["contexts"]) == ([], [])


async def test_an_entity_with_users_schedules_or_contexts_is_kept(
    confd: Confd, client: Callable[..., Awaitable[AsyncClient]], save: Save
) -> None:
    entity = await save(Entity(name="acme"))
    theirs = await client("confd.#", entity_id=entity.id)
    for title, path, body in (
        ("Context", "/contexts", {"name": "theirs"}),
        ("Schedule", "/schedules", {"closed_destination": {"type": "none"}}),
        ("User", "/users", {"firstname": "Jo"}),
    ):
        made = (await theirs.post(path, json=body)).json()
        await confd.refused(
            "DELETE",
            f"/entities/{entity.id}",
            f"Resource Error - Entity is associated with a {title} "
            f"('entity_id': {entity.id}, '{title.lower()}_ids': [{made['id']}])",
        )


@pytest.mark.parametrize(
    ("path", "body", "title"),
    [
        ("/callpermissions", {"name": "all"}, "CallPermission"),
        ("/endpoints/sip", {}, "SIPEndpoint"),
        ("/endpoints/sccp", {}, "SCCPEndpoint"),
        ("/endpoints/iax", {}, "IAXEndpoint"),
        ("/endpoints/sip/templates", {}, "SIPEndpointTemplate"),
        ("/sip/transports", {"name": "lan"}, "Transport"),
        ("/registrars", {"main_host": "a", "proxy_main_host": "b"}, "Registrar"),
        ("/groups", {"name": "sales"}, "Group"),
    ],
)
async def test_an_entity_with_anything_else_is_kept_too(
    confd: Confd, client: Any, save: Save, path: str, body: dict[str, Any], title: str
) -> None:
    entity = await save(Entity(name="acme"))
    theirs = await client("confd.#", entity_id=entity.id)
    assert (await theirs.post(path, json=body)).status_code == 201
    because = f"Resource Error - Entity is associated with a {title}"
    await confd.refused("DELETE", f"/entities/{entity.id}", because)


async def test_an_entity_with_a_custom_endpoint_is_kept_too(confd: Confd, save: Save) -> None:
    """Its administrator could make none before there is a context for it to lead to."""
    entity = await save(Entity(name="acme"))
    await save(EndpointCustom(interface="Local/1@default", entity_id=entity.id))
    because = "Resource Error - Entity is associated with a CustomEndpoint"
    await confd.refused("DELETE", f"/entities/{entity.id}", because)


async def test_an_entity_that_owns_nothing_goes(confd: Confd) -> None:
    entity = await confd.make("/entities", name="acme")
    await confd.do("DELETE", f"/entities/{entity['id']}")


async def test_a_voicemail_of_users_is_kept_and_the_users_are_named(confd: Confd) -> None:
    box = await confd.make("/voicemails", name="box", number="1000", context="default")
    users = [await confd.user() for _ in range(2)]
    for user in users:
        await confd.do("PUT", f"/users/{user['id']}/voicemails/{box['id']}")
    ids = [user["id"] for user in users]
    await confd.refused(
        "DELETE",
        f"/voicemails/{box['id']}",
        "Resource Error - Voicemail is associated with a User "
        f"('voicemail_id': {box['id']}, 'user_ids': {ids})",
    )
    for user in users:
        await confd.do("DELETE", f"/users/{user['id']}/voicemails")
    await confd.do("DELETE", f"/voicemails/{box['id']}")


async def test_an_extension_of_lines_is_kept_and_the_lines_are_named(confd: Confd) -> None:
    line = await confd.phone()
    await confd.refused(
        "DELETE",
        f"/extensions/{line['extension']}",
        "Resource Error - Extension is associated with a Line "
        f"('extension_id': {line['extension']}, 'line_ids': [{line['id']}])",
    )


@pytest.mark.parametrize("kind", ["group", "incall", "conference", "queue", "parking"])
async def test_an_extension_that_leads_somewhere_is_kept(
    confd: Confd, save: Save, kind: str
) -> None:
    extension = await save(Extension(exten="1500", context="default", type=kind))
    because = f"Resource Error - Extension is associated with a {kind}"
    await confd.refused("DELETE", f"/extensions/{extension.id}", because)


async def test_an_extension_of_a_route_is_kept(confd: Confd, save: Save) -> None:
    await confd.make("/contexts", name="out", type="outcall")
    extension = await save(Extension(exten="_0X.", context="out"))
    route = await save(Outcall(name="all"))
    await save(OutcallExtension(outcall_id=route.id, extension_id=extension.id))
    because = "Resource Error - Extension is associated with a outcall"
    await confd.refused("DELETE", f"/extensions/{extension.id}", because)


async def test_a_line_in_use_is_left_by_its_user_and_number_when_it_goes(confd: Confd) -> None:
    """XiVO drops the links of a deleted line without a word, and so do we."""
    user = await confd.user()
    line = await confd.phone(user)
    await confd.do("DELETE", f"/lines/{line['id']}")
    assert (await confd.read(f"/users/{user['id']}/lines"))["items"] == []
    await confd.do("DELETE", f"/extensions/{line['extension']}")


@pytest.mark.parametrize("kind", ["sip", "custom"])
async def test_a_trunk_is_left_by_its_deleted_endpoint(confd: Confd, save: Save, kind: str) -> None:
    body = {"interface": "PJSIP/1@somebody"} if kind == "custom" else {}
    endpoint = await confd.make(f"/endpoints/{kind}", **body)
    await save(Trunk(**{f"endpoint_{kind}_id": endpoint["id"]}))
    assert (await confd.read(f"/endpoints/{kind}/{endpoint['id']}"))["trunk"] is not None
    await confd.do("DELETE", f"/endpoints/{kind}/{endpoint['id']}")


async def test_what_was_deleted_is_not_deleted_again(confd: Confd) -> None:
    extension = await confd.extension()
    await confd.do("DELETE", f"/extensions/{extension['id']}")
    gone = "Resource Not Found - Extension was not found"
    for method in ("GET", "PUT", "DELETE"):
        await confd.refused(method, f"/extensions/{extension['id']}", gone, status=404)
