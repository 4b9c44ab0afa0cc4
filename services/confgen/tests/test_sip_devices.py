"""pjsip_lines.conf and pjsip_trunks.conf: what the objects of a device say."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_confgen.renderers import sip_transports
from ovix_confgen.renderers.sip_devices import (
    line_caller_id,
    render_defaults,
    render_line,
    render_trunk,
)
from ovix_confgen.renderers.sip_general import SipSettings, render
from ovix_confgen.rows import Feature, SipAccount, SipLine, SipTrunk
from ovix_telephony.pjsip_options import REPEATABLE

USER = UUID("6b1c8d5c-8a80-4b76-9a2b-0123456789ab")
SETTINGS = SipSettings(language="fr_FR")


def a_line(**account: Any) -> SipLine:
    """Alice's line."""
    return SipLine(
        account=SipAccount(**{"username": "alice", "secret": "s3cret", **account}),
        context="default",
        user_id=12,
        user_uuid=USER,
        caller_id='"Alice Martin"',
        exten="1000",
        exten_context="numbers",
        mailbox="1000@default",
    )


def test_pickups_are_named_groups_of_the_line(objects: Any) -> None:
    """F-432: what its owner may take, and what may be taken of him."""
    line = replace(a_line(), pickup_groups=[3, 12], call_groups=[12])
    text, ignored = render_line(line, SETTINGS)
    endpoint = objects(text)["endpoint"]
    assert (endpoint["named_pickup_group"], endpoint["named_call_group"]) == (["3,12"], ["12"])
    assert ignored == []
    without = objects(render_line(a_line(), SETTINGS)[0])["endpoint"]
    assert not {"named_pickup_group", "named_call_group"} & without.keys()


def a_trunk(**account: Any) -> SipTrunk:
    """A carrier at a fixed address."""
    fields = {"username": "carrier", "secret": "s3cret", "host": "sip.example.org", **account}
    return SipTrunk(SipAccount(**fields), context="from-extern")


@pytest.fixture
def objects(parsed: Callable[[str], Any]) -> Callable[[str], dict[str, dict[str, list[str]]]]:
    """The objects of a device by their type, with what they have from their templates."""
    templates = "".join(render_defaults(kind, SETTINGS) for kind in ("line", "trunk"))

    def read(text: str) -> dict[str, dict[str, list[str]]]:
        found = {}
        for _, options in parsed(templates + text)[4:]:
            by_name: dict[str, list[str]] = {}
            for name, value in options:
                if name not in REPEATABLE:
                    by_name[name] = []
                by_name.setdefault(name, []).append(value)
            found[by_name["type"][0]] = by_name
        return found

    return read


def test_a_line_carries_what_the_dialplan_reads(objects: Any) -> None:
    text, ignored = render_line(a_line(), SETTINGS)
    endpoint = objects(text)["endpoint"]
    assert ignored == []
    assert endpoint["context"] == ["default"]
    assert endpoint["callerid"] == ['"Alice Martin" <1000>']
    assert endpoint["mailboxes"] == ["1000@default"]
    assert set(endpoint["set_var"]) >= {
        "CHANNEL(hangup_handler_push)=hangup_handlers,userevent,1",
        "PICKUPMARK=1000%numbers",
        "TRANSFER_CONTEXT=default",
        'XIVO_ORIGINAL_CALLER_ID="Alice Martin" <1000>',
        "XIVO_USERID=12",
        f"XIVO_USERUUID={USER}",
    }


def test_the_variables_of_a_line_stand_behind_those_of_its_options(objects: Any) -> None:
    """Of two of one name Asterisk keeps the last."""
    given = ["SITE=lyon", "CHANNEL(language)=fr_FR", "__XIVO_USERID=1"]
    options = [["set_var", each] for each in given]
    found = objects(render_line(a_line(extra_options=options), SETTINGS)[0])["endpoint"]["set_var"]
    assert found.index("__XIVO_USERID=1") < found.index("XIVO_USERID=12")
    assert set(found) >= set(given)


def test_a_line_registers_with_its_password_only(objects: Any) -> None:
    found = objects(render_line(a_line(secret="a;b\\c"), SETTINGS)[0])
    assert found["auth"]["username"] == ["alice"]
    assert found["auth"]["password"] == ["a;b\\c"]
    assert found["endpoint"]["auth"] == ["alice"]
    assert found["aor"]["max_contacts"] == ["1"]


def test_a_line_without_a_password_is_not_written() -> None:
    text, (ignored,) = render_line(a_line(secret=""), SETTINGS)
    assert text.startswith(";")
    assert "anyone could use it" in ignored.reason


def test_a_line_that_registers_may_not_do_without_its_password(objects: Any) -> None:
    text, (ignored,) = render_line(a_line(native_options={"insecure": "invite"}), SETTINGS)
    assert objects(text)["endpoint"]["auth"] == ["alice"]
    assert ignored.option == "insecure"


