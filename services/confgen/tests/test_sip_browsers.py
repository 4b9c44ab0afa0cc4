"""Lines of browsers and unique accounts in the files: F-114, F-121, trap 15."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest
from ovix_confgen.renderers import sip_transports
from ovix_confgen.renderers.engine import WebSocketSettings, render_http
from ovix_confgen.renderers.sip_devices import render_line, render_trunk
from ovix_confgen.renderers.sip_general import SipSettings
from ovix_confgen.renderers.sip_templates import Templates
from ovix_confgen.rows import SipAccount, SipLine, SipTemplate, SipTransport, SipTrunk
from ovix_testkit.builders import a_line, a_sip_endpoint, a_user, an_extension

SETTINGS = SipSettings(
    web_sockets=True, named_transports=("transport-udp", "transport-ws", "transport-wss")
)


def rendered(
    native: Mapping[str, str], settings: SipSettings = SETTINGS, **account: Any
) -> tuple[dict[str, list[str]], list[str]]:
    """The lines of each endpoint section by its name, and the reasons of what is not written."""
    line = SipLine(
        SipAccount("alice", "s3cret", native_options=native, **account),
        "default",
        user_id=12,
        user_uuid=uuid4(),
        caller_id='"Alice"',
        exten="1000",
        exten_context="default",
        mailbox="1000@default",
    )
    text, ignored = render_line(line, settings)
    endpoints = {}
    for part in text.split("\n["):
        head, *lines = part.removeprefix("[").splitlines()
        if head.endswith("(line@endpoint)"):
            endpoints[head.partition("]")[0]] = [each for each in lines if each]
    return endpoints, [f"{each.option}: {each.reason}" for each in ignored]


def test_a_browser_gets_what_it_can_not_do_without() -> None:
    endpoints, ignored = rendered({"webrtc": "yes"})
    assert ignored == []
    assert list(endpoints) == ["alice"]
    for option in (
        "webrtc = yes",
        "media_encryption = dtls",
        "dtls_auto_generate_cert = yes",
        "transport = transport-wss",
        "allow = !all,opus,g722,alaw,ulaw",
        "timers = always",
    ):
        assert option in endpoints["alice"]


def test_a_browser_line_has_its_own_codecs_and_is_always_encrypted() -> None:
    endpoints, _ = rendered({"webrtc": "yes", "allow": "alaw", "encryption": "yes"})
    assert "allow = !all,alaw" in endpoints["alice"]
    assert "media_encryption = dtls" in endpoints["alice"]
    assert "media_encryption = sdes" not in endpoints["alice"]


@pytest.mark.parametrize("webrtc", ["no", ""])
def test_a_desk_phone_gets_none_of_it(webrtc: str) -> None:
    endpoints, _ = rendered({"webrtc": webrtc})
    written = "\n".join(endpoints["alice"])
    assert "dtls" not in written
    assert "transport" not in written
    assert "webrtc = yes" not in written


def test_a_template_makes_a_browser_too_and_its_values_win() -> None:
    template = SipTemplate(uuid4(), sections={"endpoint": [["webrtc", "yes"], ["allow", "opus"]]})
    account = SipAccount("alice", "s3cret", templates=[template.uuid])
    text, _ = render_line(SipLine(account, "default"), SETTINGS, Templates([template]))
    assert "webrtc = yes" in text
    assert "allow = opus" in text
    assert "g722" not in text
    assert "transport = transport-wss" in text


def test_f121_a_unique_account_is_a_desk_phone_and_a_browser_of_one_user() -> None:
    endpoints, ignored = rendered({"webrtc": "ua"})
    assert ignored == []
    assert list(endpoints) == ["alice", "alice_w"]
    for name, lines in endpoints.items():
        assert f"aors = {name}" in lines
        assert f"auth = {name}" in lines
        for same in ("context = default", "set_var = XIVO_USERID=12", "mailboxes = 1000@default",
                     'callerid = "Alice" <1000>', "set_var = PICKUPMARK=1000%default"):  # fmt: skip
            assert same in lines
    assert "webrtc = yes" in endpoints["alice_w"]
    assert "webrtc = no" in endpoints["alice"]


def test_both_devices_of_a_unique_account_have_one_password() -> None:
    account = SipAccount("alice", "s3cret", native_options={"webrtc": "ua"})
    text, _ = render_line(SipLine(account, "default"), SETTINGS)
    for name in ("alice", "alice_w"):
        assert (
            f"[{name}]\ntype = auth\nauth_type = userpass\nusername = {name}\npassword = s3cret"
            in (text)
        )
    assert text.count("max_contacts = 1") == 2


def test_f114_codecs_of_a_unique_account_are_the_browsers() -> None:
    endpoints, _ = rendered({"webrtc": "ua", "disallow": "all", "allow": "opus,alaw"})
    assert "allow = !all,opus,alaw" in endpoints["alice_w"]
    assert not [each for each in endpoints["alice"] if each.startswith("allow = ")]
    # As pairs of an older client, too.
    endpoints, _ = rendered({"webrtc": "ua"}, extra_options=[["allow", "gsm"]])
    assert "allow = !all,gsm" in endpoints["alice_w"]
    assert not [each for each in endpoints["alice"] if each.startswith("allow = ")]


def test_what_is_about_the_phones_network_is_not_the_browsers() -> None:
    options = {"webrtc": "ua", "transport": "udp", "nat": "comedia", "username": "login"}
    endpoints, ignored = rendered(options, transport="transport-udp")
    assert ignored == []
    assert "transport = transport-udp" in endpoints["alice"]
    assert "rtp_symmetric = yes" in endpoints["alice"]
    assert "transport = transport-wss" in endpoints["alice_w"]
    assert "rtp_symmetric = yes" not in endpoints["alice_w"]


def test_an_encrypted_unique_account_is_encrypted_as_each_device_can() -> None:
    """F-117."""
    endpoints, _ = rendered({"webrtc": "ua", "encryption": "yes"})
    assert "media_encryption = sdes" in endpoints["alice"]
    assert "media_encryption = dtls" in endpoints["alice_w"]


def test_without_web_sockets_a_browser_is_listed() -> None:
    _, ignored = rendered({"webrtc": "yes"}, SipSettings(named_transports=("transport-udp",)))
    assert ignored == ["webrtc: has no web socket to come by: OVIX_SIP_WS_PORT is 0"]


def test_a_trunk_is_no_unique_account() -> None:
    account = SipAccount("carrier", "x", host="192.0.2.1", native_options={"webrtc": "ua"})
    text, (ignored,) = render_trunk(SipTrunk(account, "from-extern"), SETTINGS)
    assert ignored.reason == "is for lines"
    assert "carrier_w" not in text


def test_transports_of_browsers_are_served_by_the_web_server() -> None:
    stored = [
        SipTransport("transport-wss", [["protocol", "wss"]]),
        SipTransport("mine", [["protocol", "ws"], ["bind", "0.0.0.0"]]),
    ]
    text, names, ignored = sip_transports.render(SipSettings(web_sockets=True), stored)
    assert names == ["transport-udp", "transport-ws", "transport-wss", "mine"]
    assert "[transport-wss]\ntype = transport\nprotocol = wss\n" in text
    assert ignored == []


def test_the_web_server_is_off_or_offers_web_sockets_alone() -> None:
    assert "enabled = no" in render_http(WebSocketSettings())
    plain = render_http(WebSocketSettings(port=5039))
    assert "bindaddr = 127.0.0.1\nbindport = 5039\n" in plain
    assert "enable_static = no\nenable_status = no\n" in plain
    assert "tls" not in plain
    tls = render_http(
        WebSocketSettings(port=5039, tls_port=443, tls_certificate="/c", tls_key="/k")
    )
    assert "tlsbindaddr = 0.0.0.0:443\ntlscertfile = /c\ntlsprivatekey = /k\n" in tls


async def test_hints_and_fallbacks_know_both_devices_of_a_unique_account(
    company: Any, sessions: Any, generation: Any
) -> None:
    from ovix_schema import LineExtension, UserLine

    async with sessions.begin() as session:
        user = a_user(firstname="Zoe", entity_id=company.entity)
        endpoint = a_sip_endpoint(username="zoe", native_options={"webrtc": "ua"})
        exten = an_extension("default", exten="1042")
        session.add_all([user, endpoint, exten])
        await session.flush()
        line = a_line("default", endpoint_sip_id=endpoint.id)
        session.add(line)
        await session.flush()
        session.add(UserLine(user_id=user.id, line_id=line.id, main_user=True, main_line=True))
        session.add(LineExtension(line_id=line.id, extension_id=exten.id, main_extension=True))
    await generation.render()
    contexts = (generation.directory / "extensions_contexts.conf").read_text()
    assert "exten = 1042,hint,PJSIP/zoe&PJSIP/zoe_w\n" in contexts
    fallbacks = (generation.directory / "extensions_fallbacks.conf").read_text()
    assert "Set(XIVO_FALLBACK_INTERFACE=PJSIP/zoe&PJSIP/zoe_w)" in fallbacks
