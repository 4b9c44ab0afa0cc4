"""Messages between the service and its plugin host, in whatever pieces they arrive."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_provd.host.frames import LONGEST, FrameError, FrameReader, frame

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(max_size=300)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text() | st.integers(0, 99), inner, max_size=5)
    ),
    max_leaves=20,
)


@given(st.lists(VALUES, max_size=4), st.integers(1, 50))
def test_messages_arrive_whole_whatever_the_pieces(messages: list[Any], piece: int) -> None:
    wire = b"".join(frame(message) for message in messages)
    reader = FrameReader()
    heard = [
        message
        for at in range(0, len(wire), piece)
        for message in reader.feed(wire[at : at + piece])
    ]
    assert heard == messages


@given(st.binary(max_size=200))
def test_garbage_is_refused_or_waited_for(garbage: bytes) -> None:
    reader = FrameReader(longest=1000)
    with suppress(FrameError):
        list(reader.feed(garbage))


def test_an_announced_length_beyond_the_limit_is_refused_at_once() -> None:
    with pytest.raises(FrameError):
        list(FrameReader().feed((LONGEST + 1).to_bytes(4, "big")))


@pytest.mark.parametrize(
    "value",
    [object(), 2**70, {1: object()}, b"x" * (LONGEST + 1)],
    ids=["object", "huge", "inside", "long"],
)
def test_what_can_t_be_sent_is_said(value: Any) -> None:
    with pytest.raises(FrameError):
        frame(value)


def test_a_lone_surrogate_survives() -> None:
    assert list(FrameReader().feed(frame("\udcff"))) == ["\udcff"]


def test_deep_nesting_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(FrameError):
        frame(deep)
    with pytest.raises(FrameError):
        list(FrameReader().feed((5000).to_bytes(4, "big") + b"\x91" * 5000))