def test_the_box_is_watched_on_request_where_the_line_subscribes(objects: Any) -> None:
    found = objects(render_line(a_line(native_options={"subscribemwi": "yes"}), SETTINGS)[0])
    assert found["aor"]["mailboxes"] == ["1000@default"]
    assert "mailboxes" not in found["endpoint"]


def test_a_trunk_at_an_address_is_known_by_it(objects: Any) -> None:
    text, ignored = render_trunk(
        a_trunk(native_options={"insecure": "port,invite", "port": 5080}), SETTINGS
    )
    found = objects(text)
    assert ignored == []
    assert found["identify"] == {
        "type": ["identify"], "endpoint": ["carrier"], "match": ["sip.example.org"]
    }  # fmt: skip
    assert found["aor"]["contact"] == ["sip:carrier@sip.example.org:5080"]
    assert "auth" not in found["endpoint"]
    assert found["endpoint"]["outbound_auth"] == ["carrier"]


@pytest.mark.parametrize(
    "account",
    [
        {"native_options": {"insecure": "port,invite"}},
        {"secret": ""},
        {"secret": "", "extra_options": [["identify_by", "username"]]},
    ],
)
def test_a_trunk_without_a_password_is_not_known_by_its_name(
    objects: Any, account: dict[str, Any]
) -> None:
    found = objects(render_trunk(a_trunk(**account), SETTINGS)[0])
    assert found["endpoint"]["identify_by"] == ["ip"]
    asked = objects(render_trunk(a_trunk(), SETTINGS)[0])["endpoint"]
    assert (asked["identify_by"], asked["auth"]) == (["auth_username,username,ip"], ["carrier"])


def test_a_line_without_a_password_is_known_by_its_address(objects: Any) -> None:
    line = a_line(host="192.0.2.8", native_options={"insecure": "invite"})
    text, ignored = render_line(line, SETTINGS)
    found = objects(text)
    assert ignored == []
    assert "auth" not in found["endpoint"]
    assert found["endpoint"]["identify_by"] == ["ip"]
    assert found["identify"] == {
        "type": ["identify"], "endpoint": ["alice"], "match": ["192.0.2.8"]
    }  # fmt: skip


def test_a_trunk_that_registers_may_not_do_without_its_password(objects: Any) -> None:
    trunk = a_trunk(host="dynamic", native_options={"insecure": "invite"})
    text, (ignored,) = render_trunk(trunk, SETTINGS)
    assert objects(text)["endpoint"]["auth"] == ["carrier"]
    assert ignored.option == "insecure"
    text, (ignored,) = render_trunk(a_trunk(host="dynamic", secret=""), SETTINGS)
    assert text.startswith(";")
    assert "anyone could use it" in ignored.reason


def test_texts_run_no_dialplan(objects: Any) -> None:
    for text, _ in (render_line(a_line(), SETTINGS), render_trunk(a_trunk(), SETTINGS)):
        assert objects(text)["endpoint"]["message_context"] == ["xivo-nowhere"]


def test_a_trunk_without_a_context_leads_nowhere(objects: Any) -> None:
    trunk = SipTrunk(SipAccount("carrier", "s3cret", host="192.0.2.1"))
    assert objects(render_trunk(trunk, SETTINGS)[0])["endpoint"]["context"] == ["xivo-nowhere"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"dtmfmode": "rfc2833"}, {"dtmf_mode": "rfc4733"}),
        ({"nat": "force_rport,comedia"}, {"rtp_symmetric": "yes", "force_rport": "yes",
                                          "rewrite_contact": "yes"}),
        ({"nat": "comedia"}, {"rtp_symmetric": "yes", "force_rport": "no",
                              "rewrite_contact": "no"}),
        ({"nat": "no"}, {"rtp_symmetric": "no", "force_rport": "no", "rewrite_contact": "no"}),
        ({"directmedia": "update,nonat"}, {"direct_media": "yes", "direct_media_method": "update",
                                           "disable_direct_media_on_nat": "yes"}),
        ({"directmedia": "outgoing"}, {"direct_media_glare_mitigation": "outgoing"}),
        ({"session-timers": "accept"}, {"timers": "yes"}),
        ({"session-timers": "originate"}, {"timers": "always"}),
        ({"allow": "g722, alaw"}, {"allow": "!all,g722,alaw"}),
        ({"encryption": "yes"}, {"media_encryption": "sdes"}),
        ({"sendrpid": "pai"}, {"send_pai": "yes"}),
        ({"trustrpid": "yes"}, {"trust_id_inbound": "yes", "trust_id_outbound": "yes"}),
        ({"t38pt_udptl": "yes,redundancy"}, {"t38_udptl": "yes", "t38_udptl_ec": "redundancy"}),
        ({"outboundproxy": "proxy.example.org"}, {"outbound_proxy": "sip:proxy.example.org;lr"}),
        ({"transport": "udp,tcp"}, {"transport": "transport-udp"}),
        ({"callgroup": "1,3-5"}, {"call_group": "1,3-5"}),
        ({"rtptimeout": 60}, {"rtp_timeout": "60"}),
        ({"dtlsenable": "yes"}, {"media_encryption": "dtls", "dtls_auto_generate_cert": "yes"}),
        ({"rewrite_contact": "true"}, {"rewrite_contact": "yes"}),
    ],
)  # fmt: skip
def test_options_of_chan_sip_are_translated(
    objects: Any, options: dict[str, Any], expected: dict[str, str]
) -> None:
    text, ignored = render_line(a_line(native_options=options), SETTINGS)
    endpoint = objects(text)["endpoint"]
    assert ignored == []
    assert {name: endpoint[name] for name in expected} == {
        name: [value] for name, value in expected.items()
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("call-limit", "3"),
        ("amaflags", "billing"),
        ("no_such_option", "1"),
        ("dtmfmode", "morse"),
        ("rtptimeout", "soon"),
        ("transport", "tls"),
        ("context", "other-entity"),
        (" context ", "other-entity"),
        ("set_var", "GLOBAL(XIVO_AGID_IP)=203.0.113.5"),
        ("aors", "bob"),
        ("password", "stolen"),
        ("session-minse", "10"),
    ],
)
def test_what_pjsip_does_not_take_is_listed_and_not_written(
    objects: Any, name: str, value: str
) -> None:
    plain, _ = render_line(a_line(), SETTINGS)
    text, (ignored,) = render_line(a_line(extra_options=[[name, value]]), SETTINGS)
    assert objects(text) == objects(plain)
    assert ignored.option == name.strip()
    assert "stolen" not in text + ignored.value


