"""The general settings of the configuration API in the files (F-057, F-212, F-327, F-337)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from ovix_confgen.documents import concerned
from ovix_confgen.generation import Generation
from ovix_confgen.renderers.confbridge import render as render_confbridge
from ovix_confgen.renderers.engine import render_features, render_queues, render_rtp, render_sccp
from ovix_confgen.renderers.sip_general import render as render_pjsip
from ovix_confgen.renderers.voicemail import render_head
from ovix_confgen.settings import ConfgenSettings
from ovix_confgen.source import snapshot
from ovix_schema import EndpointIax, Setting, Trunk
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

Sections = dict[str, list[tuple[str, str]]]
Set = Callable[..., Awaitable[None]]


@pytest_asyncio.fixture(loop_scope="session")
async def options_are(
    company: Any, sessions: async_sessionmaker[AsyncSession]
) -> AsyncIterator[Set]:
    """Sets the options of a section until the test is over."""
    before: dict[str, Any] = {}

    async def write(name: str, content: Any) -> None:
        async with sessions.begin() as session:
            chosen = Setting.name == name
            before.setdefault(name, await session.scalar(select(Setting.content).where(chosen)))
            await session.execute(update(Setting).where(chosen).values(content=content))

    yield lambda name, **options: write(name, options if name == "emails" else {"options": options})
    for name in list(before):
        await write(name, before[name])


@pytest.fixture
def read(generation: Generation, parsed: Any) -> Callable[[str], Sections]:
    """The sections of a file that was rendered."""
    return lambda name: dict(parsed((generation.directory / name).read_text()))


def told(generation: Generation) -> list[tuple[str, str]]:
    """File and option of what Asterisk does not get, but for the company's numbers."""
    states = generation.states.values()
    found = [(each.file, each.option) for state in states for each in state.unsupported]
    return [each for each in found if each[0] != "extensions_contexts.conf"]


async def test_a_fresh_installation_has_the_shipped_values(
    company: Any, generation: Generation, read: Callable[[str], Sections]
) -> None:
    await generation.render()
    features, rtp, pjsip, voicemail = (
        read(f"{name}.conf") for name in ("features", "rtp", "pjsip", "voicemail")
    )
    assert features["featuremap"] == [
        ("atxfer", "*2"), ("automixmon", "*3"), ("blindxfer", "*1"), ("disconnect", "*0"),
    ]  # fmt: skip
    assert ("transferdigittimeout", "5") in features["general"]
    assert [name for name, _ in features["applicationmap"]] == ["togglerecord"]
    assert {("rtpstart", "10000"), ("rtpend", "20000"), ("icesupport", "yes")} <= set(
        rtp["general"]
    )
    assert pjsip["system"] == [("type", "system"), ("timer_b", "32000"), ("timer_t1", "500")]
    assert {("user_agent", "Ovix"), ("default_voicemail_extension", "*98")} <= set(pjsip["global"])
    general = dict(voicemail["general"])
    assert general["mailcmd"] == "/usr/sbin/sendmail -t"
    assert general["emailbody"].startswith(r"Bonjour ${VM_NAME},\n\nun message")
    assert [name for name, _ in voicemail["zonemessages"]][:1] == ["eu-fr"]
    assert ("persistentmembers", "yes") in read("queues.conf")["general"]
    assert read("confbridge.conf")["xivo_default_user"] == [
        ("type", "user"), ("dsp_drop_silence", "yes"), ("talk_detection_events", "yes"),
    ]  # fmt: skip
    assert told(generation) == []


async def test_what_the_api_sets_is_in_the_files(
    options_are: Set, generation: Generation, read: Callable[[str], Sections]
) -> None:
    await options_are("features_featuremap", blindxfer="#1", atxfer="#2", automixmon="*4")
    await options_are("rtp_general", rtpstart="12000", rtpend="12100")
    await options_are("rtp_ice_host_candidates", **{"192.0.2.1": "203.0.113.1"})
    await options_are("pjsip_global", user_agent="Ours", default_voicemail_extension="*99")
    await options_are("pjsip_system", timer_t1="200")
    await options_are("voicemail_general", saydurationm="3", emailbody="Hello;\nyou", tz="eu-fr")
    await generation.render()
    assert read("features.conf")["featuremap"] == [
        ("atxfer", "#2"), ("automixmon", "*4"), ("blindxfer", "#1"),
    ]  # fmt: skip
    assert read("rtp.conf") == {
        "general": [("rtpend", "12100"), ("rtpstart", "12000")],
        "ice_host_candidates": [("192.0.2.1", "203.0.113.1")],
    }
    assert read("pjsip.conf")["global"] == [
        ("type", "global"), ("default_voicemail_extension", "*99"), ("user_agent", "Ours"),
    ]  # fmt: skip
    assert read("pjsip.conf")["system"] == [("type", "system"), ("timer_t1", "200")]
    general = dict(read("voicemail.conf")["general"])
    assert general.pop("externpass").endswith(".passwords echo")
    assert sorted(general.items()) == [
        ("emailbody", r"Hello;\nyou"), ("saydurationm", "3"), ("tz", "eu-fr"),
    ]  # fmt: skip


