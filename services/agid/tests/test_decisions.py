"""Rights, schedules and rings (scenarios R01 to R08, S01 to S04)."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ovix_agid.ring_types import Ring, RingRules, read_ring_rules
from ovix_schema import (
    CallPermission,
    Group,
    GroupCallPermission,
    GroupUser,
    Outcall,
    OutcallCallPermission,
    OutcallSchedule,
    Schedule,
    SchedulePeriod,
    UserCallPermission,
    UserSchedule,
)

MOBILE = "0612345678"


async def right_of(agid: Any, number: str, **variables: Any) -> tuple[str, str]:
    channel = await agid.ask(
        "user_set_call_rights",
        XIVO_DSTNUM=number,
        XIVO_AUTHORIZATION="stale",
        XIVO_PASSWORD="stale",
        **variables,
    )
    assert channel.status == "SUCCESS", channel.verbose
    return channel.variables["XIVO_AUTHORIZATION"], channel.variables["XIVO_PASSWORD"]


async def test_without_rights_everything_is_allowed(agid: Any, hire: Any) -> None:
    """F-198."""
    alice = await hire("1000")
    assert await right_of(agid, MOBILE, XIVO_USERID=alice.user.id) == ("ALLOW", "")
    assert await right_of(agid, MOBILE) == ("ALLOW", "")


async def test_the_check_says_what_it_checks(agid: Any, hire: Any) -> None:
    alice = await hire("1000")
    channel = await agid.ask(
        "user_set_call_rights", statements=1, XIVO_USERID=alice.user.id, XIVO_DSTNUM="70060"
    )
    assert channel.verbose == [
        f"Checking right of user (userid:{alice.user.id}) to call number 70060"
    ]
    assert channel.round_trips == 3


async def test_a_users_own_code_replaces_the_password_of_his_right(
    agid: Any, hire: Any, save: Any
) -> None:
    """F-194."""
    alice = await hire("1000")
    bob = await hire("1001", call_permission_password="99")
    rule = CallPermission(name="mobiles", extensions=["06XXXXXXXX"], password="4321")
    disabled = CallPermission(name="off", extensions=["07."], enabled=False)
    await save(rule, disabled)
    await save(
        *(
            UserCallPermission(user_id=one.user.id, call_permission_id=permission.id)
            for one in (alice, bob)
            for permission in (rule, disabled)
        )
    )
    assert await right_of(agid, MOBILE, XIVO_USERID=alice.user.id) == ("DENY", "4321")
    assert await right_of(agid, MOBILE, XIVO_USERID=bob.user.id) == ("DENY", "99")
    assert await right_of(agid, "0712345678", XIVO_USERID=bob.user.id) == ("ALLOW", "")


async def test_the_users_level_beats_the_routes_and_callers_unknown_get_the_routes(
    agid: Any, hire: Any, save: Any
) -> None:
    alice, bob = await hire("1000"), await hire("1001")
    route = Outcall(name="mobiles")
    deny = CallPermission(name="no-mobiles", extensions=["0[67]XXXXXXXX"])
    allow = CallPermission(name="mobiles", extensions=["06XXXXXXXX"], mode="allow")
    await save(route, deny, allow)
    await save(
        OutcallCallPermission(outcall_id=route.id, call_permission_id=deny.id),
        UserCallPermission(user_id=alice.user.id, call_permission_id=allow.id),
    )
    on_route = {"XIVO_OUTCALLID": route.id}
    assert await right_of(agid, MOBILE, XIVO_USERID=alice.user.id, **on_route) == ("ALLOW", "")
    assert await right_of(agid, MOBILE, XIVO_USERID=bob.user.id, **on_route) == ("DENY", "")
    assert await right_of(agid, MOBILE, **on_route) == ("DENY", "")
    assert await right_of(agid, MOBILE, XIVO_USERID=bob.user.id) == ("ALLOW", "")


async def test_the_groups_of_a_user_speak_after_him_and_before_the_route(
    agid: Any, hire: Any, save: Any
) -> None:
    alice, bob, carol = await hire("1000"), await hire("1001"), await hire("1002")
    route, sales, support = Outcall(name="mobiles"), *(
        Group(name=name, label=name) for name in ("sales", "support")
    )  # fmt: skip
    deny = CallPermission(name="no-mobiles", extensions=["0[67]XXXXXXXX"], password="4321")
    allow = CallPermission(name="mobiles", extensions=["06XXXXXXXX"], mode="allow")
    disabled = CallPermission(name="off", extensions=["06XXXXXXXX"], enabled=False)
    await save(route, sales, support, deny, allow, disabled)
    await save(
        *(GroupUser(group_id=each.id, user_id=who.user.id)
          for who in (alice, bob) for each in (sales, support)),
        *(GroupCallPermission(group_id=each.id, call_permission_id=permission.id)
          for each in (sales, support) for permission in (deny, disabled)),
        UserCallPermission(user_id=alice.user.id, call_permission_id=allow.id),
        OutcallCallPermission(outcall_id=route.id, call_permission_id=allow.id),
    )  # fmt: skip
    on_route = {"XIVO_OUTCALLID": route.id}
    assert await right_of(agid, MOBILE, XIVO_USERID=alice.user.id, **on_route) == ("ALLOW", "")
    assert await right_of(agid, MOBILE, XIVO_USERID=bob.user.id, **on_route) == ("DENY", "4321")
    assert await right_of(agid, MOBILE, XIVO_USERID=bob.user.id) == ("DENY", "4321")
    assert await right_of(agid, MOBILE, XIVO_USERID=carol.user.id, **on_route) == ("ALLOW", "")


async def test_what_a_user_sends_on_is_judged_by_his_rights_and_not_by_the_callers(
    agid: Any, hire: Any, save: Any
) -> None:
    alice, bruno, route = await hire("1000"), await hire("1001"), Outcall(name="mobiles")
    rule = CallPermission(name="no-mobiles", extensions=["06XXXXXXXX"])
    await save(route, rule)
    await save(UserCallPermission(user_id=bruno.user.id, call_permission_id=rule.id))
    by_bruno = {"XIVO_ANSWERABLE_USERID": bruno.user.id, "XIVO_OUTCALLID": route.id}
    from_alice = {"XIVO_USERID": alice.user.id, **by_bruno}
    forwarded = {"XIVO_CALLFORWARDED": "1"}
    assert await right_of(agid, MOBILE, **by_bruno, **forwarded) == ("DENY", "")
    assert await right_of(agid, MOBILE, **from_alice, **forwarded) == ("DENY", "")
    assert await right_of(agid, MOBILE, **by_bruno) == ("DENY", ""), "by his phone"
    assert await right_of(agid, MOBILE, **from_alice) == ("ALLOW", ""), "she dials it herself"
    del from_alice["XIVO_OUTCALLID"]
    assert await right_of(agid, MOBILE, **from_alice, **forwarded) == ("ALLOW", ""), "inside"


@pytest.mark.parametrize(
    ("device", "right"),
    [
        ("PJSIP/sip1001-0000002a", "DENY"),
        ("PJSIP/sip1001_w-0000002a", "DENY"),
        ("PJSIP/sip1002-0000002a", "ALLOW"),
        # Of whom nothing is known: who was called last.
        ("PJSIP/carrier-0000002a", "DENY"),
        ("DAHDI/i1/5551234-2a", "DENY"),
        ("PJSIP/", "DENY"),
    ],
)
async def test_a_transfer_is_judged_by_the_rights_of_whose_device_it_is(
    agid: Any, hire: Any, save: Any, device: str, right: str
) -> None:
    alice, bruno, carol = await hire("1000"), await hire("1001"), await hire("1002")
    route, rule = (
        Outcall(name="mobiles"), CallPermission(name="no-mobiles", extensions=["06XXXXXXXX"])
    )  # fmt: skip
    await save(route, rule)
    await save(
        *(UserCallPermission(user_id=each.user.id, call_permission_id=rule.id)
          for each in (alice, bruno))
    )  # fmt: skip
    asked = {
        "XIVO_OUTCALLID": route.id,
        "XIVO_USERID": carol.user.id,
        "XIVO_ANSWERABLE_USERID": alice.user.id,
        "XIVO_CALLFORWARDED": "1",
    }
    for kind in ("BLINDTRANSFER", "ATTENDEDTRANSFER"):
        assert await right_of(agid, MOBILE, **asked, **{kind: device}) == (right, "")


async def an_office(save: Any, **fields: Any) -> Schedule:
    schedule = Schedule(
        **{
            "timezone": "Europe/Paris",
            "closed_action": "voicemail",
            "closed_arg1": "3",
            "closed_arg2": "u",
            **fields,
        }
    )
    await save(schedule)
    await save(
        SchedulePeriod(
            schedule_id=schedule.id,
            mode="opened",
            position=0,
            hours_start="08:00",
            hours_end="18:00",
            week_days=[1, 2, 3, 4, 5],
        ),
        SchedulePeriod(
            schedule_id=schedule.id,
            mode="closed",
            position=0,
            month_days=[25],
            months=[12],
            action="sound",
            arg1="christmas",
        ),
    )
    return schedule


async def state_of(agid: Any, moment: datetime, path: str, path_id: int) -> dict[str, str]:
    agid.clock.now = moment
    channel = await agid.ask(
        "check_schedule",
        XIVO_PATH=path,
        XIVO_PATH_ID=path_id,
        XIVO_SCHEDULE_STATUS="stale",
        XIVO_FWD_SCHEDULE_OUT_ACTION="stale",
    )
    assert channel.variables["XIVO_PATH"] == ""
    prefix = "XIVO_FWD_SCHEDULE_OUT_"
    assert channel.status == "SUCCESS", channel.verbose
    names = ("ACTION", "ACTIONARG1", "ACTIONARG2")
    return {
        "status": channel.variables["XIVO_SCHEDULE_STATUS"],
        "action": " ".join(channel.variables[prefix + name] for name in names).strip(),
    }


async def test_a_users_schedule_opens_closes_and_has_exceptions(
    agid: Any, hire: Any, save: Any
) -> None:
    bob = await hire("1001")
    schedule = await an_office(save)
    await save(UserSchedule(user_id=bob.user.id, schedule_id=schedule.id))
    opened = {"status": "opened", "action": ""}
    closed = {"status": "closed", "action": "voicemail 3 u"}

    async def at(*moment: int) -> dict[str, str]:
        return await state_of(agid, datetime(*moment, tzinfo=UTC), "user", bob.user.id)  # type: ignore[misc,arg-type]  # year, month, day … as a list

    assert await at(2026, 11, 23, 9, 0) == opened
    assert await at(2026, 11, 23, 17, 0, 30) == opened
    assert await at(2026, 11, 23, 17, 1) == closed
    assert await at(2026, 11, 21, 9, 0) == closed
    assert await at(2026, 12, 25, 9, 0) == {"status": "closed", "action": "sound christmas"}


async def test_routes_have_schedules_too_and_time_zones_are_their_own(
    agid: Any, save: Any, default_context: Any
) -> None:
    route = Outcall(name="abroad")
    montreal = await an_office(save, timezone="America/Montreal")
    await save(route)
    await save(OutcallSchedule(outcall_id=route.id, schedule_id=montreal.id))
    noon_in_paris = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
    found = await state_of(agid, noon_in_paris, "outcall", route.id)
    assert found["status"] == "closed"


async def test_without_an_enabled_schedule_it_is_open(agid: Any, hire: Any, save: Any) -> None:
    bob = await hire("1001")
    schedule = await an_office(save, enabled=False)
    await save(UserSchedule(user_id=bob.user.id, schedule_id=schedule.id))
    night = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    for path, path_id in (("user", bob.user.id), ("user", 4242), ("incall", 1)):
        assert (await state_of(agid, night, path, path_id))["status"] == "opened"


async def test_without_a_path_an_earlier_answer_is_forgotten(agid: Any) -> None:
    channel = await agid.ask(
        "check_schedule", statements=0, XIVO_SCHEDULE_STATUS="closed", XIVO_PATH_ID="3"
    )
    assert channel.variables["XIVO_SCHEDULE_STATUS"] == ""


RING_FILE = """
[number]
1000@default = snom
@default = yealink
!1003@default
@Other = mine

