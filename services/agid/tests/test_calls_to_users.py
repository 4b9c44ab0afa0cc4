"""Calls to users: what ``incoming_user_set_features`` tells the dialplan."""

from typing import Any

import pytest
from ovix_schema import (
    DialAction,
    LineExtension,
    Outcall,
    OutcallExtension,
    Schedule,
    UserLine,
    UserSchedule,
)
from ovix_testkit.builders import (
    a_custom_endpoint,
    a_line,
    a_sip_endpoint,
    a_voicemail,
    an_extension,
)

SCRIPT = "incoming_user_set_features"


async def call(
    agid: Any, caller: Any, callee: Any, *, statements: int = 1, **variables: Any
) -> dict[str, str]:
    asked = {
        "XIVO_USERID": caller.user.id if caller else "",
        "XIVO_DSTID": callee.user.id,
        "XIVO_CALLORIGIN": "intern",
        "XIVO_SRCNUM": "1000",
        "XIVO_DSTNUM": callee.extension.exten,
        **variables,
    }
    channel = await agid.ask(SCRIPT, statements=statements, **asked)
    assert channel.status == "SUCCESS", channel.verbose
    assert channel.verbose == []
    return dict(channel.variables)


async def test_an_internal_call_gets_everything_in_one_statement_and_two_round_trips(
    agid: Any, hire: Any
) -> None:
    """F-149, F-151."""
    alice, bob = await hire("1000"), await hire("1001", firstname="Bob", lastname="Martin")
    channel = await agid.ask(
        SCRIPT,
        statements=1,
        XIVO_USERID=alice.user.id,
        XIVO_DSTID=bob.user.id,
        XIVO_CALLORIGIN="intern",
        XIVO_SRCNUM="1000",
        XIVO_DSTNUM="1001",
    )
    assert channel.round_trips == 2
    got = {name: value for name, value in channel.variables.items() if name.startswith("XIVO_")}
    assert got == {
        "XIVO_USERID": str(alice.user.id),
        "XIVO_DSTID": str(bob.user.id),
        "XIVO_CALLORIGIN": "intern",
        "XIVO_SRCNUM": "1000",
        "XIVO_DSTNUM": "1001",
        "XIVO_DST_USERNUM": "1001",
        "XIVO_DST_FIRSTNAME": "Bob",
        "XIVO_DST_LASTNAME": "Martin",
        "XIVO_DST_REDIRECTING_NAME": "Bob Martin",
        "XIVO_DST_REDIRECTING_NUM": "1001",
        "XIVO_INTERFACE": "PJSIP/sip1001",
        "XIVO_CALLOPTIONS": "",
        "XIVO_SIMULTCALLS": "5",
        "XIVO_RINGSECONDS": "30",
        "XIVO_ENABLEDND": "0",
        "XIVO_ENABLEVOICEMAIL": "0",
        "XIVO_MAILBOX": "",
        "XIVO_MAILBOX_CONTEXT": "",
        "XIVO_USEREMAIL": "",
        "XIVO_ENABLEUNC": "0",
        "XIVO_FWD_USER_UNC_ACTION": "none",
        "XIVO_FWD_USER_UNC_ACTIONARG1": "",
        "XIVO_FWD_USER_UNC_ACTIONARG2": "",
        "XIVO_FWD_USER_BUSY_ACTION": "none",
        "XIVO_FWD_USER_BUSY_ISDA": "1",
        "XIVO_FWD_USER_BUSY_ACTIONARG1": "",
        "XIVO_FWD_USER_BUSY_ACTIONARG2": "",
        "XIVO_ENABLEBUSY": "0",
        "XIVO_FWD_USER_NOANSWER_ACTION": "none",
        "XIVO_FWD_USER_NOANSWER_ISDA": "1",
        "XIVO_FWD_USER_NOANSWER_ACTIONARG1": "",
        "XIVO_FWD_USER_NOANSWER_ACTIONARG2": "",
        "XIVO_ENABLERNA": "0",
        "XIVO_FWD_USER_CONGESTION_ACTION": "none",
        "XIVO_FWD_USER_CONGESTION_ISDA": "1",
        "XIVO_FWD_USER_CONGESTION_ACTIONARG1": "",
        "XIVO_FWD_USER_CONGESTION_ACTIONARG2": "",
        "XIVO_FWD_USER_CHANUNAVAIL_ACTION": "none",
        "XIVO_FWD_USER_CHANUNAVAIL_ISDA": "1",
        "XIVO_FWD_USER_CHANUNAVAIL_ACTIONARG1": "",
        "XIVO_FWD_USER_CHANUNAVAIL_ACTIONARG2": "",
        "XIVO_CALLRECORDFILE": "",
        "XIVO_USERPREPROCESS_SUBROUTINE": "",
        "XIVO_MOBILEPHONENUMBER": "",
        "XIVO_MAILBOX_LANGUAGE": "",
        "XIVO_PATH": "user",
        "XIVO_PATH_ID": str(bob.user.id),
        "XIVO_SCHEDULE_STATUS": "opened",
    }