async def test_what_the_api_says_of_sip_iax_queues_and_conferences_is_in_the_files(
    options_are: Set, generation: Generation, read: Callable[[str], Sections]
) -> None:
    await options_are("sip_general", useragent="Ours", rtptimeout="30", jbenable="yes")
    await options_are("queues_general", autofill="yes", shared_lastcall="no")
    await options_are("confbridge_wazo_default_bridge", type="bridge", max_members="9", chairs="7")
    await options_are("confbridge_wazo_default_user", quiet="yes")
    await options_are("sccp_general", keepalive="20", language="en_US")
    await generation.render()
    assert ("user_agent", "Ours") in read("pjsip.conf")["global"]
    assert ("rtp_timeout", "30") in read("pjsip_lines.conf")["line@endpoint"]
    assert ("rtp_timeout", "30") in read("pjsip_trunks.conf")["trunk@endpoint"]
    assert read("queues.conf") == {"general": [("autofill", "yes"), ("shared_lastcall", "no")]}
    rooms = read("confbridge.conf")
    assert rooms["xivo_default_bridge"] == [("type", "bridge"), ("max_members", "9")]
    assert rooms["xivo_default_user"] == [("type", "user"), ("quiet", "yes")]
    assert ("*", "playback_and_continue(conf-usermenu)") in rooms["xivo-default-user-menu"]
    assert set(told(generation)) == {
        ("pjsip.conf", "jbenable"), ("confbridge.conf", "chairs"), ("sccp.conf", "keepalive"),
    }  # fmt: skip


async def test_iax_is_served_where_the_environment_gives_it_a_port(
    company: Any,
    sessions: async_sessionmaker[AsyncSession],
    generation: Generation,
    settings: ConfgenSettings,
    engine: AsyncEngine,
    read: Callable[[str], Sections],
) -> None:
    async with sessions.begin() as session:
        lyon = EndpointIax(
            name="lyon", type="peer", host="192.0.2.44", native_options={"trunk": "yes"}
        )
        session.add(lyon)
        await session.flush()
        session.add(Trunk(endpoint_iax_id=lyon.id, context="from-extern"))
    await generation.render()
    assert read("iax.conf") == {}
    assert "noload = chan_iax2.so" in (generation.directory / "modules.conf").read_text()
    (peer,) = generation.states["iax.conf"].unsupported
    assert (peer.object, peer.reason) == (
        "endpoint lyon", "IAX is not served: OVIX_IAX_PORT is not set",
    )  # fmt: skip
    serving = settings.model_copy(update={"iax_port": 4570})
    generation = Generation(serving, partial(snapshot, engine))
    await generation.render()
    assert ("bindport", "4570") in read("iax.conf")["general"]
    assert read("iax.conf")["lyon"] == [
        ("type", "peer"), ("host", "192.0.2.44"), ("context", "from-extern"), ("trunk", "yes"),
    ]  # fmt: skip
    assert "chan_iax2" not in (generation.directory / "modules.conf").read_text()


async def test_what_asterisk_would_reject_is_left_out_and_told(
    options_are: Set, generation: Generation, read: Callable[[str], Sections]
) -> None:
    await options_are("pjsip_system", timer_t1="soon", taskpool_max_size="5", timer_b="9000")
    await generation.render()
    assert read("pjsip.conf")["system"] == [("type", "system"), ("timer_b", "9000")]
    ignored = generation.states["pjsip.conf"].unsupported
    assert [(each.option, each.reason) for each in ignored] == [
        ("taskpool_max_size", "is not known to every supported Asterisk"),
        ("timer_t1", "is not a number from 0 to 2147483647"),
    ]


@pytest.mark.parametrize(("section", "options"), [
    ("general", {"transferdigittimeout": "five"}),
    ("general", {"no_such_option": "1"}),
    ("general", {"atxferdropcall": "perhaps"}),
    ("featuremap", {"blindxfer": "one"}),
    ("featuremap", {"blindxfer": "*" * 12}),
    ("featuremap", {"teleport": "*7"}),
    ("applicationmap", {"mine": "*7"}),
    ("applicationmap", {"mine": "*7,anyone,Playback(x)"}),
    ("applicationmap", {"a b": "*7,self,Playback(x)"}),
])  # fmt: skip
def test_a_feature_that_would_take_the_others_along_is_left_out(
    section: str, options: dict[str, str], parsed: Any
) -> None:
    given = [options if section == name else {} for name in ("general", "featuremap")]
    text, (ignored,) = render_features(
        given[0], given[1], options if section == "applicationmap" else {}
    )
    assert dict(parsed(text)) == {"general": [], "featuremap": [], "applicationmap": []}
    assert (ignored.file, ignored.object) == ("features.conf", section)


