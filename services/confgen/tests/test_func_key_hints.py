"""What the lamps of function keys watch: reference/asterisk.md 3.2 (F-204, F-347)."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_confgen.documents import concerned
from ovix_confgen.generation import Generation
from ovix_confgen.renderers.func_key_hints import FILE, HintWriter
from ovix_confgen.rows import Feature, WatchedKey
from ovix_schema import FuncKey, FuncKeyTemplate, User, UserFuncKeyTemplate
from ovix_testkit.builders import a_user
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

Sessions = async_sessionmaker[AsyncSession]
CODES = {
    "phoneprogfunckey": "_*735.",
    "enablednd": "*25",
    "incallfilter": "*27",
    "fwdunc": "_*21.",
    "fwdbusy": "_*23.",
    "fwdrna": "_*22.",
    "bsfilter": "_*37.",
    "agentstaticlogin": "_*31.",
}


def a_writer(*without: str) -> HintWriter:
    """A writer that knows the stock codes."""
    features = [Feature(name, exten) for name, exten in CODES.items() if name not in without]
    return HintWriter.of(features, frozenset({"user", "xivo-features"}))


def service(name: str) -> dict[str, Any]:
    return {"type": "service", "service": name}


def forward(name: str, exten: str | None = None) -> dict[str, Any]:
    return {"type": "forward", "forward": name, "exten": exten}


def custom(exten: str) -> dict[str, Any]:
    return {"type": "custom", "exten": exten}


@pytest.mark.parametrize(
    ("destination", "exten"),
    [
        (service("enablednd"), "*73512***225"),
        (service("incallfilter"), "*73512***227"),
        (forward("unconditional", "1002"), "*73512***221*1002"),
        (forward("unconditional"), "*73512***221"),
        (forward("busy", "*98"), "*73512***223***398"),
        (forward("noanswer", "+33612345678"), "*73512***222*+33612345678"),
        (custom("*1050"), "*1050"),
        (custom("0612345678"), "0612345678"),
        (custom("A;B"), "AB"),  # as the phone gets it
        ({"type": "bsfilter", "filter_member_id": 7}, "*377"),
        ({"type": "agent", "action": "login", "agent_id": 5}, "*73512***231***35"),
    ],
)
def test_a_lamp_watches_a_device_named_like_what_the_key_dials(
    destination: dict[str, Any], exten: str
) -> None:
    text = a_writer().key(WatchedKey("default", 12, destination))
    assert text == f"[default]\nexten = {exten},hint,Custom:{exten}\n"


def test_each_context_is_opened_once_and_each_hint_is_there_once_in_it() -> None:
    writer = a_writer()
    keys = [
        WatchedKey("default", 12, custom("0612")),
        WatchedKey("default", 13, custom("0612")),
        WatchedKey("default", 13, service("enablednd")),
        WatchedKey("site", 14, custom("0612")),
    ]
    assert "".join(map(writer.key, keys)).splitlines() == [
        "[default]",
        "exten = 0612,hint,Custom:0612",
        "exten = *73513***225,hint,Custom:*73513***225",
        "[site]",
        "exten = 0612,hint,Custom:0612",
    ]


def test_a_disabled_code_has_no_lamp() -> None:
    dnd = WatchedKey("default", 12, service("enablednd"))
    number = WatchedKey("default", 12, custom("0612"))
    assert "hint" not in a_writer("enablednd").key(dnd)
    assert "hint" not in a_writer("phoneprogfunckey").key(dnd)
    assert "hint" in a_writer("phoneprogfunckey").key(number)


@pytest.mark.parametrize("context", ["user", "xivo-features", "a b", "x]"])
def test_contexts_of_the_platform_are_not_added_to(context: str) -> None:
    assert a_writer().key(WatchedKey(context, 12, custom("0612"))) == ""


@pytest.mark.parametrize("exten", ["06(12)", "1,hint,Local/1@user", "[0-9]", "${EXTEN}", "A,B"])
def test_what_can_not_be_watched_is_listed(exten: str) -> None:
    writer = a_writer()
    assert "hint,Custom" not in writer.key(WatchedKey("default", 12, custom(exten)))
    (ignored,) = writer.unsupported
    assert (ignored.file, ignored.object) == (FILE, "function key of user 12")


def test_an_extension_that_is_too_long_is_listed() -> None:
    writer = a_writer()
    assert "hint," not in writer.key(WatchedKey("default", 12, forward("busy", "*" * 40)))
    assert len(writer.unsupported) == 1


@given(exten=st.text(max_size=40), named=st.sampled_from(["custom", "forward"]))
def test_no_key_adds_a_line(exten: str, named: str) -> None:
    destination = custom(exten) if named == "custom" else forward("busy", exten)
    for line in a_writer().key(WatchedKey("default", 12, destination)).splitlines():
        assert line.startswith(("[default]", "exten = ", "; ")), line


@pytest.mark.parametrize(
    "routing_key",
    ["config.funckey.template.edited", "config.users.x.funckeys.templates.updated",
     "config.funckey.template.deleted", "config.users.x.funckeys.templates.deleted"],
)  # fmt: skip
def test_a_change_of_keys_concerns_their_hints_alone(routing_key: str) -> None:
    (document,) = concerned(routing_key)
    assert (document.name, document.modules) == (FILE, ("pbx_config.so",)), "dialplan reload"


@pytest.fixture
def hints(generation: Generation) -> Callable[[], Any]:
    """Renders, and gives the lines of the file that are no comments."""

    async def rendered() -> list[str]:
        await generation.render()
        lines = (generation.directory / FILE).read_text().splitlines()
        return [line for line in lines if line and not line.startswith(";")]

    return rendered


@pytest.fixture
def give(sessions: Sessions) -> Callable[..., Any]:
    """Makes a template with those keys by position, and gives it to users or makes it one's own."""

    async def given_to(
        keys: dict[int, dict[str, Any]], *users: int, private: int | None = None, blf: bool = True
    ) -> None:
        async with sessions.begin() as session:
            template = FuncKeyTemplate(user_id=private)
            session.add(template)
            await session.flush()
            session.add_all(
                FuncKey(template_id=template.id, position=at, destination=destination, blf=blf)
                for at, destination in keys.items()
            )
            session.add_all(
                UserFuncKeyTemplate(user_id=user, template_id=template.id) for user in users
            )

    return given_to