@pytest.mark.parametrize(
    ("caller_id", "exten", "expected"),
    [
        ('"Alice" <0123>', "1000", '"Alice" <0123>'),
        ('"Alice"', "1000", '"Alice" <1000>'),
        ('"Alice"', None, '"Alice"'),
        ('"Al "x" ice"', "1000", '"Al x ice" <1000>'),
    ],
)
def test_the_caller_id_has_the_users_number_or_else_the_lines(
    caller_id: str, exten: str | None, expected: str
) -> None:
    line = SipLine(SipAccount("a", "b"), "default", caller_id=caller_id, exten=exten)
    assert line_caller_id(line) == expected


def test_the_general_file_names_the_transports_and_the_own_box(parsed: Any) -> None:
    settings = SipSettings(host="192.0.2.1", port=5070, tcp=True, local_networks=("10.0.0.0/8",))
    transports, names, _ = sip_transports.render(settings, ())
    assert names == ["transport-udp", "transport-tcp"]
    text, ignored = render([Feature("vmusermsg", "*98")], transports, {}, {})
    sections = dict(parsed(text))
    assert ignored == []
    assert ("bind", "192.0.2.1:5070") in sections["transport-tcp"]
    assert ("local_net", "10.0.0.0/8") in sections["transport-udp"]
    assert ("default_voicemail_extension", "*98") in sections["global"]


HOSTILE = st.text(
    st.sampled_from(list("a1;][(){}<>\"'\\,=$&|!#%~ \n\r\t\x00\x1bé\u202e")), max_size=30
) | st.sampled_from(["x\n[evil]", "a;--b", "--;", "#include x", "${SHELL(id)}", "]\ntype=endpoint"])


@given(
    username=HOSTILE, secret=HOSTILE, host=HOSTILE | st.just("dynamic"), context=HOSTILE,
    caller_id=HOSTILE, language=HOSTILE, mailbox=HOSTILE,
    options=st.lists(st.tuples(HOSTILE | st.sampled_from(
        ["allow", "set_var", "transport", "callerid", "username", "mohsuggest", "outboundproxy"]
    ), HOSTILE), max_size=4),
)  # fmt: skip
def test_no_text_of_the_database_becomes_structure_of_the_file(
    username: str, secret: str, host: str, context: str, caller_id: str, language: str,
    mailbox: str, options: list[tuple[str, str]],
) -> None:  # fmt: skip
    account = SipAccount(username, secret, host=host, extra_options=options)
    line = SipLine(account, context, 1, USER, caller_id, language, None, "1000", "default", mailbox)
    for text, _ in (
        render_line(line, SETTINGS),
        render_trunk(SipTrunk(account, context), SETTINGS),
    ):
        kinds = []
        for written in text.splitlines():
            if written.startswith("["):
                assert written.partition("]")[0] == f"[{username}"
                kinds.append(written.partition("@")[2])
            elif written and not written.startswith("; "):
                name, _, value = written.partition(" = ")
                assert name.replace("_", "").isalnum()
                assert not value.replace("\\;", "").count(";")
        assert len(kinds) <= 4
        assert all(character.isprintable() or character == "\n" or ord(character) > 127
                   for character in text)  # fmt: skip
