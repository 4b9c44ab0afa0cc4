"""SIP templates and transports, and who uses them: reference/confd, "SIP endpoint at H"."""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient
from ovix_schema import Entity, SipTemplate, SipTransport

Confd = Any
Save = Callable[..., Awaitable[Any]]
IN_USE = "Resource Error - Transport is associated with a EndpointSIP"


async def template(confd: Confd, **body: Any) -> Any:
    return await confd.make("/endpoints/sip/templates", **body)


async def transport(confd: Confd, name: str = "lan") -> Any:
    return await confd.make("/sip/transports", name=name)


def named(*rows: Any) -> list[dict[str, str]]:
    """References to these, as a body has them."""
    return [{"uuid": row["uuid"]} for row in rows]


async def test_a_template_gets_a_name_and_nothing_else(confd: Confd) -> None:
    made = await template(confd)
    assert re.fullmatch("[a-z0-9]{8}", made["name"])
    assert (made["label"], made["transport"], made["templates"]) == (None, None, [])
    assert made["auth_section_options"] == []


@pytest.mark.parametrize("name", ["global", "system", "a b", "é", "", "x" * 80, "a/b"])
async def test_a_name_is_that_of_a_section(confd: Confd, name: str) -> None:
    for path in ("/endpoints/sip/templates", "/sip/transports"):
        await confd.refused("POST", path, "Input Error - name", name=name)


async def test_a_name_belongs_to_one_endpoint_template_or_transport(confd: Confd) -> None:
    await template(confd, name="phones")
    await transport(confd, "lan")
    await confd.make("/endpoints/sip", username="zoe")
    other, wan = await template(confd), await transport(confd, "wan")
    for name in ("phones", "lan", "zoe"):
        for path, own, title in (
            ("/endpoints/sip/templates", other["uuid"], "SIPEndpointTemplate"),
            ("/sip/transports", wan["uuid"], "Transport"),
        ):
            taken = f"Resource Error - {title} already exists"
            await confd.refused("POST", path, taken, name=name)
            await confd.refused("PUT", f"{path}/{own}", taken, name=name)
    await confd.do("PUT", f"/sip/transports/{wan['uuid']}", name="wan")


@pytest.mark.parametrize(
    ("field", "option"),
    [
        ("aor_section_options", ["dtmf_mode", "rfc4733"]),
        ("auth_section_options", ["max_contacts", "1"]),
        ("endpoint_section_options", ["dtmfmode", "rfc2833"]),
        ("identify_section_options", ["endpoint", "other"]),
        ("registration_section_options", ["type", "registration"]),
        ("outbound_auth_section_options", ["nat", "no"]),
        ("registration_outbound_auth_section_options", ["match", "192.0.2.1"]),
        ("endpoint_section_options", ["language"]),
        ("endpoint_section_options", ["language", ""]),
        ("endpoint_section_options", ["language", "x" * 4093]),
    ],
)
async def test_an_option_is_one_that_its_section_knows(
    confd: Confd, field: str, option: list[str]
) -> None:
    made = await template(confd)
    because = f"Input Error - {field}"
    await confd.refused("POST", "/endpoints/sip/templates", because, **{field: [option]})
    path = f"/endpoints/sip/templates/{made['uuid']}"
    await confd.refused("PUT", path, because, **{field: [option]})


@pytest.mark.parametrize(
    "options", [[["nat", "no"]], [["bind", "a b"]], [["bind"]], [["bind", "a;b"]], "bind"]
)
async def test_a_transport_takes_what_pjsip_knows(confd: Confd, options: Any) -> None:
    await confd.refused(
        "POST", "/sip/transports", "Input Error - options", name="lan", options=options
    )


async def test_templates_keep_their_order_and_are_replaced_whole(confd: Confd) -> None:
    first, second = await template(confd, label="first"), await template(confd, label="second")
    endpoint = await confd.make("/endpoints/sip", templates=named(second, first))
    path = f"/endpoints/sip/{endpoint['id']}"
    assert [each["label"] for each in endpoint["templates"]] == ["second", "first"]
    await confd.do("PUT", path, secret="another")
    assert len((await confd.read(path))["templates"]) == 2
    await confd.do("PUT", path, templates=named(first))
    assert [each["label"] for each in (await confd.read(path))["templates"]] == ["first"]
    await confd.do("PUT", path, templates=[])
    assert (await confd.read(path))["templates"] == []


async def test_templates_must_exist_and_come_once(confd: Confd) -> None:
    made = await template(confd)
    unknown = [{"uuid": str(uuid4())}]
    missing = "Input Error - field 'templates': SIPEndpointTemplate was not found"
    twice = "Resource Error - Operation not permitted. A template is named twice"
    for path in ("/endpoints/sip", "/endpoints/sip/templates"):
        await confd.refused("POST", path, missing, templates=[*named(made), *unknown])
        await confd.refused("POST", path, twice, templates=named(made, made))
    assert (await confd.read("/endpoints/sip"))["total"] == 0


async def test_a_template_does_not_inherit_from_itself(confd: Confd) -> None:
    top = await template(confd)
    middle = await template(confd, templates=named(top))
    bottom = await template(confd, templates=named(middle))
    path = f"/endpoints/sip/templates/{top['uuid']}"
    for parent in (top, middle, bottom):
        await confd.refused(
            "PUT", path, "Resource Error - Operation not permitted", templates=named(parent)
        )
    await confd.do("PUT", f"/endpoints/sip/templates/{bottom['uuid']}", templates=named(top))