async def test_own_keys_hide_those_of_the_template(company: Any, give: Any, hints: Any) -> None:
    alice, bob = company.alice, company.bob
    await give({1: service("enablednd"), 2: custom("0612")}, alice, bob)
    await give({2: forward("unconditional", "30051"), 3: service("enablednd")}, private=alice)
    assert await hints() == [
        "[default]",
        f"exten = *735{alice}***225,hint,Custom:*735{alice}***225",
        f"exten = *735{alice}***221*30051,hint,Custom:*735{alice}***221*30051",
        f"exten = *735{bob}***225,hint,Custom:*735{bob}***225",
        "exten = 0612,hint,Custom:0612",
    ]


async def test_only_keys_with_a_lamp_of_their_own_have_a_hint(
    company: Any, give: Any, hints: Any
) -> None:
    await give({1: service("enablednd")}, private=company.alice, blf=False)
    others = {
        1: {"type": "user", "user_id": company.alice},
        2: {"type": "parking"},
        3: {"type": "park_position", "position": 701},
        # Bob's own number has its hint where it is dialled.
        4: custom("1001"),
    }
    await give(others, private=company.bob)
    assert await hints() == []


async def test_users_without_a_phone_or_disabled_have_no_hints(
    company: Any, sessions: Sessions, give: Any, hints: Any
) -> None:
    async with sessions.begin() as session:
        nobody = a_user(entity_id=company.entity)
        session.add(nobody)
        await session.flush()
        await session.execute(update(User).where(User.id == company.bob).values(enabled=False))
    await give({1: custom("0612")}, nobody.id, company.bob)
    assert await hints() == []
    async with sessions.begin() as session:
        await session.execute(update(User).values(enabled=True))
    assert await hints() == ["[default]", "exten = 0612,hint,Custom:0612"]
    async with sessions.begin() as session:
        await session.execute(delete(UserFuncKeyTemplate))
    assert await hints() == []