async def test_every_line_on_the_extension_rings_the_main_one_first(
    agid: Any, hire: Any, save: Any
) -> None:
    bob = await hire("1001")
    custom, disabled = a_custom_endpoint(), a_custom_endpoint(enabled=False)
    cordless = a_sip_endpoint(username="cordless")
    elsewhere = a_sip_endpoint(username="elsewhere")
    await save(custom, disabled, cordless, elsewhere)
    shared = [
        a_line("default", endpoint_custom_id=custom.id),
        a_line("default", endpoint_custom_id=disabled.id),
        a_line("default", endpoint_sip_id=cordless.id),
        a_line("default"),
    ]
    own = a_line("default", endpoint_sip_id=elsewhere.id)
    other = an_extension("default", exten="1901")
    await save(*shared, own, other)
    await save(
        *(
            LineExtension(line_id=line.id, extension_id=bob.extension.id, main_extension=True)
            for line in shared
        ),
        LineExtension(line_id=own.id, extension_id=other.id, main_extension=True),
        UserLine(user_id=bob.user.id, line_id=own.id, main_user=True, main_line=False),
    )
    got = await call(agid, None, bob)
    assert got["XIVO_INTERFACE"] == f"PJSIP/sip1001&{custom.interface}&PJSIP/cordless"
    got = await call(agid, None, bob, XIVO_DST_EXTEN_ID=other.id)
    assert got["XIVO_INTERFACE"] == "PJSIP/elsewhere"
    assert got["XIVO_DST_USERNUM"] == "1901"


@pytest.mark.parametrize("target", ["", "0", "999999", "abc", "99999999999", "-1"])
async def test_a_call_to_nobody_breaks_the_dialplan(agid: Any, target: str) -> None:
    channel = await agid.ask(SCRIPT, XIVO_DSTID=target)
    assert channel.jumped_to == "agi_fail,s,1"
    assert channel.status == "FAILURE"
    assert "XIVO_INTERFACE" not in channel.variables


async def test_a_user_without_a_line_breaks_the_dialplan(agid: Any, hire: Any, save: Any) -> None:
    bob = await hire("1001")
    silent = an_extension("default", exten="1902")
    await save(silent)
    channel = await agid.ask(SCRIPT, XIVO_DSTID=bob.user.id, XIVO_DST_EXTEN_ID=silent.id)
    assert channel.jumped_to == "agi_fail,s,1"


async def test_the_number_of_the_caller_id_is_the_one_shown_when_redirected(
    agid: Any, hire: Any
) -> None:
    bob = await hire("1001", caller_id='"Le standard" <3000>')
    got = await call(agid, None, bob)
    assert got["XIVO_DST_REDIRECTING_NAME"] == "Le standard"
    assert got["XIVO_DST_REDIRECTING_NUM"] == "3000"


async def test_options_of_both_sides_come_in_xivos_order(agid: Any, hire: Any) -> None:
    """F-184 to F-186, F-190."""
    everything = {
        "dtmf_hangup_enabled": True,
        "call_transfer_enabled": True,
        "online_call_record_enabled": True,
    }
    alice = await hire("1000", **everything)
    bob = await hire("1001", **everything, incallfilter_enabled=True)
    assert (await call(agid, alice, bob))["XIVO_CALLOPTIONS"] == "hHtTxXp"
    assert (await call(agid, None, bob))["XIVO_CALLOPTIONS"] == "htxp"


