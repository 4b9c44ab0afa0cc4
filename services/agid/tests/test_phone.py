"""What a phone asks and switches: features, forwards, voicemail (D01, F01 to F11, V01 to V04)."""

from typing import Any

import pytest
from ovix_bus.catalogue import users as events
from ovix_schema import ContextInclusion
from ovix_testkit.builders import a_context, a_voicemail

from .conftest import as_row


@pytest.mark.parametrize(
    ("feature", "variable", "kind"),
    [
        ("dnd", "XIVO_DNDENABLED", events.users_services_dnd_updated),
        ("incallfilter", "XIVO_INCALLFILTERENABLED", events.users_services_incallfilter_updated),
    ],
)
async def test_a_service_is_toggled_and_announced_in_one_statement(
    agid: Any, hire: Any, announced: Any, feature: str, variable: str, kind: Any
) -> None:
    bob = await hire("1001")
    for expected in ("1", "0"):
        channel = await agid.ask(
            "phone_set_feature", feature, statements=1, XIVO_USERID=bob.user.id
        )
        assert channel.variables[variable] == expected
        assert channel.variables["XIVO_USERID_OWNER"] == str(bob.user.id)
    assert await announced() == [
        as_row(kind(user_uuid=bob.user.uuid, enabled=enabled)) for enabled in (True, False)
    ]


async def test_recording_is_on_only_when_all_four_kinds_are(
    agid: Any, hire: Any, announced: Any
) -> None:
    """F-189."""
    bob = await hire("1001", call_record_incoming_external_enabled=True)
    for expected in ("1", "0"):
        channel = await agid.ask(
            "phone_set_feature", "callrecord", statements=1, XIVO_USERID=bob.user.id
        )
        assert channel.variables["XIVO_CALLRECORDENABLED"] == expected
        features = await agid.ask("phone_get_features", XIVO_USERID=bob.user.id)
        assert features.variables["XIVO_CALLRECORD"] == expected
    edited = as_row(events.user_edited(id=bob.user.id, uuid=bob.user.uuid))
    assert await announced() == [edited, edited]


async def forward(agid: Any, bob: Any, *arguments: str) -> str:
    channel = await agid.ask("phone_set_feature", *arguments, statements=1, XIVO_USERID=bob.user.id)
    assert channel.status == "SUCCESS", channel.verbose
    return str(channel.variables[f"XIVO_{arguments[0].upper()}ENABLED"])


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("unc", events.users_forwards_unconditional_updated),
        ("rna", events.users_forwards_noanswer_updated),
        ("busy", events.users_forwards_busy_updated),
    ],
)
async def test_a_forward_is_set_moved_and_switched_off_with_its_destination_kept(
    agid: Any, hire: Any, announced: Any, word: str, kind: Any
) -> None:
    """F-196."""
    bob = await hire("1001")
    assert await forward(agid, bob, word, "1", "1002") == "1"
    assert await forward(agid, bob, word, "1", "1003") == "1"
    assert await forward(agid, bob, word, "0", "") == "0"
    channel = await agid.ask("phone_get_features", statements=1, XIVO_USERID=bob.user.id)
    assert channel.variables[f"XIVO_ENABLE{word.upper()}"] == "0"
    assert channel.variables[f"XIVO_DEST{word.upper()}"] == "1003"
    assert await forward(agid, bob, word, "1", "") == "1"
    told = [(True, "1002"), (True, "1003"), (False, "1003"), (True, "1003")]
    assert await announced() == [
        as_row(kind(user_uuid=bob.user.uuid, enabled=enabled, destination=destination))
        for enabled, destination in told
    ]


async def test_a_forward_to_nowhere_is_not_switched_on(
    agid: Any, hire: Any, announced: Any
) -> None:
    bob = await hire("1001")
    assert await forward(agid, bob, "unc", "1", "") == ""
    channel = await agid.ask(
        "phone_set_feature", "unc", "1", "1" * 129, statements=0, XIVO_USERID=bob.user.id
    )
    assert channel.variables["XIVO_UNCENABLED"] == ""
    assert await announced() == []


async def test_all_forwards_are_undone_and_announced_in_one_statement(
    agid: Any, hire: Any, announced: Any
) -> None:
    bob = await hire("1001", busy_enabled=True, busy_destination="1002")
    channel = await agid.ask("fwdundoall", statements=1, XIVO_USERID=bob.user.id)
    assert channel.status == "SUCCESS"
    features = await agid.ask("phone_get_features", XIVO_USERID=bob.user.id)
    assert features.variables["XIVO_ENABLEBUSY"] == "0"
    assert features.variables["XIVO_DESTBUSY"] == "1002"
    told = sorted((name, body["data"]["destination"]) for name, _, body in await announced())
    assert told == [
        ("users_forwards_busy_updated", "1002"),
        ("users_forwards_noanswer_updated", None),
        ("users_forwards_unconditional_updated", None),
    ]


