"""What the test phones call a tone, silence and a digit."""

import pytest
from ovix_testkit.phones_media import FRAME, LINEAR, Session, loudness, share_of_tone, tone

SILENCE = b"\xff" * FRAME


@pytest.mark.parametrize("hertz", [300, 450, 615, 620, 1000, 3333])
def test_any_tone_is_recognised_and_no_other(hertz: int) -> None:
    frames = tone(hertz)
    for first in (0, 7, 40):
        heard = b"".join(frames[first : first + 10])
        assert share_of_tone(heard, hertz) > 0.95
        assert share_of_tone(heard, hertz + 50) < 0.1


def test_a_tone_repeats_without_a_click() -> None:
    frames = tone(620)
    assert share_of_tone(b"".join((*frames[-5:], *frames[:5])), 620) > 0.95


def test_silence_is_no_tone() -> None:
    assert loudness(SILENCE) == 0
    assert loudness(b"") == 0
    assert share_of_tone(SILENCE, 450) == 0


def test_the_code_table_is_that_of_g711() -> None:
    assert (LINEAR[0xFF], LINEAR[0x7F]) == (0, 0)
    assert (LINEAR[0x80], LINEAR[0x00]) == (32124, -32124)


def test_a_description_is_read() -> None:
    session = Session.parse(
        b"v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 8 0 96\r\n"
        b"a=rtpmap:96 telephone-event/8000\r\na=sendonly\r\n"
    )
    assert session == Session("192.0.2.1", 4000, "sendonly", (8, 0, 96), 96)
    assert Session.parse(b"v=0\r\n") is None
