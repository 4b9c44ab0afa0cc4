"""The generated dialplan: contexts, numbers, hints, feature codes, fallbacks."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_confgen.conf_text import Unwritable
from ovix_confgen.renderers import dialplan_fallbacks, feature_codes
from ovix_confgen.renderers.dialplan_contexts import ContextWriter, usable_contexts
from ovix_confgen.renderers.engine import ManagerSettings, render_cel_custom, render_manager
from ovix_confgen.renderers.voicemail import render_head, render_mailbox
from ovix_confgen.rows import (
    DialledNumber,
    DialplanContext,
    Feature,
    Mailbox,
    Range,
    Route,
    RouteTrunk,
    UserFallback,
    Zone,
)
from ovix_confgen.writers import platform_contexts
from ovix_telephony.interfaces import is_platforms


def a_writer(
    kind: str = "internal", *includes: str, ranges: tuple[Range, ...] = ()
) -> ContextWriter:
    """A context called default, beside one called other."""
    context = DialplanContext("default", kind, includes, ranges)
    return ContextWriter(context, frozenset({"default", "other", "third"}))


def a_number(exten: str = "1000", **fields: Any) -> DialledNumber:
    """Alice's number."""
    return DialledNumber(
        **{"id": 34, "context": "default", "exten": exten, "user_id": 12, **fields}
    )


def test_an_internal_context_includes_the_codes_first_and_then_its_own_in_order() -> None:
    head = a_writer("internal", "third", "gone", "other").head().splitlines()
    assert [line for line in head if line.startswith("include")] == [
        "include = xivo-features",
        "include = xivo-extrafeatures",
        "include = parkedcalls",
        "include = third",
        "include = other",
    ]


def test_a_number_leads_to_its_user_and_no_further() -> None:
    """F-127."""
    text = a_writer().number(a_number(hint="PJSIP/alice&PJSIP/desk"))
    assert text.splitlines() == [
        "exten = 1000,1,Gosub(xivo-dialled,internal,1(${CONTEXT},${EXTEN}))",
        " same = n,Gosub(user,s,1(12,,34))",
        " same = n,Hangup()",
        "exten = 1000,hint,PJSIP/alice&PJSIP/desk",
    ]


@pytest.mark.parametrize("fields", [{"user_id": None}, {"type": "outcall"}, {"type": "incall"}])
def test_a_number_that_leads_nowhere_is_not_written(fields: dict[str, Any]) -> None:
    assert a_writer().number(a_number(**fields)) == ""


def test_a_route_is_asked_by_its_dial_pattern() -> None:
    number = a_number("_0X.", type="outcall", user_id=None, outcall_extension_id=7)
    assert " same = n,Gosub(outcall,s,1(7,))" in a_writer("outcall").number(number)


def test_of_a_did_the_digits_that_are_sent_are_matched() -> None:
    writer = a_writer("incall", ranges=(Range("incall", "6000", "6999", 4),))
    sent = "${FILTER(0-9,${EXTEN}):-4}"
    assert (
        f"exten = _XXXXX!,1,GotoIf($[${{LEN({sent})}} = 0]?i,1)\n same = n,Goto({sent},1)\n"
    ) in writer.head()
    assert writer.number(a_number("0123456789")).startswith("exten = 6789,1,")
    assert "is dialled as" in writer.number(a_number("0999996789"))
    assert len(writer.unsupported) == 1


def test_only_a_number_may_follow_a_plus() -> None:
    assert [line.partition(",")[0] for line in a_writer("incall").head().splitlines()
            if line.startswith("exten = _")] == ["exten = _+X!"]  # fmt: skip


def test_digits_that_no_operator_sends_are_not_matched() -> None:
    ranges = tuple(Range("incall", "1", "1", length) for length in (40, 41, 2**31 - 1))
    matched = [line for line in a_writer("incall", ranges=ranges).head().split() if "XX" in line]
    assert [each.partition(",")[0] for each in matched] == [f"_{'X' * 41}!"]


def test_the_second_of_two_equal_patterns_is_listed() -> None:
    writer = a_writer("outcall")
    assert writer.number(a_number("_9[0-9]XX")).startswith("exten")
    assert writer.number(a_number("_9XXX")).startswith(";")


@pytest.mark.parametrize("exten", ["_.", "_!"])
def test_a_pattern_for_everything_leaves_the_special_extensions_alone(exten: str) -> None:
    assert a_writer().number(a_number(exten)).startswith("exten = _[0-9*#]!,1,")


@pytest.mark.parametrize("name", [
    "user", "outcall", "xivo-features", "globals", "a b", "x]", "xivo-subrgbl-user",
    "xivo-subrfwd-sound", "xivo-emergency-FR",
])  # fmt: skip
def test_a_context_may_not_take_the_name_of_the_platforms(name: str) -> None:
    usable, ignored = usable_contexts([DialplanContext(name, "internal")], platform_contexts())
    assert usable == []
    assert len(ignored) == 1


@given(exten=st.text(max_size=12), hint=st.text(max_size=20))
def test_no_extension_adds_a_line(exten: str, hint: str) -> None:
    text = a_writer().number(a_number(exten, hint=f"PJSIP/{hint}"))
    for line in text.splitlines():
        assert line.startswith(("exten = ", " same = n,", "; "))
    assert "${SHELL" not in text


def test_the_part_behind_a_code_begins_where_the_code_ends() -> None:
    text, _ = feature_codes.render([Feature("fwdunc", "_*4321."), Feature("pickup", "_*8.")])
    assert " same = n,Gosub(feature_forward,s,1(unc,${FILTER(0-9A-Za-z*#+,${EXTEN:5})}))" in text
    assert "exten = *4321,1," in text
    assert " same = n,Pickup(${FILTER(0-9A-Za-z*#+,${EXTEN:2})}%${CONTEXT}@PICKUPMARK)" in text