def test_ports_of_the_environment_win(parsed: Any) -> None:
    text, _ = render_rtp({"rtpstart": "1", "rtpend": "2", "strictrtp": "no"}, {}, 10000, 10099)
    assert dict(parsed(text))["general"] == [
        ("rtpend", "10099"), ("rtpstart", "10000"), ("strictrtp", "no"),
    ]  # fmt: skip


def test_a_mail_command_of_the_environment_wins(parsed: Any) -> None:
    text, _ = render_head({"mailcmd": "mine"}, [], {"mailcmd": "/bin/ours"})
    assert dict(parsed(text))["general"] == [("mailcmd", "/bin/ours")]


def test_programs_for_new_passwords_are_ours(parsed: Any) -> None:
    given = {"externpass": "/bin/mine", "externpassnotify": "/bin/also", "externnotify": "/bin/ok"}
    text, ignored = render_head(given, [], {"externpass": "ours"})
    assert dict(parsed(text))["general"] == [("externnotify", "/bin/ok"), ("externpass", "ours")]
    assert [each.option for each in ignored] == ["externpass", "externpassnotify"]


async def test_passwords_of_a_spool_that_no_command_can_name_are_told(
    company: Any, settings: ConfgenSettings, engine: AsyncEngine
) -> None:
    far = settings.model_copy(update={"voicemail_spool": Path("/" + "far/" * 40)})
    generation = Generation(far, partial(snapshot, engine))
    generation.prepare()
    await generation.render()
    assert told(generation) == [("voicemail.conf", "externpass")]
    assert "externpass" not in (generation.directory / "voicemail.conf").read_text()


async def test_our_sendmail_stands_for_the_systems_once_a_server_is_named(
    options_are: Set, generation: Generation, read: Callable[[str], Sections]
) -> None:
    rules = [
        {"match": "Asterisk", "replacement": "pbx@example.org"},
        {"match": "asterisk", "replacement": "late@example.org"},
        {"match": "x\n[y]", "replacement": "z"},
    ]
    await options_are(
        "emails",
        smtp_host="smtp.example.org:2525",
        domain_name="example.org",
        address_rewriting_rules=rules,
    )
    await generation.render()
    assert read("mail.conf") == {
        "smtp": [("host", "smtp.example.org:2525"), ("domain", "example.org")],
        "senders": [("asterisk", "pbx@example.org")],
    }
    mailcmd = dict(read("voicemail.conf")["general"])["mailcmd"]
    assert mailcmd == f"ovix-sendmail {generation.directory}/mail.conf"
    assert told(generation) == [("mail.conf", "x [y]")]
    await options_are("voicemail_general", mailcmd="/usr/bin/own")
    await generation.render()
    assert dict(read("voicemail.conf")["general"])["mailcmd"] == "/usr/bin/own"


def test_an_event_concerns_the_file_of_its_section() -> None:
    def names(section: str) -> list[str]:
        return [document.name for document in concerned(f"config.{section}")]

    assert names("features_featuremap.edited") == ["features.conf"]
    assert names("rtp_general.edited") == ["rtp.conf"]
    assert names("pjsip_global.updated") == ["pjsip.conf"]
    assert "voicemail.conf" in names("voicemail_general.edited")
    assert names("sip_general.edited") == ["pjsip.conf", "pjsip_lines.conf", "pjsip_trunks.conf"]
    assert names("iax_general.edited") == names("iax_callnumberlimits.edited") == ["iax.conf"]
    assert names("queue_general.edited") == ["queues.conf"]
    assert names("confbridge_wazo_default_user.edited") == ["confbridge.conf"]
    assert names("sccp_general.edited") == ["sccp.conf"]
    dhcp = ["dhcpd.conf", "dhcpd-interfaces", "kea-dhcp4.conf"]
    assert names("dhcp.edited") == names("provisioning.networking.edited") == dhcp
    assert names("ha.edited") == []


HOSTILE = st.text(st.sampled_from(list("a1;][(){}<>\"'\\,=$&#\n\r\t\x00\x1bé")), max_size=20)
OPTIONS = st.dictionaries(
    HOSTILE | st.sampled_from(["user_agent", "xfersound", "atxfer", "mailcmd"]), HOSTILE, max_size=4
)


@given(OPTIONS)
def test_no_option_becomes_structure_of_the_file(options: dict[str, str]) -> None:
    for text, _ in (
        render_rtp(options, options, None, None),
        render_features(options, options, options),
        render_pjsip([], "", options, options),
        render_head(options, [], {}),
        render_queues(options),
        render_sccp(options),
        render_confbridge(options, options),
    ):
        for line in text.splitlines():
            if line.startswith("["):
                assert line.strip("[]").replace("-", "_").isidentifier()
            elif line and not line.startswith("#include"):
                name, equals, value = line.partition(" =")
                assert (equals, name.strip()) == (" =", name)
                assert name
                assert not value.replace("\\;", "").count(";")
