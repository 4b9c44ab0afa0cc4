"""What our vendors' plugins share: keys that accounts and functions divide, tones of countries."""

from hypothesis import given
from hypothesis import strategies as st
from ovix_provd.surface.vendor import TONES, Key, Line
from ovix_provd.surface.vendor.phone import phone_of

from .configurations import a_line
from .packages import SERVER

_POSITIONS = st.sets(st.integers(1, 12), max_size=8)


@given(_POSITIONS, _POSITIONS)
def test_each_account_and_each_function_key_has_one_place(
    accounts: set[int], functions: set[int]
) -> None:
    raw_config = {
        **SERVER,
        "sip_proxy_ip": "10.20.0.1",
        "sip_lines": {str(position): a_line(position) for position in accounts},
        "funckeys": {
            str(position): {"type": "speeddial", "value": str(position)} for position in functions
        },
    }
    phone = phone_of({}, raw_config, mac="001122aabbcc", zone=None, capacity={})
    places = phone.places()
    assert {place for place, each in places.items() if isinstance(each, Line)} == accounts
    assert sorted(each.position for each in places.values() if isinstance(each, Key)) == sorted(
        functions
    )
    for position in functions - accounts:
        assert places[position].position == position
    moved = [place for place, each in places.items() if each.position != place]
    assert all(set(range(1, place)) <= places.keys() for place in moved)


def test_tones_sound_and_are_silent_by_turns() -> None:
    for tones in TONES.values():
        assert not tones.dial.cadence
        for tone in (tones.ringback, tones.busy, tones.congestion):
            assert len(tone.cadence) in (2, 4)
        assert all(
            1 <= len(tone.frequencies) <= 2
            for tone in (tones.dial, tones.ringback, tones.busy, tones.congestion)
        )
