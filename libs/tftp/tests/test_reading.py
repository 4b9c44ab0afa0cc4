"""A transfer without a network: blocks, acknowledgements, repetitions, and how it ends."""

import io
from collections.abc import Sequence

import pytest
from ovix_testkit.tftp import Receiver
from ovix_tftp.packets import Options, ack, data, error, oack
from ovix_tftp.reading import Outcome, ReadTransfer

LETTERS = bytes(range(256)) * 5


def transfer(
    content: bytes, *options: tuple[bytes, bytes], size: int | None = None
) -> ReadTransfer:
    return ReadTransfer(io.BytesIO(content), options, size=size)


def read(content: bytes, options: Options = ()) -> tuple[ReadTransfer, Receiver, int]:
    """The whole conversation over a perfect network; how many DATA and OACK it took."""
    sender = ReadTransfer(io.BytesIO(content), options, size=len(content))
    receiver = Receiver(b"name", options)
    sent = 0
    datagrams: Sequence[bytes] = sender.start()
    while datagrams:
        sent += len(datagrams)
        answers = [answer for each in tuple(datagrams) for answer in receiver.received(each)]
        datagrams = [each for answer in answers for each in sender.received(answer)]
    return sender, receiver, sent


def test_a_file_comes_in_blocks_of_512() -> None:
    """Acceptance I6."""
    sender = transfer(LETTERS + b"the end, 20 bytes on"[:20])
    blocks = [*sender.start()]
    blocks += sender.received(ack(1))
    blocks += sender.received(ack(2))
    assert [len(each) - 4 for each in blocks] == [512, 512, 276]
    assert sender.outcome is None
    assert sender.received(ack(3)) == []
    assert sender.outcome is Outcome.SERVED


@pytest.mark.parametrize(("size", "blocks"), [(1024, 3), (0, 1), (511, 1), (512, 2)])
def test_the_last_block_is_short_or_empty(size: int, blocks: int) -> None:
    """Acceptance I7."""
    sender, receiver, sent = read(LETTERS[:size])
    assert (bytes(receiver.content), receiver.done, sent) == (LETTERS[:size], True, blocks)
    assert sender.outcome is Outcome.SERVED


def test_accepted_options_are_acknowledged_before_data() -> None:
    """Acceptance I8."""
    sender = transfer(LETTERS, (b"blksize", b"1428"), (b"tsize", b"0"), size=1280)
    assert [*sender.start()] == [oack(((b"blksize", b"1428"), (b"tsize", b"1280")))]
    assert sender.received(ack(1)) == ()
    assert [*sender.received(ack(0))] == [data(1, LETTERS)]


@pytest.mark.parametrize("asked", [b"4", b"abc", b"70000"])
def test_a_wrong_block_size_does_not_end_the_transfer(asked: bytes) -> None:
    """Acceptance I9."""
    sender, receiver, _ = read(LETTERS, ((b"blksize", asked),))
    assert (bytes(receiver.content), sender.outcome) == (LETTERS, Outcome.SERVED)


