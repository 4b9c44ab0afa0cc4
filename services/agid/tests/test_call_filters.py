"""Boss-secretary filters: reference/agid.md part 7 (B01 to B07; F-424, F-426 to F-430)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from ovix_schema import (
    CallFilter,
    CallFilterMember,
    DialAction,
    OutboxMessage,
    Outcall,
    OutcallExtension,
    Schedule,
    User,
    UserSchedule,
)
from ovix_testkit.builders import a_call_filter, an_extension
from sqlalchemy import select, update

ASK = "incoming_user_set_features"
PREFIX = "XIVO_CALLFILTER"


@dataclass
class Staff:
    """Alice calls Bob, the boss; Sue and Tom are his secretaries."""

    alice: Any
    bob: Any
    sue: Any
    tom: Any
    call_filter: CallFilter
    of_bob: CallFilterMember
    of_sue: CallFilterMember
    of_tom: CallFilterMember


Employ = Callable[..., Awaitable[Staff]]


@pytest_asyncio.fixture(loop_scope="session")
async def employ(hire: Any, save: Any) -> Employ:
    """``await employ(strategy="all")``: the staff, with a filter that both secretaries serve."""

    async def employed(*, active: tuple[bool, bool] = (True, True), **fields: Any) -> Staff:
        alice, bob = await hire("1000"), await hire("1001", firstname="Bob", lastname="Martin")
        sue, tom = await hire("1010", ring_seconds=10), await hire("1011", ring_seconds=0)
        made = a_call_filter(**{"surrogates_timeout": 25, **fields})
        await save(made)
        of_tom = CallFilterMember(
            call_filter_id=made.id, user_id=tom.user.id, role="surrogate", priority=1,
            active=active[1],
        )  # fmt: skip
        of_sue = CallFilterMember(
            call_filter_id=made.id, user_id=sue.user.id, role="surrogate", priority=0,
            active=active[0],
        )  # fmt: skip
        of_bob = CallFilterMember(
            call_filter_id=made.id, user_id=bob.user.id, role="recipient", timeout=12
        )
        await save(of_tom, of_sue, of_bob)
        return Staff(alice, bob, sue, tom, made, of_bob, of_sue, of_tom)

    return employed


async def call(
    agid: Any, caller: Any, callee: Any, *, statements: int = 1, **more: Any
) -> dict[str, str]:
    asked = {
        "XIVO_USERID": caller.user.id if caller else "",
        "XIVO_DSTID": callee.user.id,
        "XIVO_CALLORIGIN": "intern",
        "XIVO_SRCNUM": "1000",
        "XIVO_DSTNUM": callee.extension.exten,
        **more,
    }
    channel = await agid.ask(ASK, statements=statements, **asked)
    assert channel.status == "SUCCESS", channel.verbose
    return dict(channel.variables)


def told(variables: dict[str, str]) -> dict[str, str]:
    """What is said of the filter."""
    return {
        name.removeprefix(PREFIX).lstrip("_"): value
        for name, value in variables.items()
        if name.startswith(PREFIX)
    }


BOSS = {"BOSS_INTERFACE": "PJSIP/sip1001", "BOSS_TIMEOUT": "12"}
TOGETHER = {
    "INTERFACE": "PJSIP/sip1010&PJSIP/sip1011", "TIMEOUT": "25", "SECRETARY0_INTERFACE": "",
}  # fmt: skip
IN_TURN = {
    "SECRETARY0_INTERFACE": "PJSIP/sip1010", "SECRETARY0_TIMEOUT": "10",
    "SECRETARY1_INTERFACE": "PJSIP/sip1011", "SECRETARY1_TIMEOUT": "",
    "SECRETARY2_INTERFACE": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("strategy", "mode", "rung"),
    [
        ("all-recipients-then-linear-surrogates", "bossfirst-serial", BOSS | IN_TURN),
        ("all-recipients-then-all-surrogates", "bossfirst-simult", BOSS | TOGETHER),
        ("linear-surrogates-then-all-recipients", "secretary-serial", IN_TURN),
        ("all-surrogates-then-all-recipients", "secretary-simult", TOGETHER),
        ("all", "all", BOSS | TOGETHER),
    ],
)
async def test_a_filter_says_who_is_rung_and_how_long(
    agid: Any, employ: Employ, strategy: str, mode: str, rung: dict[str, str]
) -> None:
    """B01 to B05, in one statement; nothing else of the boss counts."""
    staff = await employ(strategy=strategy)
    variables = await call(agid, staff.alice, staff.bob)
    assert told(variables) == {"": "1", "MODE": mode, **rung}
    got = {name for name in variables if name.startswith("XIVO_") and not name.startswith(PREFIX)}
    assert got == {
        "XIVO_USERID", "XIVO_DSTID", "XIVO_CALLORIGIN", "XIVO_SRCNUM", "XIVO_DSTNUM",
        "XIVO_DST_USERNUM", "XIVO_DST_FIRSTNAME", "XIVO_DST_LASTNAME",
        "XIVO_DST_REDIRECTING_NAME", "XIVO_DST_REDIRECTING_NUM", "XIVO_INTERFACE",
        "XIVO_USERPREPROCESS_SUBROUTINE", "XIVO_PATH", "XIVO_PATH_ID", "XIVO_SCHEDULE_STATUS",
        "XIVO_FWD_CALLFILTER_NOANSWER_ACTION", "XIVO_FWD_CALLFILTER_NOANSWER_ACTIONARG1",
        "XIVO_FWD_CALLFILTER_NOANSWER_ACTIONARG2", "XIVO_FWD_CALLFILTER_NOANSWER_ISDA",
    }  # fmt: skip
    assert variables["XIVO_FWD_CALLFILTER_NOANSWER_ACTION"] == "none"
    assert "CALLERID(num)" not in variables


async def test_only_active_secretaries_are_rung(agid: Any, employ: Employ) -> None:
    staff = await employ(active=(False, True))
    assert told(await call(agid, staff.alice, staff.bob))["INTERFACE"] == "PJSIP/sip1011"


async def test_a_filter_that_nobody_switched_on_leaves_the_boss_his_calls(
    agid: Any, employ: Employ
) -> None:
    """B06, F-427."""
    staff = await employ(active=(False, False))
    variables = await call(agid, staff.alice, staff.bob)
    assert told(variables) == {}
    assert variables["XIVO_INTERFACE"] == "PJSIP/sip1001"
    assert variables["XIVO_RINGSECONDS"] == "30"


async def test_a_filter_that_is_not_enabled_filters_nothing(agid: Any, employ: Employ) -> None:
    staff = await employ(enabled=False)
    assert told(await call(agid, staff.alice, staff.bob)) == {}


@pytest.mark.parametrize("active", [(True, True), (False, True)])
async def test_a_secretary_reaches_the_boss(
    agid: Any, employ: Employ, active: tuple[bool, bool]
) -> None:
    """B07, F-429: whether or not she is active herself."""
    staff = await employ(active=active)
    assert told(await call(agid, staff.sue, staff.bob)) == {}
    assert told(await call(agid, staff.alice, staff.sue)) == {}


@pytest.mark.parametrize(
    ("source", "origin", "filtered"),
    [
        ("internal", "intern", True), ("internal", "extern", False),
        ("external", "intern", False), ("external", "extern", True), ("all", "extern", True),
    ],
)  # fmt: skip
async def test_the_origin_of_a_call_counts(
    agid: Any, employ: Employ, source: str, origin: str, filtered: bool
) -> None:
    staff = await employ(source=source)
    variables = await call(agid, None, staff.bob, XIVO_CALLORIGIN=origin)
    assert bool(told(variables)) == filtered


async def test_a_boss_who_is_not_to_be_disturbed_is_not_rung(
    agid: Any, employ: Employ, sessions: Any
) -> None:
    staff = await employ(strategy="all-recipients-then-linear-surrogates")
    async with sessions.begin() as session:
        await session.execute(
            update(User).where(User.id == staff.bob.user.id).values(dnd_enabled=True)
        )
    got = told(await call(agid, staff.alice, staff.bob))
    assert got == {"": "1", "MODE": "secretary-serial", **IN_TURN}


async def test_the_schedule_of_the_boss_is_asked_for_all_the_same(
    agid: Any, employ: Employ, save: Any
) -> None:
    staff = await employ()
    schedule = Schedule(name="office hours")
    await save(schedule)
    await save(UserSchedule(user_id=staff.bob.user.id, schedule_id=schedule.id))
    variables = await call(agid, staff.alice, staff.bob)
    assert variables["XIVO_CALLFILTER"] == "1"
    assert (variables["XIVO_PATH"], variables["XIVO_PATH_ID"]) == ("user", str(staff.bob.user.id))
    assert variables["XIVO_SCHEDULE_STATUS"] == ""


async def test_a_call_that_comes_back_from_the_filter_reaches_the_boss(
    agid: Any, employ: Employ
) -> None:
    staff = await employ()
    back = await call(agid, staff.alice, staff.bob, XIVO_CALLFILTER_DONE=staff.bob.user.id)
    assert back["XIVO_RINGSECONDS"] == "30"
    other = await call(agid, staff.alice, staff.bob, XIVO_CALLFILTER_DONE=staff.alice.user.id)
    assert other["XIVO_CALLFILTER"] == "1"


async def test_the_destination_of_calls_that_nobody_takes(
    agid: Any, employ: Employ, save: Any
) -> None:
    """F-426. A route needs the id of its pattern, and that one more statement."""
    staff = await employ()
    action = {"category": "callfilter", "category_id": staff.call_filter.id, "event": "noanswer"}
    await save(DialAction(**action, action="user", arg1=str(staff.alice.user.id), arg2="15"))
    variables = await call(agid, staff.alice, staff.bob)
    start = "XIVO_FWD_CALLFILTER_NOANSWER_"
    assert {
        name.removeprefix(start): value
        for name, value in variables.items()
        if name.startswith(start)
    } == {"ACTION": "user", "ACTIONARG1": str(staff.alice.user.id), "ACTIONARG2": "15", "ISDA": "1"}
    route, pattern = Outcall(name="outside"), an_extension("default", exten="_0X.", type="outcall")
    await save(route, pattern)
    dialled = OutcallExtension(outcall_id=route.id, extension_id=pattern.id)
    other = a_call_filter()
    await save(dialled, other)
    await save(
        DialAction(
            category="callfilter", category_id=other.id, event="noanswer", action="outcall",
            arg1=str(route.id), arg2="0123",
        ),
        CallFilterMember(call_filter_id=other.id, user_id=staff.alice.user.id, role="recipient"),
        CallFilterMember(
            call_filter_id=other.id, user_id=staff.tom.user.id, role="surrogate", active=True
        ),
    )  # fmt: skip
    variables = await call(agid, staff.sue, staff.alice, statements=2)
    assert variables[f"{start}ACTIONARG1"] == str(dialled.id)


@pytest.mark.parametrize(
    ("mode", "name", "caller", "shown"),
    [
        ("prepend", "Direction", ("Eve", "0199"), ("Direction - Eve", "0199")),
        ("append", "Direction", ("Eve", "0199"), ("Eve - Direction", "0199")),
        ("overwrite", "Direction", ("unknown", "unknown"), ("Direction", "unknown")),
        ("prepend", '"Boss, (A)" <17>', ("Eve", "0199"), ("Boss, (A) - Eve", "17")),
        ("prepend", "Société (A)", ("unknown", "0199"), ("Société (A) - 0199", "0199")),
        (None, "Direction", ("Eve", "0199"), None),
        ("prepend", None, ("Eve", "0199"), None),
    ],
)
async def test_secretaries_see_for_whom_a_call_is(
    agid: Any, employ: Employ, mode: str | None, name: str | None, caller: Any, shown: Any
) -> None:
    staff = await employ(caller_id_mode=mode, caller_id_name=name)
    variables = await call(
        agid, staff.alice, staff.bob,
        environment={"agi_calleridname": caller[0], "agi_callerid": caller[1]},
    )  # fmt: skip
    assert (None if shown is None else ("allowed", "allowed", *shown)) == (
        None
        if "CALLERID(num)" not in variables
        else tuple(
            variables[f"CALLERID({part})"] for part in ("name-pres", "num-pres", "name", "num")
        )
    )


async def test_of_several_filters_of_a_boss_the_first_that_fits_counts(
    agid: Any, employ: Employ, save: Any
) -> None:
    staff = await employ(source="internal")
    second = a_call_filter(source="external", surrogates_timeout=None)
    await save(second)
    await save(
        CallFilterMember(call_filter_id=second.id, user_id=staff.bob.user.id, role="recipient"),
        CallFilterMember(
            call_filter_id=second.id, user_id=staff.tom.user.id, role="surrogate", active=True
        ),
    )
    inside = told(await call(agid, staff.alice, staff.bob))
    outside = told(await call(agid, None, staff.bob, XIVO_CALLORIGIN="extern"))
    assert (inside["INTERFACE"], inside["TIMEOUT"]) == ("PJSIP/sip1010&PJSIP/sip1011", "25")
    assert (outside["INTERFACE"], outside["TIMEOUT"]) == ("PJSIP/sip1011", "")


async def test_boss_and_secretaries_switch_a_filter_by_its_code(
    agid: Any, employ: Employ, sessions: Any
) -> None:
    """B08; F-428: told in the statement that makes the change."""
    staff = await employ(active=(False, False))
    switched = (
        (staff.bob, staff.of_sue, "1"), (staff.sue, staff.of_sue, "0"),
        (staff.tom, staff.of_sue, "1"), (staff.bob, staff.of_tom, "1"),
    )  # fmt: skip
    for who, member, now in switched:
        channel = await agid.ask(
            "callfilter", str(member.id), statements=1, XIVO_USERID=who.user.id
        )
        assert channel.status == "SUCCESS"
        assert channel.variables["XIVO_BSFILTERENABLED"] == now
    names = {staff.of_sue.id: staff.sue, staff.of_tom.id: staff.tom}
    async with sessions() as session:
        rows = list(await session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))
    assert [row.body for row in rows] == [
        {
            "name": "call_filter_surrogate_switched",
            "data": {
                "call_filter_id": staff.call_filter.id,
                "member_id": member.id,
                "user_uuid": str(names[member.id].user.uuid),
                "active": now == "1",
            },
            "required_acl": "events.config.callfilters.surrogates.updated",
        }
        for _, member, now in switched
    ]
    assert {row.routing_key for row in rows} == {"config.callfilters.surrogates.updated"}
    assert told(await call(agid, staff.alice, staff.bob))["INTERFACE"].count("PJSIP") == 2


async def test_nobody_else_switches_a_filter(agid: Any, employ: Employ, sessions: Any) -> None:
    """F-430, and what is no membership of a secretary."""
    staff = await employ(active=(False, False))
    asked: tuple[tuple[Any, str], ...] = (
        (staff.alice, str(staff.of_sue.id)), (None, str(staff.of_sue.id)),
        (staff.bob, str(staff.of_bob.id)), (staff.bob, "999999"), (staff.bob, ""),
        (staff.bob, "1;2"), (staff.bob, "99999999999999"),
    )  # fmt: skip
    for who, member in asked:
        user = who.user.id if who else ""
        channel = await agid.ask("callfilter", member, XIVO_USERID=user)
        assert channel.jumped_to == "agi_fail,s,1", member
        assert channel.status == "FAILURE"
        assert "XIVO_BSFILTERENABLED" not in channel.variables
    async with sessions() as session:
        active = select(CallFilterMember.id).where(CallFilterMember.active)
        assert list(await session.scalars(active)) == []
        assert list(await session.scalars(select(OutboxMessage))) == []
