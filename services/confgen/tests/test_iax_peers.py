"""iax.conf: what trunks by IAX are made of."""

from collections.abc import Callable
from typing import Any

import pytest
from ovix_confgen.renderers.iax import render_head, render_peer
from ovix_confgen.rows import IaxPeer, Section


def test_general_options_and_limits_are_written(parsed: Callable[[str], Any]) -> None:
    section = Section(
        "iax_general",
        {
            "options": {"bindport": "9", "bandwidth": "high", "tos": ""},
            "ordered_options": [["disallow", "all"], ["allow", "alaw"], ["allow", "gsm"]],
        },
    )
    limits = [
        {"ip_address": "192.0.2.0", "netmask": "255.255.255.0", "limit": 10},
        {"ip_address": "2001:db8::", "netmask": "32", "limit": 5},
        {"ip_address": "here", "netmask": "24", "limit": 5},
    ]
    text, ignored = render_head(section, limits, "0.0.0.0", 4570)
    assert dict(parsed(text)) == {
        "general": [
            ("bindport", "4570"),
            ("bindaddr", "0.0.0.0"),
            ("bandwidth", "high"),
            ("disallow", "all"),
            ("allow", "alaw"),
            ("allow", "gsm"),
        ],
        "callnumberlimits": [("192.0.2.0/255.255.255.0", "10"), ("2001:db8::/32", "5")],
    }
    assert [each.option for each in ignored] == ["here/24"]


def test_a_peer_has_its_trunks_context(parsed: Callable[[str], Any]) -> None:
    peer = IaxPeer(
        "lyon", "from-lyon", "peer", "pbx.example.org",
        {"trunk": "yes", "secret": "a;b", "language": None}, [["x", "1"]],
    )  # fmt: skip
    text, ignored = render_peer(peer)
    assert ignored == []
    assert parsed(text) == [
        (
            "lyon",
            [
                ("type", "peer"), ("host", "pbx.example.org"), ("context", "from-lyon"),
                ("secret", "a;b"), ("trunk", "yes"), ("x", "1"),
            ],
        )
    ]  # fmt: skip


@pytest.mark.parametrize(("host", "mask"), [("192.0.2.1", 32), ("2001:db8::1", 128)])
@pytest.mark.parametrize("kind", ["friend", "user"])
def test_without_a_secret_a_peer_is_let_in_from_its_address_alone(
    parsed: Callable[[str], Any], kind: str, host: str, mask: int
) -> None:
    """``host`` says nothing of who calls."""
    text, ignored = render_peer(IaxPeer("lyon", "from-lyon", kind, host, {"trunk": "yes"}))
    assert ignored == []
    ((_, options),) = parsed(text)
    assert options[3:] == [
        ("deny", "0.0.0.0/0"), ("deny", "::/0"), ("permit", f"{host}/{mask}"), ("trunk", "yes"),
    ]  # fmt: skip
    with_secret, _ = render_peer(IaxPeer("lyon", None, kind, host, {"secret": "x"}))
    assert "deny" not in with_secret


def test_without_a_secret_a_peer_known_by_its_hosts_name_is_only_called(
    parsed: Callable[[str], Any],
) -> None:
    text, (told,) = render_peer(IaxPeer("lyon", host="pbx.example.org"))
    ((_, options),) = parsed(text)
    assert ("type", "peer") in options
    assert (told.option, told.value) == ("type", "friend")


@pytest.mark.parametrize("options", [
    [["secret", "a\nb"]], [["secret", "a;"]], [["secret", ";a"]],
    [["inkeys", "lyon"], ["auth", "md5,rsa"]],
])  # fmt: skip
def test_an_empty_password_is_none(options: list[list[str]]) -> None:
    """One that can't be written; one of several that is empty; none beside keys."""
    text, _ = render_peer(IaxPeer("lyon", extra_options=options))
    assert text == "; endpoint lyon: has no secret: anyone could use it\n"


@pytest.mark.parametrize(
    "options", [{"secret": "a;b"}, {"inkeys": "k"}, {"inkeys": "k", "auth": "rsa"}]
)
def test_a_password_or_a_key_lets_in_from_anywhere(
    parsed: Callable[[str], Any], options: dict[str, str]
) -> None:
    text, ignored = render_peer(IaxPeer("lyon", native_options=options))
    assert ignored == []
    assert ("host", "dynamic") in parsed(text)[0][1]


@pytest.mark.parametrize(("peer", "reason"), [
    (IaxPeer("lyon"), "has no secret: anyone could use it"),
    (IaxPeer("lyon", host="Dynamic", type="peer"), "has no secret: anyone could use it"),
    (IaxPeer("lyon", host="pbx.example.org", type="user"), "has no secret: anyone could use it"),
    (IaxPeer("lyon", host="a b"), "has a host that is no address"),
    (IaxPeer("lyon", context="a]b"), "is no name for a context"),
])  # fmt: skip
def test_a_peer_that_would_be_open_or_unreadable_is_left_out(peer: IaxPeer, reason: str) -> None:
    text, (told,) = render_peer(peer)
    assert (text, told.reason) == (f"; endpoint lyon: {reason}\n", reason)


def test_a_peer_stays_in_its_trunks_context_and_sets_plain_variables(
    parsed: Callable[[str], Any],
) -> None:
    options = [
        [" context", "other"], ["CONTEXT", "other"], ["SetVar", "GLOBAL(XIVO_AGID_IP)=203.0.113.5"],
        ["secret", "s"], ["setvar", "SITE=lyon"],
    ]  # fmt: skip
    text, ignored = render_peer(IaxPeer("lyon", "own", host="192.0.2.1", extra_options=options))
    assert parsed(text)[0][1][2:] == [("context", "own"), ("secret", "s"), ("setvar", "SITE=lyon")]
    assert [(each.option, each.reason) for each in ignored] == [
        ("context", "is set by the platform"),
        ("CONTEXT", "is set by the platform"),
        ("SetVar", "is not NAME=value"),
    ]


def test_no_option_of_a_peer_becomes_structure_of_the_file(parsed: Callable[[str], Any]) -> None:
    options = [
        ["a\n[b]", "1"],
        ["regexten", "1\n[evil]"],
        ["Type", "user"],
        ["secret2", "x\n"],
        ["ok", "a;b"],
    ]
    text, ignored = render_peer(IaxPeer("lyon", host="192.0.2.1", extra_options=options))
    assert [name for name, _ in parsed(text)] == ["lyon"]
    assert [(each.option, each.value) for each in ignored] == [
        ("a\n[b]", "1"), ("regexten", "1\n[evil]"), ("Type", "user"),
    ]  # fmt: skip
