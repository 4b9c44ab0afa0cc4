"""Names, secrets and options of SIP endpoints: reference/confd, "SIP endpoint"."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from ovix_schema import Context, EndpointSip, Entity

from .conftest import Requests

Confd = Any
Save = Callable[..., Awaitable[Any]]
Client = Callable[..., Awaitable[Any]]
DEFAULTS = [["amaflags", "default"], ["call-limit", "10"], ["subscribemwi", "no"]]


async def options(confd: Confd, endpoint: dict[str, Any]) -> list[list[str]]:
    """The options as they are read."""
    found: list[list[str]] = (await confd.read(f"/endpoints/sip/{endpoint['id']}"))["options"]
    return found


@pytest.mark.parametrize("given", [{}, {"username": None, "secret": None}])
async def test_what_is_not_given_is_generated(confd: Confd, given: dict[str, None]) -> None:
    """F-111."""
    made = [await confd.make("/endpoints/sip", **given) for _ in range(5)]
    assert all(re.fullmatch("[a-z0-9]{8}", each["username"]) for each in made)
    assert all(re.fullmatch("[a-z0-9]{8}", each["secret"]) for each in made)
    assert len({each["username"] for each in made} | {each["secret"] for each in made}) == 10
    assert (made[0]["type"], made[0]["host"]) == ("friend", "dynamic")


async def test_a_name_belongs_to_one_endpoint(confd: Confd) -> None:
    await confd.make("/endpoints/sip", username="zoe")
    other = await confd.make("/endpoints/sip")
    taken = "Resource Error - SIPEndpoint already exists"
    await confd.refused("POST", "/endpoints/sip", taken, username="zoe")
    await confd.refused("PUT", f"/endpoints/sip/{other['id']}", taken, username="zoe")


async def test_a_new_endpoint_shows_the_defaults(confd: Confd) -> None:
    endpoint = await confd.make("/endpoints/sip")
    assert sorted(endpoint["options"]) == DEFAULTS


async def test_extra_options_keep_their_order_and_repetitions(confd: Confd) -> None:
    """F-115."""
    extra = [["setvar", "b=2"], ["max_contacts", "2"], ["setvar", "a=1"], ["setvar", "b=2"]]
    endpoint = await confd.make("/endpoints/sip", options=extra)
    assert (await options(confd, endpoint))[len(DEFAULTS) :] == extra


async def test_the_last_of_a_native_option_wins(confd: Confd) -> None:
    given = [["language", "fr_FR"], ["x", "1"], ["language", "de_DE"]]
    endpoint = await confd.make("/endpoints/sip", options=given)
    found = await options(confd, endpoint)
    assert [each for each in found if each[0] == "language"] == [["language", "de_DE"]]


async def test_writing_options_resets_all_others(confd: Confd) -> None:
    given = [["language", "fr_FR"], ["call-limit", "3"], ["x", "1"]]
    endpoint = await confd.make("/endpoints/sip", options=given)
    path = f"/endpoints/sip/{endpoint['id']}"
    await confd.do("PUT", path, options=[["y", "2"]])
    found = await options(confd, endpoint)
    assert (sorted(found[:-1]), found[-1]) == (DEFAULTS, ["y", "2"])


async def test_an_edit_without_options_leaves_them(confd: Confd) -> None:
    given = [["language", "fr_FR"], ["x", "1"]]
    endpoint = await confd.make("/endpoints/sip", options=given)
    before = await options(confd, endpoint)
    await confd.do("PUT", f"/endpoints/sip/{endpoint['id']}", secret="another")
    assert await options(confd, endpoint) == before


@pytest.mark.parametrize("spelled", ["1", "y", "yes", "t", "true", "on", "YES"])
async def test_yes_is_spelled_in_many_ways_and_read_in_one(confd: Confd, spelled: str) -> None:
    endpoint = await confd.make("/endpoints/sip", options=[["allowtransfer", spelled]])
    assert ["allowtransfer", "yes"] in await options(confd, endpoint)


@pytest.mark.parametrize(
    "option",
    [
        ["dtmfmode", "loud"], ["nat", "yes"], ["insecure", "very"], ["amaflags", "none"],
        ["allowtransfer", "maybe"], ["call-limit", "many"], ["qualify", "always"],
        ["md5secret", "x" * 33], ["type", "friend"], ["host", "dynamic"], ["context", "default"],
        ["secret", "s"], ["protocol", "sip"],
    ],
)  # fmt: skip
async def test_an_option_out_of_its_kind_is_refused(confd: Confd, option: list[str]) -> None:
    endpoint = await confd.make("/endpoints/sip")
    because = "Input Error - options"
    await confd.refused("POST", "/endpoints/sip", because, options=[option])
    await confd.refused("PUT", f"/endpoints/sip/{endpoint['id']}", because, options=[option])


@pytest.mark.parametrize("options", [[["a"]], [["a", "b", "c"]], [["a", 1]], ["ab"], [["a", None]]])
async def test_an_option_is_a_pair_of_texts(confd: Confd, options: list[Any]) -> None:
    await confd.refused("POST", "/endpoints/sip", "Input Error - ", options=options)


async def test_an_interface_belongs_to_one_custom_endpoint(confd: Confd) -> None:
    await confd.make("/endpoints/custom", interface="Local/1@default")
    taken = "Resource Error - CustomEndpoint already exists"
    await confd.refused("POST", "/endpoints/custom", taken, interface="Local/1@default")


@pytest_asyncio.fixture
async def bound(confd: Confd, client: Client, entity: Entity, save: Save) -> Requests:
    """Requests of the first entity, beside another one that has a context and a trunk."""
    other = await save(Entity(name="other"))
    await save(Context(name="theirs", entity_id=other.id))
    await save(EndpointSip(username="carrier", secret="x", entity_id=other.id))
    return Requests(await client("confd.#", entity_id=entity.id))


FOREIGN = [
    ["set_var", "GLOBAL(XIVO_AGID_IP)=203.0.113.5"], ["setvar", "__XIVO_USERID=1"],
    [" Set_Var ", "TRANSFER_CONTEXT=theirs"], ["setvar", "_GOTO_ON_BLINDXFR=x"],
    ["setvar", "PICKUPMARK=1%theirs"], ["set_var", "FORWARD_CONTEXT=theirs"],
    ["named_pickup_group", "7"], ["namedcallgroup", "7"], ["pickupgroup", "7"], ["call_group", "7"],
    ["mailboxes", "1000@theirs"], ["mailbox", "1000@theirs"], ["identify_by", "ip"],
    ["match", "192.0.2.1"], ["match_header", "X: y"], ["subscribe_context", "theirs"],
    ["subscribecontext", "theirs"], ["message_context", "nowhere"],
    [" subscribe_context", "outcall"],
]  # fmt: skip


@pytest.mark.parametrize("path", ["/endpoints/sip", "/endpoints/iax"])
async def test_no_option_of_an_entitys_administrator_reaches_another(
    confd: Confd, bound: Requests, path: str
) -> None:
    item = f"{path}/{(await bound.make(path))['id']}"
    for option in FOREIGN:
        for method, at in (("POST", path), ("PUT", item)):
            await bound.refused(method, at, "Input Error - ", options=[["allow", "ulaw"], option])
    for context in (" context ", "Context"):
        await confd.refused("POST", path, "Input Error - ", options=[[context, "theirs"]])
    own = [["setvar", "SITE=lyon"], ["subscribe_context", "default"], ["x", "theirs"]]
    await bound.do("PUT", item, options=own)
    # An administrator of the installation may, and what he put there stays.
    await confd.do("PUT", item, options=FOREIGN)
    await bound.do("PUT", item, options=[*FOREIGN, ["y", "1"]])


async def test_no_template_of_an_entitys_administrator_reaches_another(
    confd: Confd, bound: Requests
) -> None:
    path = "/endpoints/sip/templates"
    item = f"{path}/{(await bound.make(path))['uuid']}"
    for field, option in (
        ("endpoint_section_options", ["set_var", "XIVO_USERID=1"]),
        ("endpoint_section_options", ["subscribe_context", "theirs"]),
        ("aor_section_options", ["mailboxes", "1000@theirs"]),
        ("identify_section_options", ["match", "192.0.2.1"]),
    ):
        body: dict[str, Any] = {field: [option]}
        await bound.refused("POST", path, "Input Error - ", **body)
        await bound.refused("PUT", item, "Input Error - ", **body)
        await confd.do("PUT", item, **body)
        await bound.do("PUT", item, label="Lyon")


async def test_no_interface_of_an_entitys_administrator_leads_to_another(
    confd: Confd, bound: Requests
) -> None:
    path = "/endpoints/custom"
    await bound.make("/endpoints/sip", username="alice")
    own = await bound.make(path, interface="Local/1000@default/n")
    item = f"{path}/{own['id']}"
    for interface in (
        "Local/0612@theirs", "Local/0612@nowhere", "Local/0612@outcall", "PJSIP/0612@carrier",
        "PJSIP/carrier", "dahdi/g1", "Local/0612",
    ):  # fmt: skip
        because = "Input Error - field 'interface'"
        await bound.refused("POST", path, because, interface=interface)
        await bound.refused("PUT", item, because, interface=interface)
    await bound.refused("PUT", item, "Input Error - ", interface_suffix="@theirs")
    await bound.do("PUT", item, interface="PJSIP/0612@alice", interface_suffix="#")
    await confd.do("PUT", item, interface="Local/0612@theirs")
    await bound.do("PUT", item, enabled=False)