async def test_a_template_that_goes_is_inherited_no_more(confd: Confd) -> None:
    made = await template(confd)
    endpoint = await confd.make("/endpoints/sip", templates=named(made))
    child = await template(confd, templates=named(made))
    await confd.do("DELETE", f"/endpoints/sip/templates/{made['uuid']}")
    assert (await confd.read(f"/endpoints/sip/{endpoint['id']}"))["templates"] == []
    assert (await confd.read(f"/endpoints/sip/templates/{child['uuid']}"))["templates"] == []


async def test_a_transport_must_exist(confd: Confd) -> None:
    missing = "Input Error - field 'transport': Transport was not found"
    endpoint, made = await confd.make("/endpoints/sip"), await template(confd)
    for path, own in (
        ("/endpoints/sip", endpoint["id"]),
        ("/endpoints/sip/templates", made["uuid"]),
    ):
        body = {"transport": {"uuid": str(uuid4())}}
        await confd.refused("POST", path, missing, **body)
        await confd.refused("PUT", f"{path}/{own}", missing, **body)


async def test_a_transport_in_use_goes_only_when_another_takes_over(
    confd: Confd, announced: Callable[[], Awaitable[list[str]]]
) -> None:
    lan, wan = await transport(confd, "lan"), await transport(confd, "wan")
    used = {"uuid": lan["uuid"]}
    endpoint = await confd.make("/endpoints/sip", transport=used)
    assert endpoint["transport"] == used
    path = f"/sip/transports/{lan['uuid']}"
    await confd.refused("DELETE", path, IN_USE)
    await confd.do("PUT", f"/endpoints/sip/{endpoint['id']}", transport=None)
    made = await template(confd, transport=used)
    await confd.refused("DELETE", path, IN_USE)
    for wrong, because in (
        ("x", "Input Error - parameter 'fallback': 'x' is not valid"),
        (lan["uuid"], "Input Error - parameter 'fallback'"),
        (str(uuid4()), "Input Error - field 'fallback': Transport was not found"),
    ):
        await confd.refused("DELETE", f"{path}?fallback={wrong}", because)
    await confd.do("DELETE", f"{path}?fallback={wan['uuid']}")
    shown = await confd.read(f"/endpoints/sip/templates/{made['uuid']}")
    assert shown["transport"] == {"uuid": wan["uuid"]}
    assert (await announced())[-1] == "sip_transport_deleted"
    await confd.refused("GET", path, "Resource Not Found - Transport was not found", status=404)


async def test_what_belongs_to_no_entity_is_there_for_all_and_the_rest_for_one(
    confd: Confd, save: Save, client: Callable[..., Awaitable[AsyncClient]]
) -> None:
    shared, common = await save(SipTransport(name="all")), await save(SipTemplate(name="common"))
    body = {"transport": {"uuid": str(shared.uuid)}, "templates": [{"uuid": str(common.uuid)}]}
    mine = await template(confd)
    lan = await transport(confd)
    theirs = await client("confd.#", entity_id=(await save(Entity(name="second"))).id)
    assert (await theirs.post("/endpoints/sip", json=body)).status_code == 201
    for foreign in ({"transport": {"uuid": lan["uuid"]}}, {"templates": named(mine)}):
        answer = await theirs.post("/endpoints/sip", json=foreign)
        assert answer.status_code == 400
        assert "was not found" in answer.json()[0]
    assert (await theirs.delete(f"/sip/transports/{shared.uuid}")).status_code == 404


async def test_a_merged_view_shows_what_is_inherited(confd: Confd) -> None:
    """Parents come first, each template once; the last value of an option counts."""
    site = await template(
        confd,
        endpoint_section_options=[["set_var", "SITE=lyon"], ["dtmf_mode", "info"]],
        aor_section_options=[["max_contacts", "1"]],
    )
    quiet = await template(
        confd, templates=named(site), endpoint_section_options=[["rtp_timeout", "30"]]
    )
    phones = await template(
        confd,
        templates=named(quiet, site),
        endpoint_section_options=[["set_var", "KIND=phone"], ["dtmf_mode", "auto"]],
        auth_section_options=[["realm", "acme"]],
    )
    inherited = {
        "endpoint_section_options": [
            ["set_var", "SITE=lyon"], ["rtp_timeout", "30"],
            ["set_var", "KIND=phone"], ["dtmf_mode", "auto"],
        ],
        "aor_section_options": [["max_contacts", "1"]],
        "auth_section_options": [["realm", "acme"]],
        "identify_section_options": [],
    }  # fmt: skip
    path = f"/endpoints/sip/templates/{phones['uuid']}"
    shown = await confd.read(f"{path}?view=merged")
    assert {name: shown[name] for name in inherited} == inherited
    assert (shown["uuid"], shown["templates"]) == (phones["uuid"], phones["templates"])
    assert await confd.read(f"{path}?view=other") == phones
    endpoint = await confd.make("/endpoints/sip", username="zoe", templates=named(phones))
    shown = await confd.read(f"/endpoints/sip/{endpoint['id']}?view=merged")
    assert {name: shown[name] for name in inherited} == inherited
    assert shown["username"] == "zoe"
    await confd.refused(
        "GET",
        f"/endpoints/sip/templates/{uuid4()}?view=merged",
        "Resource Not Found - ",
        status=404,
    )