async def test_programmed_forwards_beat_the_administrators_and_go_to_the_users_context(
    agid: Any, hire: Any, save: Any
) -> None:
    """F-195, F-197."""
    bob = await hire(
        "1001",
        busy_enabled=True,
        busy_destination="1002",
        noanswer_enabled=False,
        noanswer_destination="1003",
        unconditional_enabled=True,
        unconditional_destination="0612345678",
    )
    actions: dict[str, dict[str, Any]] = {
        "busy": {"action": "group", "arg1": "7"},
        "noanswer": {"action": "custom", "arg1": "Playback(a|b)"},
        "congestion": {"action": "voicemail", "arg1": "3", "arg2": "u"},
        "chanunavail": {"action": "group", "arg1": "8", "linked": False},
    }
    await save(
        *(
            DialAction(category="user", category_id=bob.user.id, event=event, **action)
            for event, action in actions.items()
        )
    )
    got = await call(agid, None, bob)
    assert got["XIVO_ENABLEUNC"] == "1"
    assert got["XIVO_FWD_USER_UNC_ACTION"] == "extension"
    assert got["XIVO_FWD_USER_UNC_ACTIONARG1"] == "0612345678"
    assert got["XIVO_FWD_USER_UNC_ACTIONARG2"] == "default"
    assert "XIVO_FWD_USER_UNC_ISDA" not in got
    assert got["XIVO_ENABLEBUSY"] == "1"
    assert got["XIVO_FWD_USER_BUSY_ACTION"] == "extension"
    assert got["XIVO_FWD_USER_BUSY_ACTIONARG1"] == "1002"
    assert "XIVO_FWD_USER_BUSY_ISDA" not in got
    assert got["XIVO_ENABLERNA"] == "1"
    assert got["XIVO_FWD_USER_NOANSWER_ACTION"] == "custom"
    assert got["XIVO_FWD_USER_NOANSWER_ISDA"] == "1"
    assert got["XIVO_FWD_USER_NOANSWER_ACTIONARG1"] == "Playback(a;b)"
    assert got["XIVO_FWD_USER_CONGESTION_ACTION"] == "voicemail"
    assert got["XIVO_FWD_USER_CONGESTION_ACTIONARG2"] == "u"
    assert got["XIVO_FWD_USER_CHANUNAVAIL_ACTION"] == "none"


async def test_a_users_forward_stays_in_his_context_whatever_is_stored(
    agid: Any, hire: Any
) -> None:
    bob = await hire(
        "1001",
        busy_enabled=True,
        busy_destination="0033899,entity_b(1)",
        unconditional_enabled=True,
        unconditional_destination=",()",
    )
    got = await call(agid, None, bob)
    assert got["XIVO_FWD_USER_BUSY_ACTIONARG1"] == "0033899entity_b1"
    assert got["XIVO_FWD_USER_BUSY_ACTIONARG2"] == "default"
    assert got["XIVO_ENABLEUNC"] == "0"


async def test_a_forward_through_a_route_names_the_dial_pattern_that_fits_the_number(
    agid: Any, hire: Any, save: Any
) -> None:
    bob = await hire("1001")
    route = Outcall(name="mobiles")
    patterns = [an_extension("default", exten=text) for text in ("_0[1-5]XXXXXXXX", "_06XXXXXXXX")]
    await save(route, *patterns)
    rows = [OutcallExtension(outcall_id=route.id, extension_id=one.id) for one in patterns]
    await save(
        *rows,
        DialAction(
            category="user",
            category_id=bob.user.id,
            event="noanswer",
            action="outcall",
            arg1=str(route.id),
            arg2="0612345678",
        ),
    )
    got = await call(agid, None, bob, statements=2)
    assert got["XIVO_FWD_USER_NOANSWER_ACTIONARG1"] == str(rows[1].id)
    assert got["XIVO_FWD_USER_NOANSWER_ACTIONARG2"] == "0612345678"


async def test_a_voicemail_counts_only_when_user_and_box_are_enabled(
    agid: Any, hire: Any, save: Any
) -> None:
    box = a_voicemail("default", number="8001", email="bob@example.org", language="de_DE")
    await hire("1000")
    await save(box)
    bob = await hire("1001", voicemail_id=box.id, voicemail_enabled=True, language="fr_FR")
    carol = await hire("1002", voicemail_id=box.id, voicemail_enabled=False)
    alice = await hire("1003", language="en_US")
    got = await call(agid, alice, bob)
    assert got["XIVO_ENABLEVOICEMAIL"] == "1"
    assert got["XIVO_MAILBOX"] == "8001"
    assert got["XIVO_MAILBOX_CONTEXT"] == "default"
    assert got["XIVO_USEREMAIL"] == "bob@example.org"
    assert got["XIVO_MAILBOX_LANGUAGE"] == "en_US"
    outside = await call(agid, None, bob, XIVO_CALLORIGIN="extern")
    assert outside["XIVO_MAILBOX_LANGUAGE"] == "de_DE"
    assert (await call(agid, None, carol))["XIVO_ENABLEVOICEMAIL"] == "0"