[mine]
phonetype = aastra
intern = <Bellcore-dr1>
group@extern = Silent
"""


@pytest.mark.parametrize(
    ("number", "context", "origin", "referer", "forwarded", "expected"),
    [
        ("1000", "default", "intern", "user:1", False, Ring("alert-internal", "snom")),
        ("1001", "default", "extern", "user:1", False, Ring("ring2", "yealink")),
        ("1001", "default", "extern", "user:1", True, Ring("ring4", "yealink")),
        ("1003", "default", "extern", "user:1", False, None),
        ("1001", "Other", "extern", "group:4", False, Ring("Silent", "aastra")),
        ("1001", "Other", "extern", "user:4", False, None),
        ("1001", "moon", "intern", "", False, None),
    ],
)
def test_the_ring_of_a_call(
    tmp_path: Path,
    number: str,
    context: str,
    origin: str,
    referer: str,
    forwarded: bool,
    expected: Ring | None,
) -> None:
    file = tmp_path / "xivo_ring.conf"
    file.write_text(RING_FILE)
    rules = read_ring_rules(file)
    assert rules.ring_of(number, context, origin, referer, forwarded=forwarded) == expected


def test_without_a_file_no_call_changes_the_ring() -> None:
    assert RingRules().ring_of("1", "default", "intern", "", forwarded=False) is None


@pytest.mark.parametrize("script", ["getring", "gettring"])
async def test_the_ring_is_answered_under_both_names(agid: Any, script: str) -> None:
    channel = await agid.ask(script, statements=0, XIVO_RINGTYPE="stale")
    assert channel.variables["XIVO_RINGTYPE"] == ""
    assert channel.verbose[0].endswith("Using the native phone ring tone")
