"""Where a dial action sends a call, run by a real Asterisk of both releases (F-169 to F-181)."""

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.asterisk

REJECTS = "Local/reject@test-phones/n"
SILENT = "silence/1"


def busy(action: str, first: str, second: str = "", **more: str) -> dict[str, str]:
    """agid's answer for a user who is busy, and whose calls then go there."""
    return {
        "XIVO_INTERFACE": REJECTS,
        "XIVO_RINGSECONDS": "5",
        "XIVO_SIMULTCALLS": "5",
        "XIVO_FWD_USER_BUSY_ACTION": action,
        "XIVO_FWD_USER_BUSY_ACTIONARG1": first,
        "XIVO_FWD_USER_BUSY_ACTIONARG2": second,
        **more,
    }


@pytest.mark.parametrize(
    ("action", "first", "second", "application", "data"),
    [
        ("endcall:busy", "5", "", "Busy", "5"),
        ("endcall:congestion", "5", "", "Congestion", "5"),
        ("extension", "answer", "test-phones", "Goto", "test-phones,answer,1"),
        ("sound", SILENT, "noanswer", "Playback", f"{SILENT},noanswer"),
        ("custom", "NoOp(one;two)", "", "Exec", "NoOp(one,two)"),
        ("application:disa", "", "default", "DISA", "no-password,default"),
        ("application:directory", "default", "", "Directory", "default"),
        ("application:voicemailmain", "default", "", "VoiceMailMain", "@default"),
    ],
)
async def test_a_busy_users_call_goes_where_his_dial_action_says(
    switchboard: Any, agid: Any, action: str, first: str, second: str, application: str, data: str
) -> None:
    agid.answers["incoming_user_set_features"] = busy(action, first, second)
    # A call to an extension ends with its answer.
    until = f"{application}({data})" if application != "Goto" else ""
    story = await switchboard.call("1001", until=until)
    assert data in story.ran(application)


@pytest.mark.parametrize("action", ["group", "application:faxtomail", "application:callbackdisa"])
async def test_a_destination_that_is_not_served_leaves_the_call_to_the_voicemail(
    switchboard: Any, agid: Any, action: str
) -> None:
    box = {"XIVO_ENABLEVOICEMAIL": "1", "XIVO_MAILBOX": "1000", "XIVO_MAILBOX_CONTEXT": "default"}
    agid.answers["incoming_user_set_features"] = busy(action, "1", **box)
    story = await switchboard.call("1001", until="VoiceMail")
    assert story.ran("VoiceMail") == ["1000@default,b"]


async def test_a_command_stored_long_ago_runs_no_program(
    switchboard: Any, agid: Any, tmp_path: Path
) -> None:
    """F-181: what confd refuses today may have come by another way."""
    command = f"ExecIf(1?System(touch {tmp_path}/ran))"
    agid.answers["incoming_user_set_features"] = busy("custom", command)
    story = await switchboard.call("1001")
    assert len(story.ran("Exec")) == 1
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("action", ["application:disa", "application:password"])
async def test_what_is_behind_a_password_waits_for_it(
    switchboard: Any, agid: Any, action: str
) -> None:
    agid.answers["incoming_user_set_features"] = busy(action, "4711", "default")
    story = await switchboard.call("1001", until="Read")
    assert story.ran("Read") == ["given,agent-pass,4"]
    assert story.ran("DISA") == []
