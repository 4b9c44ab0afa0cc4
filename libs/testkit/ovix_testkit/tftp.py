"""A TFTP client for tests: the receiver without I/O, and one on a socket of its own."""

import asyncio
from collections.abc import Sequence

from ovix_tftp.packets import Opcode, Options, ack, parse_options, request

MOST_SENDS = 5


class TftpError(Exception):
    """The server sent an ERROR."""

    def __init__(self, code: int, text: bytes) -> None:
        super().__init__(code, text)
        self.code, self.text = code, text


class Receiver:
    """Reads one file; every method gives the datagrams to send to the server now."""

    def __init__(self, filename: bytes, options: Options = (), mode: bytes = b"octet") -> None:
        self._request = request(Opcode.READ, filename, mode, options)
        self._block_size, self._window = 512, 1
        self._answer = self._request
        self._block = 0
        self._since_ack = 0
        self.agreed: dict[bytes, bytes] = {}
        self.content = bytearray()
        self.done = False

    def start(self) -> Sequence[bytes]:
        return (self._request,)

    def timed_out(self) -> Sequence[bytes]:
        return (self._answer,)

    def received(self, datagram: bytes) -> Sequence[bytes]:
        """Raises `TftpError`."""
        opcode, number = datagram[1], int.from_bytes(datagram[2:4], "big")
        if opcode == Opcode.ERROR:
            raise TftpError(number, datagram[4:-1])
        if opcode == Opcode.OACK:
            if self._block:
                return ()
            self.agreed = dict(parse_options(datagram))
            self._block_size = int(self.agreed.get(b"blksize", 512))
            self._window = int(self.agreed.get(b"windowsize", 1))
            return self._acknowledge()
        if number != (self._block + 1) & 0xFFFF:
            return self._acknowledge()  # a repetition, or there is a gap before it
        self._block += 1
        self.content += datagram[4:]
        self.done = len(datagram) - 4 < self._block_size
        self._since_ack += 1
        return self._acknowledge() if self.done or self._since_ack >= self._window else ()

    def _acknowledge(self) -> Sequence[bytes]:
        self._since_ack = 0
        self._answer = ack(self._block)
        return (self._answer,)


async def fetch(
    host: str,
    port: int,
    filename: bytes,
    options: Options = (),
    *,
    mode: bytes = b"octet",
    timeout_s: float = 2.0,
) -> bytes:
    """The file; raises `TftpError`, or TimeoutError when the server says nothing any more."""
    receiver = Receiver(filename, options, mode)
    received: asyncio.Queue[tuple[bytes, tuple[str, int]]] = asyncio.Queue()

    class Socket(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            received.put_nowait((data, addr))

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        Socket, local_addr=(host if ":" in host else "0.0.0.0", 0)
    )
    peer = (host, port)
    answers: Sequence[bytes] = receiver.start()
    sends = 1
    try:
        while True:
            for each in answers:
                transport.sendto(each, peer)
            if receiver.done:
                return bytes(receiver.content)
            try:
                datagram, address = await asyncio.wait_for(received.get(), timeout_s)
            except TimeoutError:
                if sends >= MOST_SENDS:
                    raise
                sends += 1
                answers = receiver.timed_out()
                continue
            if peer[1] == port and peer != address:
                peer = address[0], address[1]
            sends = 1
            answers = receiver.received(datagram)
    finally:
        transport.close()
