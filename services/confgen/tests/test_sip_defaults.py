"""``/asterisk/sip/general`` in the files of PJSIP (F-112, F-228 to F-253)."""

import pytest
from ovix_confgen.renderers.sip_defaults import SHIPPED, Defaults, defaults_of, over_shipped
from ovix_confgen.renderers.sip_devices import LINE, TRUNK, render_defaults, render_line
from ovix_confgen.renderers.sip_general import SHIPPED_GLOBAL, SHIPPED_SYSTEM, SipSettings
from ovix_confgen.renderers.sip_transports import render as render_transports
from ovix_confgen.rows import Section, SipAccount, SipLine
from ovix_schema import Setting
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

ENVIRONMENT = SipSettings(host="192.0.2.1")


def general(*ordered: list[str], **options: str) -> Defaults:
    """What follows from the section of these options, beside what is shipped."""
    given = {name.replace("__", "-"): text for name, text in options.items()}
    content = {"options": {**SHIPPED, **given}, "ordered_options": list(ordered)}
    return defaults_of(Section("sip_general", content), ENVIRONMENT)


def devices(found: Defaults, kind: str = LINE) -> list[str]:
    """The lines of the template that devices of a kind start from."""
    return render_defaults(kind, found.settings, found.device).splitlines()


def reasons(found: Defaults) -> dict[str, str]:
    """Why an option has no effect."""
    return {each.option: each.reason for each in found.unsupported}


async def test_what_is_shipped_changes_nothing(
    clean_database: str, sessions: async_sessionmaker[AsyncSession]
) -> None:
    async with sessions() as session:
        stored = {row.name: row.content for row in await session.scalars(select(Setting))}
    assert stored["sip_general"]["options"] == SHIPPED
    assert stored["pjsip_global"]["options"] == SHIPPED_GLOBAL
    assert stored["pjsip_system"]["options"] == SHIPPED_SYSTEM
    found = defaults_of(Section("sip_general", stored["sip_general"]), ENVIRONMENT)
    assert found.settings == ENVIRONMENT
    assert devices(found) == render_defaults(LINE, ENVIRONMENT).splitlines()
    assert (found.globals, found.system, found.unsupported) == ({}, {}, [])


@pytest.mark.parametrize(("option", "text", "written"), [
    ("dtmfmode", "info", "dtmf_mode = info"),
    ("nat", "force_rport,comedia", "rtp_symmetric = yes"),
    ("qualify", "yes", "qualify_frequency = 60"),
    ("qualifyfreq", "25", "qualify_frequency = 25"),
    ("rtptimeout", "30", "rtp_timeout = 30"),
    ("rtpkeepalive", "5", "rtp_keepalive = 5"),
    ("session__timers", "originate", "timers = always"),
    ("session__expires", "1800", "timers_sess_expires = 1800"),
    ("maxexpiry", "600", "maximum_expiration = 600"),
    ("directmedia", "yes", "direct_media = yes"),
    ("encryption", "yes", "media_encryption = sdes"),
    ("videosupport", "yes", "max_video_streams = 1"),
    ("sendrpid", "rpid", "send_rpid = yes"),
    ("trustrpid", "yes", "trust_id_inbound = yes"),
    ("language", "en_US", "language = en_US"),
    ("vmexten", "*99", "voicemail_extension = *99"),
    ("notifyringing", "no", "notify_early_inuse_ringing = no"),
    ("use_q850_reason", "yes", "suppress_q850_reason_headers = no"),
    ("tos_audio", "ef", "tos_audio = ef"),
    ("cos_video", "4", "cos_video = 4"),
    ("fromdomain", "example.org", "from_domain = example.org"),
    ("outboundproxy", "192.0.2.7:5070,force", "outbound_proxy = sip:192.0.2.7:5070\\;lr"),
    ("t38pt_udptl", "yes,fec", "t38_udptl_ec = fec"),
])  # fmt: skip
@pytest.mark.parametrize("kind", [LINE, TRUNK])
def test_devices_get_what_was_chosen_for_all(
    kind: str, option: str, text: str, written: str
) -> None:
    found = general(**{option: text})
    assert written in devices(found, kind)
    assert found.unsupported == []


def test_a_caller_id_for_all_is_that_of_lines_alone() -> None:
    """A trunk with one would hide who calls."""
    found = general(callerid="Company; <0199>")
    assert r"callerid = Company\; <0199>" in devices(found)
    assert not [line for line in devices(found, TRUNK) if line.startswith("callerid")]


def test_codecs_are_allowed_in_the_order_in_which_they_are_said() -> None:
    found = general(["disallow", "all"], ["allow", "ulaw,gsm"], ["allow", "speex"])
    assert "allow = !all,ulaw,gsm,speex" in devices(found)
    found = general(["allow", "alaw,gsm,g722"], ["disallow", "gsm"])
    assert "allow = !all,alaw,g722" in devices(found)


