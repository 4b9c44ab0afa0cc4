"""Phones that ask a DHCP server for an address, on an Ethernet of two ends."""

import ipaddress
import socket
import struct
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

COOKIE = b"\x63\x82\x53\x63"
DISCOVER, REQUEST, ACK, RELEASE = 1, 3, 5, 7
KIND, LEASE_OF, WANTED, IDENTIFIER, USER_CLASS = 53, 54, 55, 60, 77
ASKED_FOR = bytes((1, 3, 43, 66, 67, 114, 120, 150, 160))
ANSWER_S, SILENCE_S = 20.0, 1.5
"""How long an answer may take a busy machine; how long nothing comes to who is refused."""
ETHERNET_IP = 0x0800


@dataclass(frozen=True)
class Phone:
    """Who asks."""

    mac: str
    identifier: str = ""
    user_class: str = ""


@dataclass(frozen=True)
class Offer:
    """What a server answers."""

    ip: str
    next_server: str
    boot_file: str
    options: dict[int, bytes]


class Ethernet:
    """The phones' end of the cable; to be used in the network namespace where it is."""

    def __init__(self, interface: str) -> None:
        self._frames = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERNET_IP))
        self._frames.bind((interface, ETHERNET_IP))
        self._number = 0

    def close(self) -> None:
        """Pull it out."""
        self._frames.close()

    def offered(self, phone: Phone, within_s: float = ANSWER_S) -> Offer | None:
        """What a phone is offered, or None when nobody answers."""
        return self._asked(phone, DISCOVER, b"", within_s)

    def leased(self, phone: Phone) -> Offer:
        """What a phone gets; raises TimeoutError."""
        offer = self.offered(phone)
        if offer is None:
            raise TimeoutError(f"nobody offers {phone.mac} anything")
        chosen = b"\x32\x04" + ipaddress.IPv4Address(offer.ip).packed
        chosen += b"\x36\x04" + offer.options[LEASE_OF]
        given = self._asked(phone, REQUEST, chosen, ANSWER_S)
        if given is None or given.options[KIND] != bytes((ACK,)):
            raise TimeoutError(f"nobody gives {phone.mac} an address")
        return given

    def release(self, phone: Phone, lease: Offer) -> None:
        """Give an address back; servers don't answer."""
        self._number += 1
        server = b"\x36\x04" + lease.options[LEASE_OF]
        self._frames.send(_frame(phone, self._number, RELEASE, server, lease.ip))

    def _asked(self, phone: Phone, kind: int, more: bytes, within_s: float) -> Offer | None:
        self._number += 1
        self._frames.send(_frame(phone, self._number, kind, more))
        return next(
            (offer for number, offer in self._answers(within_s) if number == self._number), None
        )

    def _answers(self, within_s: float) -> Iterator[tuple[int, Offer]]:
        until = time.monotonic() + within_s
        while (left := until - time.monotonic()) > 0:
            self._frames.settimeout(left)
            try:
                frame = self._frames.recv(2048)
            except TimeoutError:
                return
            udp = frame[14 + (frame[14] & 15) * 4 :]
            if frame[23] == socket.IPPROTO_UDP and udp[2:4] == b"\x00\x44" and udp[8] == 2:
                yield struct.unpack("!I", udp[12:16])[0], _offer(udp[8:])


def _frame(phone: Phone, number: int, kind: int, more: bytes, ip: str = "0.0.0.0") -> bytes:
    """A request as it goes over the wire (RFC 2131, 2; RFC 2132)."""
    mac = bytes.fromhex(phone.mac.replace(":", ""))
    options = [bytes((KIND, 1, kind, WANTED, len(ASKED_FOR))), ASKED_FOR, more]
    for code, text in ((IDENTIFIER, phone.identifier), (USER_CLASS, phone.user_class)):
        if text:
            options.append(bytes((code, len(text))) + text.encode())
    bootp = struct.pack("!4BIHH", 1, 1, 6, 0, number, 0, 0x8000)
    bootp += ipaddress.IPv4Address(ip).packed + bytes(12)
    bootp += mac.ljust(16, b"\0") + bytes(192) + COOKIE + b"".join(options) + b"\xff"
    udp = struct.pack("!4H", 68, 67, 8 + len(bootp), 0) + bootp
    head = struct.pack("!BBHHHBBH4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"") + b"\xff" * 4
    head = head[:10] + struct.pack("!H", _checksum(head)) + head[12:]
    return b"\xff" * 6 + mac + struct.pack("!H", ETHERNET_IP) + head + udp


def _checksum(head: Sequence[int]) -> int:
    """RFC 1071."""
    total = sum(head[at] << 8 | head[at + 1] for at in range(0, len(head), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _offer(bootp: bytes) -> Offer:
    options: dict[int, bytes] = {}
    rest = bootp[240:]
    while rest and rest[0] != 0xFF:
        if rest[0] == 0:
            rest = rest[1:]
            continue
        options[rest[0]] = rest[2 : 2 + rest[1]]
        rest = rest[2 + rest[1] :]
    return Offer(
        ip=str(ipaddress.IPv4Address(bootp[16:20])),
        next_server=str(ipaddress.IPv4Address(bootp[20:24])),
        boot_file=bootp[108:236].rstrip(b"\0").decode(),
        options=options,
    )
