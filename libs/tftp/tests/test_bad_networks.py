"""Over a network that loses, doubles and reorders, the file arrives whole or the transfer ends."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st
from ovix_testkit.tftp import Receiver
from ovix_tftp.packets import Opcode, Options
from ovix_tftp.reading import Outcome, ReadTransfer


@dataclass
class Network:
    """Both ends, what is under way between them, and what they did."""

    content: bytes
    options: Options
    to_client: list[bytes] = field(default_factory=list)
    to_server: list[bytes] = field(default_factory=list)
    data_sent: int = 0
    repetitions: int = 0

    def __post_init__(self) -> None:
        self.sender = ReadTransfer(io.BytesIO(self.content), self.options, size=len(self.content))
        self.receiver = Receiver(b"name", self.options)
        self._send(self.sender.start())

    def _send(self, datagrams: Sequence[bytes]) -> None:
        self.data_sent += sum(each[1] == Opcode.DATA for each in datagrams)
        self.to_client += datagrams

    def deliver(self, number: int, *, copy: bool) -> None:
        """Hand over a datagram that is under way, whichever; a copy of it stays under way."""
        under_way = self.to_client + self.to_server
        if not under_way:
            return
        number %= len(under_way)
        datagram = under_way[number]
        if number < len(self.to_client):
            if not copy:
                del self.to_client[number]
            if not self.receiver.done:
                self.to_server += self.receiver.received(datagram)
        else:
            if not copy:
                del self.to_server[number - len(self.to_client)]
            self._send(self.sender.received(datagram))

    def lose(self, number: int) -> None:
        if self.to_client + self.to_server:
            number %= len(self.to_client) + len(self.to_server)
            queue = self.to_client if number < len(self.to_client) else self.to_server
            del queue[number % len(queue)]

    def wait(self) -> None:
        """So long that the server repeats."""
        self.repetitions += 1
        self._send(self.sender.timed_out())


_STEPS = st.lists(
    st.tuples(st.sampled_from(["deliver", "copy", "lose", "wait"]), st.integers(0, 9)),
    max_size=120,
)
_WINDOWS = st.integers(1, 5)


def _disturbed(size: int, window: int, steps: Sequence[tuple[str, int]]) -> Network:
    content = bytes(number % 251 for number in range(size))
    options: Options = ((b"blksize", b"8"),)
    if window > 1:
        options += ((b"windowsize", b"%d" % window),)
    network = Network(content, options)
    for step, number in steps:
        if step == "wait":
            network.wait()
        elif step == "lose":
            network.lose(number)
        else:
            network.deliver(number, copy=step == "copy")
        assert content.startswith(bytes(network.receiver.content))
        if network.receiver.done:
            assert network.receiver.content == content
    return network


@given(st.integers(0, 100), _WINDOWS, _STEPS)
def test_the_file_arrives_or_the_transfer_ends(
    size: int, window: int, steps: Sequence[tuple[str, int]]
) -> None:
    network = _disturbed(size, window, steps)
    # From here on the network is good: what the server repeats arrives.
    for _ in range(1000):
        if network.sender.outcome is not None:
            break
        if network.to_client or network.to_server:
            network.deliver(0, copy=False)
        else:
            network.wait()
    assert network.sender.outcome in (Outcome.SERVED, Outcome.TIMED_OUT)
    if network.sender.outcome is Outcome.SERVED:
        assert network.receiver.content == network.content


@given(st.integers(0, 100), _STEPS)
def test_data_is_sent_once_for_each_acknowledgement_and_each_repetition(
    size: int, steps: Sequence[tuple[str, int]]
) -> None:
    network = _disturbed(size, 1, steps)
    assert network.data_sent <= size // 8 + 1 + network.repetitions


@given(st.lists(st.binary(max_size=20), max_size=20))
def test_no_datagram_crashes_a_transfer(datagrams: Sequence[bytes]) -> None:
    sender = ReadTransfer(io.BytesIO(b"content" * 100))
    sender.start()
    for each in datagrams:
        for answer in tuple(sender.received(each)):
            assert answer[:2] in (b"\0\3", b"\0\5")