@pytest.mark.parametrize(
    ("size", "options"),
    [(1_000_000, ((b"blksize", b"8"),)), (34_000_000, ()), (34_000_000, ((b"windowsize", b"7"),))],
)
def test_the_block_number_rolls_over(size: int, options: Options) -> None:
    """Acceptance I10, and files past 32 MB."""
    content = b"".join(number.to_bytes(4, "big") for number in range(size // 4))
    sender, receiver, _ = read(content, options)
    assert bytes(receiver.content) == content
    assert sender.outcome is Outcome.SERVED


def test_a_silent_client_gets_everything_four_times() -> None:
    """Acceptance I12."""
    sender = transfer(LETTERS)
    first = [*sender.start()]
    assert [[*sender.timed_out()] for _ in range(3)] == [first] * 3
    assert sender.timed_out() == ()
    assert sender.outcome is Outcome.TIMED_OUT
    assert (sender.received(ack(1)), sender.timed_out()) == ((), ())


def test_progress_gives_new_patience() -> None:
    sender = transfer(LETTERS)
    sender.start()
    for _ in range(3):
        sender.timed_out()
    sender.received(ack(1))
    assert [len(sender.timed_out()) for _ in range(6)] == [1, 1, 1, 1, 1, 0]
    assert sender.outcome is Outcome.TIMED_OUT


def test_a_duplicate_ack_is_not_answered() -> None:
    """Acceptance I13."""
    sender = transfer(LETTERS)
    sender.start()
    assert len(sender.received(ack(1))) == 1
    for old in (1, 0, 1, 65535, 3):
        assert sender.received(ack(old)) == ()
    assert sender.outcome is None
    assert len(sender.received(ack(2))) == 1


def test_a_client_that_repeats_its_ack_for_want_of_data_is_answered() -> None:
    sender = transfer(LETTERS)
    sender.start()
    second = [*sender.received(ack(1))]
    assert sender.received(ack(1), quiet_s=0.9) == ()
    assert [*sender.received(ack(1), quiet_s=1.0)] == second
    assert sender.received(ack(0), quiet_s=9.0) == ()
    # It gets no more patience by that.
    assert [len(sender.timed_out()) for _ in range(6)] == [1, 1, 1, 1, 1, 0]


def test_a_window_is_sent_at_once_and_goes_on_after_what_arrived() -> None:
    sender = transfer(LETTERS * 4, (b"windowsize", b"4"))
    sender.start()
    assert _numbers(sender.received(ack(0))) == [1, 2, 3, 4]
    assert _numbers(sender.received(ack(4))) == [5, 6, 7, 8]
    assert _numbers(sender.received(ack(6))) == [7, 8, 9, 10]
    assert sender.received(ack(6)) == ()
    assert _numbers(sender.timed_out()) == [7, 8, 9, 10]
    assert _numbers(sender.received(ack(10))) == [11]


def test_the_client_may_ask_for_another_timeout() -> None:
    assert transfer(b"", (b"timeout", b"9")).timeout_s == 9
    assert transfer(b"").timeout_s == 4.0
    assert ReadTransfer(io.BytesIO(), timeout_s=0.5).timeout_s == 0.5


def test_a_client_that_has_begun_is_given_more_time() -> None:
    sender = transfer(LETTERS)
    sender.start()
    assert _waits(sender) == [4, 4, 4, 4]
    sender = transfer(LETTERS)
    sender.start()
    sender.received(ack(1))
    assert _waits(sender) == [4, 4, 4, 8, 16, 32]


def _waits(sender: ReadTransfer) -> list[float]:
    waits = [sender.timeout_s]
    while sender.timed_out():
        waits.append(sender.timeout_s)
    return waits


@pytest.mark.parametrize(
    ("datagram", "answer", "outcome"),
    [
        (error(3, "disk full"), (), Outcome.STOPPED),
        (b"\0\5", (error(0, "Invalid datagram"),), Outcome.BROKEN),
        (b"", (error(0, "Invalid datagram"),), Outcome.BROKEN),
        (b"\0\4\1", (error(0, "Invalid datagram"),), Outcome.BROKEN),
        (b"\1\4\0\1", (error(0, "Invalid datagram"),), Outcome.BROKEN),
        (b"\0\7\0\1", (error(0, "Invalid datagram"),), Outcome.BROKEN),
        (data(1, b"x"), (error(4, "Illegal TFTP operation"),), Outcome.BROKEN),
        (b"\0\1name\0octet\0", (error(4, "Illegal TFTP operation"),), Outcome.BROKEN),
    ],
)
def test_what_is_no_ack_ends_the_transfer(
    datagram: bytes, answer: Sequence[bytes], outcome: Outcome
) -> None:
    sender = transfer(LETTERS)
    sender.start()
    assert sender.received(datagram) == answer
    assert sender.outcome is outcome


def test_a_file_that_can_not_be_read_ends_the_transfer() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError("input/output error")

    sender = ReadTransfer(Broken())
    assert sender.start() == (error(0, "File can't be read"),)
    assert sender.outcome is Outcome.UNREADABLE


def test_only_a_client_that_had_begun_is_silent() -> None:
    sender = transfer(LETTERS)
    sender.start()
    sender.timed_out()
    assert not sender.is_silent
    sender.received(ack(1))
    assert not sender.is_silent
    sender.timed_out()
    assert sender.is_silent


def _numbers(datagrams: Sequence[bytes]) -> list[int]:
    return [int.from_bytes(each[2:4], "big") for each in datagrams]