def test_a_line_of_its_own_mind_beats_the_default() -> None:
    account = SipAccount("alice", "s3cret", native_options={"dtmfmode": "rfc2833", "allow": "alaw"})
    text, _ = render_line(SipLine(account, "default"), general(dtmfmode="info").settings)
    assert "dtmf_mode = rfc4733" in text.splitlines()
    assert "allow = !all,alaw" in text.splitlines()


@pytest.mark.parametrize(("of_all", "of_line", "allowed"), [
    ("no", None, "!all,ulaw"), ("no", "yes", "!all,ulaw,h264"),
    ("yes", None, "!all,ulaw,h264"), ("yes", "no", "!all,ulaw"),
])  # fmt: skip
def test_video_has_to_be_asked_for(of_all: str, of_line: str | None, allowed: str) -> None:
    options = {"allow": "ulaw,h264", "videosupport": of_line}
    account = SipAccount("alice", "s3cret", native_options=options)
    found = general(videosupport=of_all)
    text, ignored = render_line(SipLine(account, "default"), found.settings)
    assert f"allow = {allowed}" in text.splitlines()
    assert [each.value for each in ignored] == ([] if "h264" in allowed else ["h264"])


def test_video_codecs_of_all_need_video_for_all() -> None:
    codecs = ["allow", "ulaw,h263"]
    assert "allow = !all,ulaw" in devices(general(codecs))
    assert reasons(general(codecs)) == {"allow": "is video, which needs videosupport=yes"}
    assert "allow = !all,ulaw,h263" in devices(general(codecs, videosupport="yes"))


def test_the_transports_get_addresses_and_types_of_service() -> None:
    found = general(
        ["localnet", "10.0.0.0/255.0.0.0"],
        ["localnet", "192.168.0.0/16"],
        externip="203.0.113.9",
        tos_sip="cs3",
        cos_sip="3",
        tcpenable="yes",
        externtcpport="5065",
    )
    text, names, unserved = render_transports(found.settings, [])
    assert (names, unserved, found.unsupported) == (["transport-udp", "transport-tcp"], [], [])
    udp, tcp = (part.splitlines() for part in text.split("\n\n")[:2])
    assert {
        "external_signaling_address = 203.0.113.9",
        "external_media_address = 203.0.113.9",
        "local_net = 10.0.0.0/255.0.0.0",
        "local_net = 192.168.0.0/16",
        "tos = cs3",
        "cos = 3",
    } <= set(udp)
    assert ("external_signaling_port = 5065" in tcp, "external_signaling_port = 5065" in udp) == (
        True,
        False,
    )


def test_tls_is_served_with_a_certificate_and_refused_without() -> None:
    found = general(
        tlsenable="yes",
        tlscertfile="/etc/ovix/tls.pem",
        tlsbindaddr="0.0.0.0:5071",
        tlsdontverifyserver="yes",
        tlscafile="/etc/ovix/ca.pem",
    )
    text, names, _ = render_transports(found.settings, [])
    assert names == ["transport-udp", "transport-tls"]
    tls = text.split("\n\n")[1].splitlines()
    assert {
        "bind = 192.0.2.1:5071",
        "cert_file = /etc/ovix/tls.pem",
        "priv_key_file = /etc/ovix/tls.pem",
        "ca_list_file = /etc/ovix/ca.pem",
        "verify_server = no",
    } <= set(tls)
    assert reasons(general(tlsenable="yes")) == {"tlsenable": "needs tlscertfile"}


def test_the_environment_says_where_to_listen_and_wins_over_addresses() -> None:
    assert reasons(general(bindport="5070")) == {"bindport": "is set by OVIX_SIP_PORT"}
    mine = SipSettings(external_address="198.51.100.1")
    section = Section("sip_general", {"options": {"externip": "203.0.113.9"}})
    assert defaults_of(section, mine).settings == mine


@pytest.mark.parametrize(("option", "text"), [
    ("jbenable", "yes"), ("hash_users", "17"), ("relaxdtmf", "yes"), ("autocreatepeer", "no"),
    ("allowguest", "yes"), ("context", "guests"), ("match", "192.0.2.1"), ("dtmfmode", "shouted"),
    ("rtptimeout", "soon"), ("transport", "tls"), ("no_such_option", "1"),
])  # fmt: skip
def test_what_pjsip_has_no_place_for_is_told(option: str, text: str) -> None:
    found = general(**{option: text})
    assert list(reasons(found)) == [option]
    assert devices(found) == devices(general())


def test_an_object_of_pjsip_follows_its_own_choice_then_sip_conf_then_what_is_shipped() -> None:
    found = general(timer1="300", timerb="16000", useragent="Ours", realm="company")
    assert found.globals == {"user_agent": "Ours", "default_realm": "company"}
    assert over_shipped(SHIPPED_SYSTEM, SHIPPED_SYSTEM, {}) == SHIPPED_SYSTEM
    assert over_shipped(SHIPPED_SYSTEM, SHIPPED_SYSTEM, found.system) == {
        "timer_t1": "300",
        "timer_b": "16000",
    }
    chosen = {**SHIPPED_SYSTEM, "timer_t1": "200"}
    assert over_shipped(chosen, SHIPPED_SYSTEM, found.system)["timer_t1"] == "200"