def test_a_code_of_a_service_that_is_not_there_is_listed() -> None:
    text, (ignored,) = feature_codes.render([Feature("cctoggle", "*40")])
    assert "exten" not in text
    assert ignored.object == "feature cctoggle"


def test_every_code_leads_to_a_context_of_the_platform() -> None:
    contexts = platform_contexts()
    for service in feature_codes.SERVICES.values():
        assert service.application or service.context in contexts


def test_an_interface_with_a_program_in_it_is_left_out() -> None:
    user = UserFallback(1, UUID(int=0), ["PJSIP/alice", "Local/${SHELL(id)}@x", "PJSIP/a,System"])
    text, ignored = dialplan_fallbacks.render_user(user)
    assert "Set(XIVO_FALLBACK_INTERFACE=PJSIP/alice)" in text
    assert [each.value for each in ignored] == ["Local/${SHELL(id)}@x", "PJSIP/a,System"]


def test_help_is_called_by_the_numbers_of_the_country() -> None:
    trunks = (RouteTrunk("carrier"), RouteTrunk(None, "dahdi/g0", "w"))
    text, ignored = dialplan_fallbacks.render_routes([Route(7, "CH", 1, "0", trunks)], ["4711"])
    assert ignored == []
    assert "exten = 7,1,Gosub(xivo-emergency-number,s,1(${ARG1},1,0,xivo-emergency-CH))" in text
    assert "[xivo-emergency-CH]\nexten = 112,1,Return()" in text
    assert "exten = 144,1,Return()" in text
    assert "exten = 4711,1,Return()" in text
    assert " same = n,Set(XIVO_INTERFACE1=dahdi/g0)" in text
    assert " same = n,Set(XIVO_INTERFACE2=)" in text


def test_a_box_is_one_line_of_fields(parsed: Any) -> None:
    box = Mailbox(
        "default", "1000", "Alice, Martin", "12 34", "a@example.org", None, "fr_FR", "eu-fr",
        attach_audio=True, max_messages=10, options=[["saycid", "yes"], ["bad name", "x"]],
    )  # fmt: skip
    text, (ignored,) = render_mailbox(box)
    ((_, ((number, line),)),) = parsed("[default]\n" + text)
    assert number == "1000"
    assert line == (
        "1234,Alice  Martin,a@example.org,,"
        "language=fr_FR|tz=eu-fr|attach=yes|deletevoicemail=no|maxmsg=10|saycid=yes"
    )
    assert ignored.option == "bad name"


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_no_box_adds_a_line(name: str, email: str, option: str) -> None:
    text, _ = render_mailbox(Mailbox("default", "1", name, email=email, options=[["a", option]]))
    assert len(text.splitlines()) == 1
    assert text.split(" = ")[1].count(",") == 4


def test_a_box_that_no_line_holds_is_listed() -> None:
    box = Mailbox("default", "1", "x", options=[["emailbody", "x" * 4001], ["a b", "c"]])
    text, ignored = render_mailbox(box)
    assert text == "; voicemail 1@default: is longer than 4000 bytes\n"
    assert [each.option for each in ignored] == ["a b", "options"]


def test_a_box_reads_no_file_and_leads_where_it_says() -> None:
    options = [
        ["emailbody", "${FILE(/etc/asterisk/manager.conf)}"], ["dialout", "to-ext|ern-b"],
        ["emailsubject", "From ${VM_CALLERID}"],
    ]  # fmt: skip
    text, ignored = render_mailbox(Mailbox("default", "1", "x", options=options))
    assert "emailsubject=From ${VM_CALLERID}\n" in text
    assert [each.option for each in ignored] == ["emailbody", "dialout"]
    assert not {"FILE", "dialout"} & set(text.replace("=", " ").replace("(", " ").split())


def test_a_trunk_whose_suffix_says_more_than_where_to_dial_is_left_out() -> None:
    trunks = [RouteTrunk(None, "dahdi/g0", suffix) for suffix in ("@d,,G(b^1^1)", "&PJSIP/x", "@d")]
    text, ignored = dialplan_fallbacks.render_routes([Route(3, "FR", trunks=trunks)], ())
    assert text.count("XIVO_TRUNKSUFFIX") == 1
    assert [each.reason for each in ignored] == ["has a suffix that is none"] * 2


def test_contexts_of_the_platform_are_known_to_be_so() -> None:
    """Whoever judges what an administrator names goes by that list."""
    assert [name for name in platform_contexts() if not is_platforms(name)] == []


def test_zones_are_written_in_order(parsed: Any) -> None:
    text, _ = render_head({}, [Zone("eu-fr", "Europe/Paris", "'vm-received' q")], {})
    assert dict(parsed(text))["zonemessages"] == [("eu-fr", "Europe/Paris|'vm-received' q")]


def test_the_manager_has_no_account_without_a_password() -> None:
    assert "secret" not in render_manager(ManagerSettings(password=""))
    assert "permit = 127.0.0.1/32" in render_manager(ManagerSettings(password="x"))
    with pytest.raises(Unwritable):
        render_manager(ManagerSettings(password="x\ny"))


def test_the_spool_is_a_file_in_asterisks_log_directory() -> None:
    assert render_cel_custom("ovix.csv").startswith("[mappings]\novix.csv => ${CSV_QUOTE(")
    with pytest.raises(ValueError, match="no name of a file"):
        render_cel_custom("../x")
