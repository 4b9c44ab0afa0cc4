"""Calls that leave or enter: routes, caller ids, normalisation (scenarios O01 to O10, I05)."""

from typing import Any

import pytest
from ovix_schema import EndpointIax, Outcall, OutcallExtension, OutcallTrunk, Trunk
from ovix_testkit.builders import a_custom_endpoint, a_sip_endpoint, an_extension

SCRIPT = "outgoing_user_set_features"


@pytest.fixture
def a_route(save: Any, default_context: Any) -> Any:
    """``await a_route(trunks=[…], strip_digits=1, internal_caller_id=True …)`` → its pattern."""

    async def made(
        trunks: list[Any], *, exten: str = "_0XXXXXXXXX", **fields: Any
    ) -> OutcallExtension:
        pattern_fields = ("strip_digits", "external_prefix", "caller_id")
        of_pattern = {name: fields.pop(name) for name in pattern_fields if name in fields}
        route = Outcall(name=f"route {exten}", **fields)
        extension = an_extension("default", exten=exten)
        await save(route, extension, *trunks)
        pattern = OutcallExtension(outcall_id=route.id, extension_id=extension.id, **of_pattern)
        await save(
            pattern,
            *(
                OutcallTrunk(outcall_id=route.id, trunk_id=trunk.id, position=position)
                for position, trunk in enumerate(trunks)
            ),
        )
        return pattern

    return made


async def a_trunk(save: Any, name: str) -> Trunk:
    endpoint = a_sip_endpoint(username=name)
    await save(endpoint)
    return Trunk(endpoint_sip_id=endpoint.id)


async def call(agid: Any, pattern: Any, caller: Any = None, **variables: Any) -> dict[str, str]:
    asked = {
        "XIVO_USERID": caller.user.id if caller else "",
        "XIVO_DSTID": pattern.id,
        "XIVO_DSTNUM": "0359083091",
        "XIVO_SRCNUM": "1000",
        **variables,
    }
    channel = await agid.ask(SCRIPT, statements=1, **asked)
    assert channel.status == "SUCCESS", channel.verbose
    return dict(channel.variables)


async def test_a_route_strips_prefixes_and_names_its_trunks_in_order(
    agid: Any, a_route: Any, save: Any
) -> None:
    custom = a_custom_endpoint(interface="Local/gateway", interface_suffix="@default")
    dangerous = a_custom_endpoint(interface="Local/other", interface_suffix="@d,,G(b^06^1)")
    iax = EndpointIax(name="lyon")
    await save(custom, dangerous, iax)
    trunks = [
        await a_trunk(save, "carrier1"),
        Trunk(),
        Trunk(endpoint_custom_id=dangerous.id),
        Trunk(endpoint_custom_id=custom.id),
        await a_trunk(save, "carrier2"),
        Trunk(endpoint_iax_id=iax.id),
    ]
    pattern = await a_route(
        trunks, strip_digits=1, external_prefix="+33", ring_time=10, preprocess_subroutine="sub"
    )
    got = await call(agid, pattern)
    assert (got["XIVO_INTERFACE0"], got["XIVO_TRUNKEXTEN0"], got["XIVO_TRUNKSUFFIX0"]) == (
        "PJSIP",
        "+33359083091@carrier1",
        "",
    )
    assert (got["XIVO_INTERFACE1"], got["XIVO_TRUNKEXTEN1"], got["XIVO_TRUNKSUFFIX1"]) == (
        "Local/gateway",
        "+33359083091",
        "@default",
    )
    assert got["XIVO_TRUNKEXTEN2"] == "+33359083091@carrier2"
    assert (got["XIVO_INTERFACE3"], got["XIVO_TRUNKEXTEN3"], got["XIVO_TRUNKSUFFIX3"]) == (
        "IAX2/lyon",
        "+33359083091",
        "",
    )
    assert got["XIVO_INTERFACE4"] == ""
    assert got["XIVO_HANGUPRINGTIME"] == "10"
    assert got["XIVO_OUTCALLPREPROCESS_SUBROUTINE"] == "sub"
    assert got["XIVO_OUTCALLID"] == str(pattern.outcall_id)
    assert (got["XIVO_PATH"], got["XIVO_PATH_ID"]) == ("outcall", str(pattern.outcall_id))
    assert got["XIVO_CALLOPTIONS"] == ""
    assert got["XIVO_CALLRECORDFILE"] == ""