@pytest.mark.parametrize(
    ("script", "arguments", "user_id"),
    [
        ("phone_set_feature", ("dnd",), "4242"),
        ("phone_set_feature", ("unc", "1", "1002"), "4242"),
        ("phone_set_feature", ("dnd",), ""),
        ("phone_set_feature", ("moon",), "1"),
        ("phone_set_feature", ("vm", "1999"), "1"),
        ("phone_get_features", (), "4242"),
        ("fwdundoall", (), "4242"),
        ("user_get_vmbox", (), "4242"),
        ("user_get_vmbox", (), ""),
        ("vmbox_get_info", (), ""),
        ("vmbox_get_info", ("1999",), ""),
        ("no_such_handler", (), ""),
    ],
)
async def test_what_can_not_be_answered_breaks_the_dialplan(
    agid: Any, hire: Any, announced: Any, script: str, arguments: tuple[str, ...], user_id: str
) -> None:
    await hire("1001")
    channel = await agid.ask(script, *arguments, XIVO_USERID=user_id, XIVO_BASE_CONTEXT="default")
    assert channel.jumped_to == "agi_fail,s,1"
    assert channel.status == "FAILURE"
    assert await announced() == []


async def test_the_status_of_a_phone_reads_everything_at_once(
    agid: Any, hire: Any, save: Any
) -> None:
    box = a_voicemail("default")
    await hire("1000")
    await save(box)
    bob = await hire(
        "1001",
        unconditional_enabled=True,
        unconditional_destination="1002",
        dnd_enabled=True,
        incallfilter_enabled=True,
        voicemail_id=box.id,
        voicemail_enabled=True,
    )
    channel = await agid.ask("phone_get_features", statements=1, XIVO_USERID=bob.user.id)
    del channel.variables["XIVO_USERID"]
    assert channel.variables == {
        "XIVO_ENABLEBUSY": "0",
        "XIVO_DESTBUSY": "",
        "XIVO_ENABLERNA": "0",
        "XIVO_DESTRNA": "",
        "XIVO_ENABLEUNC": "1",
        "XIVO_DESTUNC": "1002",
        "XIVO_ENABLEVOICEMAIL": "1",
        "XIVO_CALLRECORD": "0",
        "XIVO_INCALLFILTER": "1",
        "XIVO_ENABLEDND": "1",
    }


async def test_ones_own_voicemail_is_toggled_without_a_password(
    agid: Any, hire: Any, announced: Any
) -> None:
    bob = await hire("1001")
    channel = await agid.ask("phone_set_feature", "vm", statements=1, XIVO_USERID=bob.user.id)
    assert channel.variables["XIVO_VMENABLED"] == "1"
    assert await announced() == [as_row(events.user_edited(id=bob.user.id, uuid=bob.user.uuid))]


async def test_another_users_voicemail_asks_for_its_password(
    agid: Any, hire: Any, save: Any
) -> None:
    box = a_voicemail("default", password="4321")
    alice = await hire("1000")
    await save(box)
    bob = await hire("1001", voicemail_id=box.id, voicemail_enabled=True)
    asked = {"XIVO_USERID": alice.user.id, "XIVO_BASE_CONTEXT": "default"}
    wrong = await agid.ask(
        "phone_set_feature", "vm", "1001", failing=("Authenticate",), statements=1, **asked
    )
    assert ["EXEC", "Authenticate", "4321"] in wrong.commands
    assert wrong.jumped_to == "agi_fail,s,1"
    right = await agid.ask("phone_set_feature", "vm", "1001", statements=2, **asked)
    assert right.variables["XIVO_VMENABLED"] == "0"
    assert right.variables["XIVO_USERID_OWNER"] == str(bob.user.id)


async def test_a_box_is_found_by_user_by_number_and_by_id(
    agid: Any, hire: Any, save: Any, default_context: Any
) -> None:
    other, stranger = a_context(name="other"), a_context(name="stranger")
    await save(other, stranger)
    inclusion = ContextInclusion(context_id=default_context.id, included_id=other.id, position=0)
    box = a_voicemail("default", number="8001", ask_password=False, language="de_DE")
    there = a_voicemail("other", number="8002")
    hidden = a_voicemail("stranger", number="8003")
    same_number = a_voicemail("other", number="8001")
    await save(inclusion, box, there, hidden, same_number)
    bob = await hire("1001", voicemail_id=box.id, voicemail_enabled=True, language="fr_FR")
    expected = {
        "XIVO_VMMAIN_OPTIONS": "s",
        "XIVO_MAILBOX": "8001",
        "XIVO_MAILBOX_CONTEXT": "default",
    }

    async def ask(script: str, *arguments: str, **variables: Any) -> dict[str, str]:
        channel = await agid.ask(
            script, *arguments, statements=1, XIVO_BASE_CONTEXT="default", **variables
        )
        del channel.variables["XIVO_BASE_CONTEXT"]
        for name in variables:
            del channel.variables[name]
        return dict(channel.variables)

    assert await ask("user_get_vmbox", XIVO_USERID=bob.user.id) == expected
    assert await ask("user_get_vmbox", "1001", XIVO_USERID="") == expected
    by_number = await ask("vmbox_get_info", "8001", XIVO_USERID=bob.user.id)
    assert by_number == {**expected, "XIVO_MAILBOX_LANGUAGE": "fr_FR"}
    by_id = await ask("vmbox_get_info", XIVO_USERID=bob.user.id, XIVO_VMBOXID=box.id)
    assert by_id == {**expected, "XIVO_MAILBOX_LANGUAGE": "de_DE"}
    included = await ask("vmbox_get_info", "8002")
    assert included["XIVO_MAILBOX_CONTEXT"] == "other"
    assert included["XIVO_VMMAIN_OPTIONS"] == ""
    assert await ask("vmbox_get_info", "8003") == {}


async def test_the_probe_is_answered_with_a_line(agid: Any) -> None:
    channel = await agid.ask("monitoring", statements=0)
    assert channel.raw == ["Status: OK"]
    assert channel.commands == []
