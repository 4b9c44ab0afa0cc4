"""Calls in both directions over one connection."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import pytest_asyncio
from ovix_provd.host.channel import CallFailed, Channel, ChannelClosed, Failure

Pair = tuple[Channel, Channel]


def answers(call: int, method: str, limit_s: float, arguments: Sequence[Any]) -> Any:
    """What the other end does."""
    if method == "twice":
        return 2 * arguments[0]
    if method == "refuse":
        raise CallFailed(Failure.KEY, "not that")
    if method == "late":
        return _late(*arguments)
    if method == "never":
        return asyncio.get_running_loop().create_future()
    return object()


async def _late(value: Any, ticks: int) -> Any:
    for _ in range(ticks):
        await asyncio.sleep(0)
    return value


async def _connected(channel: Channel, end: socket.socket) -> None:
    end.setblocking(False)
    await asyncio.get_running_loop().create_unix_connection(lambda: channel, sock=end)


@pytest_asyncio.fixture
async def pair() -> AsyncIterator[Pair]:
    def lost() -> None:
        pass

    one = Channel(answers, lambda method, arguments: None, lost)
    other = Channel(answers, lambda method, arguments: None, lost)
    ends = socket.socketpair()
    await _connected(one, ends[0])
    await _connected(other, ends[1])
    yield one, other
    one.close()
    other.close()
    await asyncio.sleep(0)


async def test_both_ends_may_ask(pair: Pair) -> None:
    assert await pair[0].call("twice", 4) == 8
    assert await pair[1].call("twice", b"ab") == b"abab"


async def test_answers_find_their_calls_in_any_order(pair: Pair) -> None:
    asked = [pair[0].call("late", number, 30 - number) for number in range(30)]
    assert await asyncio.gather(*asked) == list(range(30))


async def test_a_refusal_keeps_its_kind(pair: Pair) -> None:
    with pytest.raises(CallFailed, match="not that") as caught:
        await pair[0].call("refuse")
    assert caught.value.kind is Failure.KEY


async def test_an_answer_that_can_t_be_sent_is_a_failure(pair: Pair) -> None:
    with pytest.raises(CallFailed, match="can't be sent"):
        await pair[0].call("unknown")


async def test_who_waits_learns_that_the_other_end_is_gone(pair: Pair) -> None:
    waiting = asyncio.create_task(pair[0].call("never"))
    await asyncio.sleep(0.01)
    pair[1].close()
    with pytest.raises(ChannelClosed):
        await waiting
    with pytest.raises(ChannelClosed):
        await pair[0].call("twice", 1)


async def test_calls_of_one_turn_of_the_loop_go_out_in_one_write(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    transport: Any = pair[0]._transport

    class Counting:
        def write(self, data: bytes) -> None:
            written.append(len(data))
            transport.write(data)

    monkeypatch.setattr(pair[0], "_transport", Counting())
    monkeypatch.setattr("ovix_provd.host.channel.TOGETHER_WITHIN_S", 60.0)
    assert await asyncio.gather(*(pair[0].call("twice", n) for n in range(20))) == [
        2 * n for n in range(20)
    ]
    assert len(written) == 1
    monkeypatch.setattr("ovix_provd.host.channel.TOGETHER_WITHIN_S", -1.0)
    await asyncio.gather(*(pair[0].call("twice", n) for n in range(20)))
    assert len(written) > 2


@pytest.mark.parametrize(
    "garbage",
    [
        b"\xff\xff\xff\xff",
        b"\0\0\0\x01\xc1",
        b"\0\0\0\x01\x01",
        b"\0\0\0\x02\x91\x09",
        b"\0\0\0\x02\x91\x00",
        b"\0\0\0\x04\x93\x01\xa1x",
    ],
)
async def test_garbage_ends_the_connection(garbage: bytes) -> None:
    gone = asyncio.Event()
    channel = Channel(answers, lambda method, arguments: None, gone.set)
    ours, theirs = socket.socketpair()
    await _connected(channel, ours)
    with theirs:
        theirs.sendall(garbage + b"\0" * 8)
        await asyncio.wait_for(gone.wait(), 60)


async def test_notices_are_heard_and_not_answered() -> None:
    heard: list[tuple[str, list[Any]]] = []
    come = asyncio.Event()

    def hear(method: str, arguments: Sequence[Any]) -> None:
        heard.append((method, list(arguments)))
        come.set()

    def nothing() -> None:
        pass

    ends = socket.socketpair()
    one, other = Channel(answers, hear, nothing), Channel(answers, hear, nothing)
    await _connected(one, ends[0])
    await _connected(other, ends[1])
    other.notice("progress", 1, None)
    await asyncio.wait_for(come.wait(), 60)
    assert heard == [("progress", [1, None])]
    one.close()
    other.close()
