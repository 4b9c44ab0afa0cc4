"""Dial destinations: every form both ways, and what is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_telephony.destinations import (
    FORMS,
    InvalidDestination,
    StoredAction,
    Target,
    context_of,
    dialplan_arguments,
    from_stored,
    target_of,
    to_stored,
)

OWN_SOUND = "/var/lib/xivo/sounds/playback/closed"
SWITCHBOARD = "c9c1c5b0-7ac8-4d2f-9a3a-0c6a9d1b2e3f"

ROUND_TRIPS: list[tuple[dict[str, Any], StoredAction]] = [
    ({"type": "none"}, StoredAction("none")),
    (
        {"type": "user", "user_id": 12, "ring_time": 5, "moh_uuid": None},
        StoredAction("user", "12", "5"),
    ),
    ({"type": "group", "group_id": 3, "ring_time": None}, StoredAction("group", "3")),
    (
        {
            "type": "queue",
            "queue_id": 7,
            "ring_time": None,
            "skill_rule_id": 2,
            "skill_rule_variables": {"lang": "fr"},
        },
        StoredAction("queue", "7", ';2;{"lang": "fr"}'),
    ),
    ({"type": "conference", "conference_id": 4}, StoredAction("conference", "4")),
    ({"type": "meetme", "conference_id": 4}, StoredAction("meetme", "4")),
    ({"type": "ivr", "ivr_id": 9}, StoredAction("ivr", "9")),
    (
        {
            "type": "voicemail",
            "voicemail_id": 8,
            "skip_instructions": True,
            "greeting": "unavailable",
        },
        StoredAction("voicemail", "8", "us"),
    ),
    (
        {"type": "switchboard", "switchboard_uuid": SWITCHBOARD, "ring_time": 20},
        StoredAction("switchboard", SWITCHBOARD, "20"),
    ),
    (
        {"type": "extension", "exten": "1000", "context": "default"},
        StoredAction("extension", "1000", "default"),
    ),
    ({"type": "outcall", "outcall_id": 1, "exten": "0612"}, StoredAction("outcall", "1", "0612")),
    (
        {"type": "sound", "filename": "closed", "skip": True, "no_answer": True},
        StoredAction("sound", "closed", "skipnoanswer"),
    ),
    (
        {"type": "sound", "filename": f"{OWN_SOUND}&beep", "skip": False, "no_answer": False},
        StoredAction("sound", f"{OWN_SOUND}&beep"),
    ),
    (
        {"type": "custom", "command": "Set(a=${GLOBAL(b)})"},
        StoredAction("custom", "Set(a=${GLOBAL(b)})"),
    ),
    (
        {"type": "custom", "command": "Playback(tt-monkeys)"},
        StoredAction("custom", "Playback(tt-monkeys)"),
    ),
    ({"type": "hangup", "cause": "normal"}, StoredAction("endcall:hangup")),
    ({"type": "hangup", "cause": "busy", "timeout": 5}, StoredAction("endcall:busy", "5")),
    (
        {"type": "hangup", "cause": "congestion", "timeout": None},
        StoredAction("endcall:congestion"),
    ),
    (
        {"type": "application", "application": "callback_disa", "pin": "12", "context": "default"},
        StoredAction("application:callbackdisa", "12", "default"),
    ),
    (
        {"type": "application", "application": "disa", "pin": None, "context": "default"},
        StoredAction("application:disa", None, "default"),
    ),
    (
        {"type": "application", "application": "directory", "context": "default"},
        StoredAction("application:directory", "default"),
    ),
    (
        {"type": "application", "application": "fax_to_mail", "email": "fax@example.org"},
        StoredAction("application:faxtomail", "fax@example.org"),
    ),
    (
        {"type": "application", "application": "voicemail", "context": "default"},
        StoredAction("application:voicemailmain", "default"),
    ),
    (
        {"type": "application", "application": "custom", "application_uuid": SWITCHBOARD},
        StoredAction("application:custom", SWITCHBOARD),
    ),
]


@pytest.mark.parametrize(
    ("destination", "stored"), ROUND_TRIPS, ids=[stored.action for _, stored in ROUND_TRIPS]
)
def test_a_destination_and_its_stored_form_give_each_other(
    destination: dict[str, Any], stored: StoredAction
) -> None:
    """F-167, F-169 to F-171, F-173, F-175 to F-178, F-180, F-181."""
    assert to_stored(destination) == stored
    assert from_stored(stored) == destination


def test_every_form_is_tried() -> None:
    assert {form.action for form in FORMS} == {stored.action for _, stored in ROUND_TRIPS}


@pytest.mark.parametrize(
    ("destination", "field"),
    [
        ({}, "type"),
        ({"type": "moon"}, "type"),
        ({"type": "user"}, "user_id"),
        ({"type": "user", "user_id": 0}, "user_id"),
        ({"type": "user", "user_id": 2**31}, "user_id"),
        ({"type": "user", "user_id": True}, "user_id"),
        ({"type": "user", "user_id": 1, "ring_time": -1}, "ring_time"),
        ({"type": "extension", "exten": "10a", "context": "default"}, "exten"),
        ({"type": "extension", "exten": "10", "context": "no such context!"}, "context"),
        ({"type": "custom", "command": "System(rm -rf /)"}, "command"),
        ({"type": "custom", "command": "TrySystem(x)"}, "command"),
        ({"type": "custom", "command": "No(x)"}, "command"),
        ({"type": "hangup", "cause": "later"}, "cause"),
        ({"type": "application", "application": "moon"}, "application"),
        ({"type": "application", "application": "disa", "pin": "1a", "context": "x"}, "pin"),
        ({"type": "application", "application": "fax_to_mail", "email": "nobody"}, "email"),
        ({"type": "sound", "filename": "x", "skip": "yes"}, "skip"),
        ({"type": "voicemail", "voicemail_id": 1, "greeting": "warm"}, "greeting"),
        ({"type": "switchboard", "switchboard_uuid": "x"}, "switchboard_uuid"),
        (
            {"type": "queue", "queue_id": 1, "skill_rule_variables": {"a": "b"}},
            "skill_rule_variables",
        ),
        (
            {
                "type": "queue",
                "queue_id": 1,
                "skill_rule_id": 1,
                "skill_rule_variables": {"a": ";"},
            },
            "skill_rule_variables",
        ),
        ({"type": "sound", "filename": "x" * 256}, "filename"),
        (
            {"type": "sound", "filename": "/var/spool/asterisk/voicemail/a/1/INBOX/msg0000"},
            "filename",
        ),
        ({"type": "sound", "filename": "closed&../../voicemail/a/1/INBOX/msg0000"}, "filename"),
        ({"type": "sound", "filename": "closed& /var/spool/asterisk/voicemail/a"}, "filename"),
        ({"type": "sound", "filename": '"/var/spool/asterisk/voicemail/a"'}, "filename"),
        ({"type": "sound", "filename": "\\/var/spool/asterisk/voicemail/a"}, "filename"),
        ({"type": "sound", "filename": ".\\./voicemail/a"}, "filename"),
        ({"type": "custom", "command": "Set(GLOBAL(XIVO_AGID_IP)=203.0.113.5)"}, "command"),
        ({"type": "custom", "command": "MSet(a=1,GLOBAL(${b})=2)"}, "command"),
        ({"type": "custom", "command": "Playback(${SET(GLOBAL(a)=1)})"}, "command"),
        ({"type": "custom", "command": "Set(XIVO_AGID_IP=203.0.113.5)"}, "command"),
        (
            {"type": "custom", "command": "Set(ARRAY(GLOBAL(${TOUPPER(xivo_agid_i)}P))=a)"},
            "command",
        ),
        ({"type": "custom", "command": "ExecIf(1?Set(MASTER_CHANNEL(XIVO_USERID)=1))"}, "command"),
        ({"type": "custom", "command": "Set(SHARED(X,PJSIP/alice-1)=1)"}, "command"),
        ({"type": "custom", "command": "Set(GLO${EMPTY}BAL(X)=1)"}, "command"),
        ({"type": "custom", "command": "Set(X${Y}=1)"}, "command"),
        ({"type": "custom", "command": "Set(${Y}=1)"}, "command"),
        ({"type": "custom", "command": "Playback(${SET(${Y}=1)})"}, "command"),
        ({"type": "custom", "command": "MSet(A=1,${Y}=2)"}, "command"),
        ({"type": "custom", "command": "Set(ARRAY(A,${Y})=1)"}, "command"),
        ({"type": "custom", "command": "SayAlpha(${AST_CONFIG(a.conf,b,c)})"}, "command"),
    ],
)
def test_a_wrong_destination_names_its_wrong_field(destination: dict[str, Any], field: str) -> None:
    """F-173, F-181."""
    with pytest.raises(InvalidDestination) as refusal:
        to_stored(destination)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    "command",
    [
        "System(id)",
        "sYsTeM (id)",
        "ExecIf(1?System(id))",
        "ExecIf(1?TrySystem( id ):NoOp())",
        "Exec(Exec(System(id)))",
        "Exec(Sys${NOTHING}tem(id))",
        "Exec(${SHARED(X)})",
        "Exec(${X}tem(id))",
        "Exec(Sys${X})",
        "ExecIf(1?${X})",
        "Set(A=${SHELL(id)})",
        "Set(FILE(/tmp/x)=1)",
        "MixMonitor(x.wav,,touch /tmp/x)",
        "MixMonitor(x.wav||touch /tmp/x)",
        "ExecIf(1?MixMonitor(x.wav;b;touch /tmp/x))",
        "MixMonitor({x,,touch /tmp/x})",
        "Monitor(wav,x,mb)",
        "Set(MONITOR_EXEC=touch /tmp/x)",
        "Set(CONFBRIDGE(bridge,record_command)=touch /tmp/x)",
        "AGI(/bin/sh,-c,id)",
        "AGI(../../bin/sh,-c,id)",
        "Exec(EAGI(${X}))",
        "AGI(agi://elsewhere.example/x)",
        "Originate(Local/1@default,app,MixMonitor,x.wav)",
    ],
)
def test_a_command_that_reaches_a_shell_of_the_machine_is_refused(command: str) -> None:
    """F-181: wherever in the command it stands."""
    with pytest.raises(InvalidDestination) as refusal:
        to_stored({"type": "custom", "command": command})
    assert refusal.value.field == "command"


@pytest.mark.parametrize(
    "command",
    [
        "Goto(default,s,1)",
        "Macro(closed|1)",
        'ExecIf($["${CALLERID(num)}"="1"]?Playback(a):Playback(b,noanswer))',
        "Exec(Playback(tt-monkeys))",
        "MixMonitor(${STRFTIME(${EPOCH},,%Y%m%d)}.wav)",
        "MixMonitor(x.wav,b)",
        "MixMonitor(x.wav,b,)",
        "AGI(agi://${XIVO_AGID_IP}/callback)",
        "AGI(agi://127.0.0.1:4573/x,1)",
        "AGI(ours.py,1)",
        "Set(CHANNEL(language)=fr_FR)",
        "Set(DB(seen/${CALLERID(num)})=${EPOCH})",
        "Set(__SITE=${SHARED(SITE,${CHANNEL})})",
        "MSet(A=${CUT(X,-,1)},B=$[${A}=1])",
        "Set(ARRAY(A,B)=${X})",
        "Playback(file)",
        "Dial(PJSIP/100@trunk,30,m(default)b(x^s^1))",
    ],
)
def test_a_command_that_stays_in_the_dialplan_is_accepted(command: str) -> None:
    assert to_stored({"type": "custom", "command": command}) == StoredAction("custom", command)


def test_a_hangup_without_a_cause_is_a_normal_one() -> None:
    assert to_stored({"type": "hangup"}) == StoredAction("endcall:hangup")


def test_numbers_sent_as_text_or_float_are_stored_as_numbers() -> None:
    assert to_stored({"type": "user", "user_id": "12", "ring_time": 5.0}).arg2 == "5"


def test_the_object_that_must_exist_is_named() -> None:
    assert target_of({"type": "user", "user_id": 12}) == Target("User", 12)
    assert target_of({"type": "none"}) is None


def test_the_context_is_that_of_the_form() -> None:
    assert context_of({"type": "extension", "exten": "1", "context": "default"}) == "default"
    directory = {"type": "application", "application": "directory", "context": "lyon"}
    assert context_of(directory) == "lyon"
    assert context_of({"type": "user", "user_id": 12, "context": "passed over"}) is None


def test_an_unknown_stored_action_is_refused() -> None:
    with pytest.raises(InvalidDestination):
        from_stored(StoredAction("moon"))


def test_the_dialplan_reads_semicolons_and_a_plain_ring_time() -> None:
    assert dialplan_arguments(StoredAction("custom", "Set(A=1|B)")) == ("custom", "Set(A=1;B)", "")
    assert dialplan_arguments(StoredAction("queue", "7", "10;2;{}")) == ("queue", "7", "10")


@given(st.sampled_from(FORMS), st.one_of(st.none(), st.text(max_size=20)), st.text(max_size=20))
def test_whatever_is_stored_can_be_read(form: Any, arg1: str | None, arg2: str) -> None:
    if form.action == "queue":
        arg2 = arg2.replace(";", "")
    assert from_stored(StoredAction(form.action, arg1, arg2))["type"] == form.type