@pytest.mark.parametrize(
    ("internal", "user", "route", "expected"),
    [
        (False, "default", '"Shop" <0359083000>', {"CALLERID(all)": '"Shop" <0359083000>'}),
        (False, None, "0359083000", {"CALLERID(all)": '"0359083000" <0359083000>'}),
        (
            False,
            "anonymous",
            "0359083000",
            {"CALLERID(name-pres)": "prohib", "CALLERID(num-pres)": "prohib"},
        ),
        (False, '"Moi"', "0359083000", {"CALLERID(name)": "Moi"}),
        (True, "anonymous", "0359083000", {}),
        (False, None, None, {}),
    ],
)
async def test_the_caller_id_that_leaves(
    agid: Any,
    a_route: Any,
    hire: Any,
    save: Any,
    internal: bool,
    user: str | None,
    route: str | None,
    expected: dict[str, str],
) -> None:
    """F-154, F-155."""
    alice = await hire("1000", outgoing_caller_id=user)
    trunks = [await a_trunk(save, "carrier1")]
    pattern = await a_route(trunks, internal_caller_id=internal, caller_id=route)
    got = await call(agid, pattern, alice)
    assert {name: value for name, value in got.items() if name.startswith("CALLERID")} == expected


async def test_the_callers_settings_apply_unless_the_route_is_internal(
    agid: Any, a_route: Any, hire: Any, save: Any
) -> None:
    """F-158."""
    alice = await hire(
        "1000",
        userfield="accounting",
        call_transfer_enabled=True,
        online_call_record_enabled=True,
        call_record_outgoing_external_enabled=True,
    )
    public = await a_route([await a_trunk(save, "carrier1")])
    internal = await a_route(
        [await a_trunk(save, "carrier2")], exten="_2XXX", internal_caller_id=True
    )
    got = await call(agid, public, alice)
    assert got["XIVO_CALLOPTIONS"] == "TX"
    assert got["CHANNEL(userfield)"] == "accounting"
    epoch = int(agid.clock.now.timestamp())
    assert got["XIVO_CALLRECORDFILE"] == f"user-1000-0359083091-{epoch}.wav"
    got = await call(agid, internal, alice)
    assert got["XIVO_CALLOPTIONS"] == "T"
    assert got["XIVO_CALLRECORDFILE"] == ""


async def test_a_forwarded_call_shows_the_caller_id_of_who_forwards_it(
    agid: Any, a_route: Any, hire: Any, save: Any
) -> None:
    alice = await hire("1000", outgoing_caller_id="0359083001", call_transfer_enabled=True)
    bruno = await hire("1001", outgoing_caller_id="0359083002", userfield="sales")
    pattern = await a_route([await a_trunk(save, "carrier1")])
    sent_on = {"XIVO_ANSWERABLE_USERID": bruno.user.id}
    shown = {"CALLERID(all)": '"0359083002" <0359083002>'}
    for caller, variables in (
        (alice, {"XIVO_CALLFORWARDED": "1"}),
        (alice, {"BLINDTRANSFER": "PJSIP/sip1001-0000002a"}),
        (None, {}),
    ):
        got = await call(agid, pattern, caller, **sent_on, **variables)
        assert {name: got[name] for name in shown} == shown
        # Keys and the log stay the caller's: a stranger must not transfer by somebody's rights.
        assert got["XIVO_CALLOPTIONS"] == ("T" if caller else "")
        assert "CHANNEL(userfield)" not in got
    got = await call(agid, pattern, alice, **sent_on)
    assert got["CALLERID(all)"] == '"0359083001" <0359083001>'


async def test_a_disabled_route_and_one_without_trunks_break_the_dialplan(
    agid: Any, a_route: Any, save: Any
) -> None:
    disabled = await a_route([await a_trunk(save, "carrier1")], enabled=False)
    empty = await a_route([], exten="_9XXX")
    for pattern_id in (disabled.id, empty.id, 424242, "x"):
        channel = await agid.ask(SCRIPT, XIVO_DSTID=pattern_id, XIVO_DSTNUM="0359083091")
        assert channel.jumped_to == "agi_fail,s,1"


@pytest.mark.parametrize(
    ("number", "name", "expected"),
    [
        ("359083091", "359083091", {"CALLERID(num)": "0359083091", "CALLERID(name)": ""}),
        ("+33359083091", "unknown", {"CALLERID(num)": "0359083091", "CALLERID(name)": ""}),
        ("+4930123456", "Hans", {"CALLERID(num)": "004930123456"}),
        ("1000", "Alice", {}),
        ("unknown", "unknown", {}),
    ],
)
async def test_an_incoming_number_is_normalised_without_the_database(
    agid: Any, number: str, name: str, expected: dict[str, str]
) -> None:
    environment = {"agi_callerid": number, "agi_calleridname": name}
    channel = await agid.ask("in_callerid", statements=0, environment=environment)
    assert channel.variables == expected
    assert channel.status == "SUCCESS"


async def test_the_type_of_number_is_kept(agid: Any) -> None:
    channel = await agid.ask("callerid_extend", statements=0, environment={"agi_callington": "16"})
    assert channel.variables == {"XIVO_SRCTON": "16"}
