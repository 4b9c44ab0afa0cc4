"""Boss-secretary filters: who is rung, by examples and by properties (F-424, F-427, F-429)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_telephony.call_filters import (
    MODE_OF,
    CallFilter,
    Mode,
    Ring,
    Secretary,
    Source,
    Strategy,
    applying,
    plan,
)

BOSS = "PJSIP/boss"
ONE, TWO = Secretary(11, True, "PJSIP/one", 10), Secretary(12, True, "PJSIP/two", 0)
ASLEEP = Secretary(13, False, "PJSIP/three", 10)


def a_filter(
    strategy: Strategy = Strategy.EVERYONE,
    *secretaries: Secretary,
    source: Source = Source.ALL,
    identifier: int = 1,
) -> CallFilter:
    return CallFilter(identifier, strategy, source, secretaries or (ONE, ASLEEP, TWO), 12, 30)


@pytest.mark.parametrize(
    ("strategy", "mode", "rounds"),
    [
        ("all-recipients-then-linear-surrogates", "bossfirst-serial",
         [("PJSIP/boss", 12), ("PJSIP/one", 10), ("PJSIP/two", None)]),
        ("all-recipients-then-all-surrogates", "bossfirst-simult",
         [("PJSIP/boss", 12), ("PJSIP/one&PJSIP/two", 30)]),
        ("linear-surrogates-then-all-recipients", "secretary-serial",
         [("PJSIP/one", 10), ("PJSIP/two", None)]),
        ("all-surrogates-then-all-recipients", "secretary-simult", [("PJSIP/one&PJSIP/two", 30)]),
        ("all", "all", [("PJSIP/boss&PJSIP/one&PJSIP/two", 30)]),
    ],
)  # fmt: skip
def test_each_strategy_rings_in_its_order(
    strategy: str, mode: str, rounds: list[tuple[str, int | None]]
) -> None:
    made = plan(a_filter(Strategy(strategy)), BOSS)
    assert made.mode == mode
    assert made.rounds() == tuple(Ring(*each) for each in rounds)


@pytest.mark.parametrize(
    ("strategy", "mode"),
    [
        (Strategy.BOSS_THEN_EACH, Mode.SECRETARY_SERIAL),
        (Strategy.BOSS_THEN_ALL, Mode.SECRETARY_SIMULT),
        (Strategy.EVERYONE, Mode.SECRETARY_SIMULT),
        (Strategy.EACH, Mode.SECRETARY_SERIAL),
        (Strategy.ALL_SECRETARIES, Mode.SECRETARY_SIMULT),
    ],
)
def test_a_boss_who_is_not_to_be_disturbed_is_not_rung(strategy: Strategy, mode: Mode) -> None:
    made = plan(a_filter(strategy), BOSS, boss_is_away=True)
    assert made.mode is mode
    assert made.boss is None
    assert all(BOSS not in each.interface for each in made.rounds())


@pytest.mark.parametrize(
    ("source", "external", "filtered"),
    [
        (Source.ALL, True, True), (Source.ALL, False, True), (Source.INTERNAL, False, True),
        (Source.INTERNAL, True, False), (Source.EXTERNAL, True, True),
        (Source.EXTERNAL, False, False),
    ],
)  # fmt: skip
def test_a_filter_is_for_calls_from_where_it_says(
    source: Source, external: bool, filtered: bool
) -> None:
    one = a_filter(source=source)
    assert (applying([one], caller=7, external=external) is one) == filtered


def test_of_several_filters_the_first_that_is_on_and_fits_counts() -> None:
    off = a_filter(Strategy.EVERYONE, ASLEEP, identifier=1)
    inside = a_filter(source=Source.INTERNAL, identifier=2)
    outside = a_filter(source=Source.EXTERNAL, identifier=3)
    assert applying([off, inside, outside], caller=7, external=False) is inside
    assert applying([off, inside, outside], caller=7, external=True) is outside
    assert applying([off], caller=7, external=True) is None


def test_every_strategy_has_a_mode_of_its_own() -> None:
    assert MODE_OF.keys() == set(Strategy)
    assert set(MODE_OF.values()) == set(Mode)


seconds = st.none() | st.integers(0, 600)
secretaries = st.builds(
    Secretary,
    user_id=st.integers(1, 6),
    active=st.booleans(),
    interface=st.sampled_from(["", "PJSIP/a", "PJSIP/b&PJSIP/c", "Local/1@default"]),
    ring_seconds=seconds,
)
filters = st.lists(
    st.builds(
        CallFilter,
        id=st.integers(1, 9),
        strategy=st.sampled_from(Strategy),
        source=st.sampled_from(Source),
        secretaries=st.lists(secretaries, max_size=5).map(tuple),
        boss_timeout=seconds,
        secretaries_timeout=seconds,
    ),
    max_size=4,
)


@given(given_filters=filters, caller=st.none() | st.integers(1, 8), external=st.booleans())
def test_a_call_is_filtered_by_a_filter_that_is_on_and_never_one_of_a_secretary(
    given_filters: list[CallFilter], caller: int | None, external: bool
) -> None:
    """F-427, F-429."""
    found = applying(given_filters, caller=caller, external=external)
    if found is None:
        return
    assert any(each.active and each.interface for each in found.secretaries)
    assert found.source in ("all", "external" if external else "internal")
    assert caller not in {each.user_id for one in given_filters for each in one.secretaries}


@given(given_filters=filters, away=st.booleans())
def test_exactly_the_active_secretaries_with_a_phone_are_rung_each_once(
    given_filters: list[CallFilter], away: bool
) -> None:
    """A round is never without an interface, and no time of 0 cuts one short."""
    found = applying(given_filters, caller=None, external=True)
    if found is None:
        return
    rounds = plan(found, BOSS, boss_is_away=away).rounds()
    rung = "&".join(each.interface for each in rounds)
    wanted = [each.interface for each in found.secretaries if each.active and each.interface]
    assert rung.removeprefix(f"{BOSS}&") == "&".join(wanted)
    assert all(each.interface and each.seconds != 0 for each in rounds)
    assert not (away and BOSS in rung)
