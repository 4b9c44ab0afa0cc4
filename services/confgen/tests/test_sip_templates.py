"""Transports and templates that confd was told of, in the files of PJSIP."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from ovix_confgen.renderers import sip_transports
from ovix_confgen.renderers.sip_devices import render_line, render_trunk
from ovix_confgen.renderers.sip_general import SipSettings
from ovix_confgen.renderers.sip_templates import Templates
from ovix_confgen.rows import SipAccount, SipLine, SipTemplate, SipTransport, SipTrunk

SETTINGS = SipSettings(host="192.0.2.1", named_transports=("transport-udp", "lan"))


def a_template(
    *options: tuple[str, str], parents: Sequence[UUID] = (), **fields: Any
) -> SipTemplate:
    """A template with options of the endpoint."""
    return SipTemplate(
        **{"uuid": uuid4(), "parents": parents, "sections": {"endpoint": options}, **fields}
    )


def rendered(*templates: SipTemplate, **account: Any) -> tuple[list[str], list[str]]:
    """The lines of a device that inherits the last template, and the reasons of what is not."""
    given = {"templates": [templates[-1].uuid] if templates else [], **account}
    line = SipLine(SipAccount("alice", "s3cret", **given), "default")
    text, ignored = render_line(line, SETTINGS, Templates(templates))
    return text.splitlines(), [f"{each.option}: {each.reason}" for each in ignored]


def test_a_device_gets_what_its_template_says() -> None:
    aor = {"aor": [["max_contacts", "5"]], "endpoint": [["rtp_timeout", "60"]]}
    text, ignored = rendered(a_template(sections=aor))
    assert "max_contacts = 5" in text
    assert "max_contacts = 1" not in text
    assert "rtp_timeout = 60" in text
    assert ignored == []


def test_a_template_wins_over_its_parents_and_a_device_over_all() -> None:
    top = a_template(("language", "de_DE"), ("rtp_timeout", "60"), ("tone_zone", "de"))
    bottom = a_template(("language", "it_IT"), ("rtp_timeout", "30"), parents=[top.uuid])
    text, _ = rendered(top, bottom, extra_options=[["rtp_timeout", "10"]])
    for line in ("language = it_IT", "rtp_timeout = 10", "tone_zone = de"):
        assert line in text
    assert "language = de_DE" not in text


def test_templates_that_inherit_each_other_end_somewhere() -> None:
    one, other = uuid4(), uuid4()
    loop = (
        a_template(("language", "de_DE"), uuid=one, parents=[other]),
        a_template(("language", "it_IT"), uuid=other, parents=[one]),
    )
    assert "language = it_IT" in rendered(*loop)[0]


@pytest.mark.parametrize("option", ["context", "transport", "auth", "aors"])
def test_what_the_platform_sets_is_not_inherited(option: str) -> None:
    text, ignored = rendered(a_template((option, "evil")))
    assert "context = default" in text
    assert not [line for line in text if line.endswith("= evil")]
    assert ignored == [f"{option}: is set by the platform"]


def test_other_sections_are_listed_without_their_secrets() -> None:
    sections = {
        "auth": [["password", "hush"], ["realm", "acme"]],
        "outbound_auth": [["password", "hush"]],
        "identify": [["match", "192.0.2.7"]],
    }
    text, ignored = rendered(a_template(sections=sections))
    assert not [line for line in text if "hush" in line or "192.0.2.7" in line]
    assert "realm = acme" in text
    assert ignored == [
        "password: is set by the platform",
        "password: of the outbound_auth section is not inherited",
        "match: is for devices of a fixed address",
    ]


def test_a_trunk_is_known_by_the_addresses_of_its_template() -> None:
    template = a_template(sections={"identify": [["match", "192.0.2.7"]]})
    account = SipAccount("carrier", "s", host="192.0.2.9", templates=[template.uuid])
    text, _ = render_trunk(SipTrunk(account, "from-extern"), SETTINGS, Templates([template]))
    assert "match = 192.0.2.7" in text
    assert "match = 192.0.2.9" in text
    assert "endpoint = carrier" in text


def test_a_device_has_its_own_transport_or_the_one_it_inherits() -> None:
    template = a_template(transport="transport-udp")
    assert "transport = transport-udp" in rendered(template)[0]
    assert "transport = lan" in rendered(template, transport="lan")[0]
    text, ignored = rendered(transport="wan")
    assert not [line for line in text if line.startswith("transport")]
    assert ignored == ["transport: is not served"]


def test_a_stored_transport_is_served_where_it_says() -> None:
    stored = [SipTransport("lan", [["protocol", "tcp"], ["bind", "10.0.0.1:5080"]])]
    text, names, ignored = sip_transports.render(SETTINGS, stored)
    assert names == ["transport-udp", "lan"]
    assert "[lan]\ntype = transport\nprotocol = tcp\nbind = 10.0.0.1:5080\n" in text
    assert ignored == []


def test_a_stored_transport_adds_to_the_one_of_the_settings() -> None:
    stored = [SipTransport("transport-udp", [["protocol", "tcp"], ["cos", "3"]])]
    text, _, ignored = sip_transports.render(SETTINGS, stored)
    assert "protocol = udp" in text
    assert "cos = 3" in text
    assert ignored == []


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("lan", [["protocol", "udp"]], "does not say where to listen"),
        ("lan", [["bind", "10.0.0.1"]], "does not say where to listen"),
        ("transport-wss", [["protocol", "wss"]], "needs the web server"),
        ("a]b", [["protocol", "udp"], ["bind", "10.0.0.1"]], "is no name for a section"),
        ("lan", [["protocol", "carrier pigeon"]], "is not one of"),
    ],
)
def test_a_transport_that_can_not_be_served_is_listed(
    name: str, options: list[list[str]], reason: str
) -> None:
    text, names, ignored = sip_transports.render(SETTINGS, [SipTransport(name, options)])
    assert names == ["transport-udp"]
    assert f"[{name}]" not in text
    assert ignored[0].reason.startswith(reason)
