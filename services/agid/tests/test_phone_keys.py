"""Keys that switch something, and lamps the dialplan sets: reference/agid.md 3.6, 8.2 (F-347)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ovix_schema import FeatureCode
from sqlalchemy import select, update


@pytest_asyncio.fixture(loop_scope="session")
async def codes(sessions: Any, clean_database: str) -> AsyncIterator[Any]:
    """Puts codes in the place of the stock ones: their extension, or None to disable one."""
    async with sessions() as session:
        stock = {code.feature: code for code in await session.scalars(select(FeatureCode))}

    async def put(feature: str, exten: str, enabled: bool) -> None:
        async with sessions.begin() as session:
            await session.execute(
                update(FeatureCode)
                .where(FeatureCode.feature == feature)
                .values(exten=exten, enabled=enabled)
            )

    async def change(**extens: str | None) -> None:
        for feature, exten in extens.items():
            await put(feature, exten or stock[feature].exten, exten is not None)

    yield change
    for code in stock.values():
        await put(code.feature, code.exten, code.enabled)


async def pressed(agid: Any, user_id: object, dialled: str) -> tuple[str, str] | None:
    """What the key is to dial and its feature; None where the dialplan breaks."""
    channel = await agid.ask("phone_progfunckey", dialled, XIVO_USERID=user_id)
    if channel.status != "SUCCESS":
        assert channel.jumped_to == "agi_fail,s,1"
        return None
    return (
        channel.variables["XIVO_PHONE_PROGFUNCKEY"],
        channel.variables["XIVO_PHONE_PROGFUNCKEY_FEATURE"],
    )


@pytest.mark.parametrize(
    ("behind_prefix", "dials", "feature"),
    [
        ("12***225", "*25", "enablednd"),
        ("12***227", "*27", "incallfilter"),
        ("12***290", "*90", "enablevm"),
        ("12***221", "*21", "fwdunc"),
        ("12***221*1002", "*211002", "fwdunc"),
        ("12***222*1002", "*221002", "fwdrna"),
        ("12***223***398", "*23*98", "fwdbusy"),
        ("12***231***35", "*31*5", "agentstaticlogin"),
        ("12***299", "*99", ""),
        ("12*1002", "1002", ""),
    ],
)
async def test_a_key_dials_its_code_and_names_what_it_switches(
    agid: Any, behind_prefix: str, dials: str, feature: str
) -> None:
    assert await pressed(agid, 12, behind_prefix) == (dials, feature)


async def test_a_disabled_code_switches_nothing_and_a_changed_one_does(
    agid: Any, codes: Any
) -> None:
    await codes(enablednd=None, incallfilter="*2700", fwdunc="_*2100.")
    assert await pressed(agid, 12, "12***225") == ("*25", "")
    assert await pressed(agid, 12, "12***22700") == ("*2700", "incallfilter")
    assert await pressed(agid, 12, "12***22100*1002") == ("*21001002", "fwdunc")


@pytest.mark.parametrize(
    ("user_id", "dialled"),
    [("13", "12***225"), ("", "12***225"), ("", "***225"), ("12", "12"),
     ("12", ""), ("12", "12***325"), ("12", "12****25"), ("x", "x***225")],
)  # fmt: skip
async def test_keys_of_others_and_texts_that_are_no_keys_are_refused(
    agid: Any, user_id: str, dialled: str
) -> None:
    assert await pressed(agid, user_id, dialled) is None


async def test_a_pressed_key_costs_one_statement(agid: Any) -> None:
    await agid.ask("phone_progfunckey", "12***225", statements=1, XIVO_USERID="12")
    await agid.ask("phone_progfunckey", "13***225", statements=0, XIVO_USERID="12")


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text("0123456789*#+AZ", max_size=20))
async def test_whatever_is_dialled_gets_an_answer_or_a_break(agid: Any, dialled: str) -> None:
    answer = await pressed(agid, 12, dialled)
    assert answer is None or dialled.startswith("12")


async def lamp(agid: Any, *arguments: str, user_id: object = 12) -> dict[str, str] | None:
    """The device states that are set; None where the dialplan breaks."""
    channel = await agid.ask("phone_progfunckey_devstate", *arguments, XIVO_USERID=user_id)
    if channel.status != "SUCCESS":
        return None
    return {name: value for name, value in channel.variables.items() if name != "XIVO_USERID"}


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (("enablevm", "INUSE"), "*73512***290"),
        (("agentstaticlogin", "INUSE", "*5"), "*73512***231***35"),
        (("agentstaticlogoff", "INUSE", "5000"), "*73512***232*5000"),
    ],
)
async def test_the_dialplan_sets_a_lamp(agid: Any, arguments: tuple[str, ...], name: str) -> None:
    assert await lamp(agid, *arguments) == {f"DEVICE_STATE(Custom:{name})": "INUSE"}


@pytest.mark.parametrize("feature", ["enablednd", "incallfilter", "fwdunc", "fwdrna", "fwdbusy"])
async def test_lamps_that_follow_events_are_not_set_by_the_dialplan(
    agid: Any, feature: str
) -> None:
    assert await lamp(agid, feature, "INUSE") == {}


@pytest.mark.parametrize("feature", ["moon", "pickup", "", "callrecord"])
async def test_a_feature_that_is_unknown_or_disabled_has_no_lamp(agid: Any, feature: str) -> None:
    assert await lamp(agid, feature, "INUSE") == {}, "callrecord is off in a new installation"


@pytest.mark.parametrize("state", ["", "ON", "inuse", "INUSE,1"])
async def test_a_state_that_devices_can_not_have_is_refused(agid: Any, state: str) -> None:
    assert await lamp(agid, "enablevm", state) is None


async def test_a_lamp_is_of_a_user_and_names_nothing_strange(agid: Any) -> None:
    assert await lamp(agid, "enablevm", "INUSE", user_id="") is None
    assert await lamp(agid, "agentstaticlogin", "INUSE", "5),x=(") is None


async def test_a_lamp_costs_one_statement(agid: Any) -> None:
    ask = agid.ask
    await ask("phone_progfunckey_devstate", "enablevm", "INUSE", statements=1, XIVO_USERID="12")
    await ask("phone_progfunckey_devstate", "fwdunc", "INUSE", statements=0, XIVO_USERID="12")
