"""The general settings of the configuration API in the files (F-057, F-212, F-327, F-337)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from ovix_confgen.documents import concerned
from ovix_confgen.generation import Generation
from ovix_confgen.renderers.engine import render_features, render_rtp
from ovix_confgen.renderers.sip_general import render as render_pjsip
from ovix_confgen.renderers.voicemail import render_head
from ovix_schema import Setting
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

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

    yield lambda name, **options: write(name, {"options": options})
    for name in list(before):
        await write(name, before[name])


@pytest.fixture
def read(generation: Generation, parsed: Any) -> Callable[[str], Sections]:
    """The sections of a file that was rendered."""
    return lambda name: dict(parsed((generation.directory / name).read_text()))


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
    files = ("features.conf", "rtp.conf", "pjsip.conf", "voicemail.conf")
    assert [each for name in files for each in generation.states[name].unsupported] == []


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
    assert read("voicemail.conf")["general"] == [
        ("emailbody", r"Hello;\nyou"), ("saydurationm", "3"), ("tz", "eu-fr"),
    ]  # fmt: skip


async def test_what_asterisk_would_reject_is_left_out_and_told(
    options_are: Set, generation: Generation, read: Callable[[str], Sections]
) -> None:
    await options_are("pjsip_system", timer_t1="soon", taskpool_max_size="5", timer_b="9000")
    await generation.render()
    assert read("pjsip.conf")["system"] == [("type", "system"), ("timer_b", "9000")]
    told = generation.states["pjsip.conf"].unsupported
    assert [(each.option, each.reason) for each in told] == [
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
    text, _ = render_head({"mailcmd": "mine"}, [], "/bin/ours")
    assert dict(parsed(text))["general"] == [("mailcmd", "/bin/ours")]


def test_an_event_concerns_the_file_of_its_section() -> None:
    def names(section: str) -> list[str]:
        return [document.name for document in concerned(f"config.{section}")]

    assert names("features_featuremap.edited") == ["features.conf"]
    assert names("rtp_general.edited") == ["rtp.conf"]
    assert names("pjsip_global.updated") == ["pjsip.conf"]
    assert "voicemail.conf" in names("voicemail_general.edited")
    assert names("sip_general.edited") == names("dhcp.edited") == []


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
        render_head(options, []),
    ):
        for line in text.splitlines():
            if line.startswith("["):
                assert line.strip("[]").replace("-", "_").isidentifier()
            elif line and not line.startswith("#include"):
                name, equals, value = line.partition(" =")
                assert (equals, name.strip()) == (" =", name)
                assert name
                assert not value.replace("\\;", "").count(";")