async def test_recordings_follow_the_flags_of_both_and_name_a_safe_file(
    agid: Any, hire: Any
) -> None:
    """F-188."""
    alice = await hire("1000", call_record_outgoing_internal_enabled=True)
    bob = await hire("1001", call_record_incoming_external_enabled=True)
    epoch = int(agid.clock.now.timestamp())
    recorded = await call(agid, alice, bob, XIVO_SRCNUM="../10 00")
    assert recorded["XIVO_CALLRECORDFILE"] == f"user-1000-1001-{epoch}.wav"
    assert (await call(agid, None, bob))["XIVO_CALLRECORDFILE"] == ""
    outside = await call(agid, None, bob, XIVO_CALLORIGIN="extern", XIVO_SRCNUM="0612")
    assert outside["XIVO_CALLRECORDFILE"] == f"user-0612-1001-{epoch}.wav"


async def test_other_settings_of_the_user_reach_the_channel(agid: Any, hire: Any) -> None:
    """F-146, F-152, F-156."""
    bob = await hire(
        "1001",
        music_on_hold="jazz",
        preprocess_subroutine="my-sub",
        mobile_phone_number="0612345678",
        ring_seconds=0,
        simultaneous_calls=2,
        dnd_enabled=True,
    )
    got = await call(agid, None, bob)
    assert got["CHANNEL(musicclass)"] == "jazz"
    assert got["XIVO_USERPREPROCESS_SUBROUTINE"] == "my-sub"
    assert got["XIVO_MOBILEPHONENUMBER"] == "0612345678"
    assert got["XIVO_RINGSECONDS"] == ""
    assert got["XIVO_SIMULTCALLS"] == "2"
    assert got["XIVO_ENABLEDND"] == "1"


async def test_the_schedule_of_the_object_reached_first_is_kept(agid: Any, hire: Any) -> None:
    bob = await hire("1001")
    got = await call(agid, None, bob, XIVO_PATH="incall", XIVO_PATH_ID="3")
    assert (got["XIVO_PATH"], got["XIVO_PATH_ID"]) == ("incall", "3")
    assert "XIVO_SCHEDULE_STATUS" not in got, "that object's schedule is still to be asked for"


async def test_a_user_with_a_schedule_is_not_said_to_be_open(
    agid: Any, hire: Any, save: Any
) -> None:
    bob = await hire("1001")
    schedule = Schedule(name="office", entity_id=bob.user.entity_id)
    await save(schedule)
    await save(UserSchedule(user_id=bob.user.id, schedule_id=schedule.id))
    got = await call(agid, None, bob)
    assert (got["XIVO_PATH"], got["XIVO_SCHEDULE_STATUS"]) == ("user", "")


@pytest.mark.parametrize(
    "name", ['Élodie "La" Chef', "back\\slash", "comma, and =", "(par)en", "${EXTEN}$[1+1]", "  x "]
)
async def test_any_name_reaches_the_channel_as_it_is(agid: Any, hire: Any, name: str) -> None:
    bob = await hire("1001", firstname=name, lastname="", caller_id="")
    assert (await call(agid, None, bob))["XIVO_DST_FIRSTNAME"] == name


@pytest.mark.parametrize(
    ("kind", "selected", "rings"),
    [
        ("ua", "phone", "PJSIP/sip1001"),
        ("ua", "webrtc", "PJSIP/sip1001_w"),
        ("yes", "phone", "PJSIP/sip1001"),
        ("yes", "webrtc", "PJSIP/sip1001"),
        ("no", "webrtc", "PJSIP/sip1001"),
        (None, "webrtc", "PJSIP/sip1001"),
    ],
)
async def test_f121_of_a_unique_account_the_selected_device_rings(
    agid: Any, hire: Any, save: Any, kind: str | None, selected: str, rings: str
) -> None:
    bob = await hire("1001", selected_device=selected)
    bob.endpoint.native_options = {"webrtc": kind} if kind else {}
    await save(bob.endpoint)
    assert (await call(agid, None, bob))["XIVO_INTERFACE"] == rings
