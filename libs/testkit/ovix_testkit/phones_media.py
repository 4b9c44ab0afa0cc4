"""What the test phones say and hear: G.711 tones and telephone events over RTP (RFC 3550, 4733)."""

import asyncio
import math
import re
import secrets
import struct
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from typing import cast

from .phones_srtp import SUITE, Srtp

SAMPLE_RATE = 8000
FRAME_S = 0.02
FRAME = 160
"""Samples in 20 ms."""
PCMU, PCMA, H264, TELEPHONE_EVENT = 0, 8, 99, 101
EVENTS = "0123456789*#ABCD"
"""Digits by their event number (RFC 4733, 3.2)."""
LOUD = 300
"""Root mean square, of 32,767, above which a frame is no silence."""
TONE_AMPLITUDE = 8000


def _expanded(byte: int) -> int:
    """A µ-law byte as linear sample (ITU-T G.711)."""
    byte = ~byte & 0xFF
    magnitude = (((byte & 0x0F) << 3) + 0x84) << ((byte & 0x70) >> 4)
    return 0x84 - magnitude if byte & 0x80 else magnitude - 0x84


def _compressed(sample: int) -> int:
    """A linear sample as µ-law byte (ITU-T G.711)."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 0x84
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | (magnitude >> (exponent + 3)) & 0x0F) & 0xFF


LINEAR = tuple(_expanded(byte) for byte in range(256))


@cache
def tone(hertz: int) -> tuple[bytes, ...]:
    """A second of a tone in frames of 20 ms, which repeats without a click."""
    step = 2 * math.pi * hertz / SAMPLE_RATE
    second = bytes(
        _compressed(round(TONE_AMPLITUDE * math.sin(step * n))) for n in range(SAMPLE_RATE)
    )
    return tuple(second[start : start + FRAME] for start in range(0, SAMPLE_RATE, FRAME))


def loudness(payload: bytes) -> float:
    """Root mean square of µ-law audio."""
    if not payload:
        return 0.0
    return math.sqrt(sum(LINEAR[byte] ** 2 for byte in payload) / len(payload))


def share_of_tone(payload: bytes, hertz: int) -> float:
    """How much of the audio's energy is at this frequency, from 0 to 1 (Goertzel)."""
    samples = [LINEAR[byte] for byte in payload]
    energy = sum(sample * sample for sample in samples)
    if energy == 0:
        return 0.0
    factor = 2 * math.cos(2 * math.pi * hertz / SAMPLE_RATE)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + factor * last - before
    power = last * last + before * before - factor * last * before
    return min(1.0, 2 * power / (energy * len(samples)))


@dataclass(frozen=True)
class Session:
    """What a session description (RFC 4566) says about the audio."""

    host: str
    port: int
    direction: str = "sendrecv"
    payloads: tuple[int, ...] = (PCMU,)
    event_payload: int | None = None
    crypto: str | None = None
    """The key of an encrypted stream, as it stands behind ``inline:``."""

    @classmethod
    def parse(cls, body: bytes) -> "Session | None":
        """The first audio stream; None where there is none."""
        text = body.decode(errors="replace")
        media = re.search(r"^m=audio (\d+) \S+ ([\d ]+)", text, re.MULTILINE)
        address = re.findall(r"^c=IN IP[46] (\S+)", text, re.MULTILINE)
        if media is None or not address:
            return None
        direction = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)", text, re.MULTILINE)
        crypto = re.search(rf"^a=crypto:\d+ {SUITE} inline:([^|\s]+)", text, re.MULTILINE)
        event = re.search(r"^a=rtpmap:(\d+) telephone-event/8000", text, re.MULTILINE)
        return cls(
            address[-1],
            int(media[1]),
            direction[1] if direction else "sendrecv",
            tuple(int(payload) for payload in media[2].split()),
            int(event[1]) if event else None,
            crypto[1] if crypto else None,
        )


class Media(asyncio.DatagramProtocol):
    """One call's audio: sends a tone every 20 ms, and keeps account of what comes."""

    def __init__(self, hertz: int, *, encrypted: bool = False, video: bool = False) -> None:
        self._ours = Srtp() if encrypted else None
        self._theirs: Srtp | None = None
        self._their_key = ""
        self._video = video
        self.sent = self.received = self.loud = 0
        """Audio packets; loud are those received which were no silence."""
        self.digits = ""
        """Digits received as telephone events."""
        self._frames = cycle(tone(hertz))
        self._recent = bytearray()
        self._arrived = asyncio.Event()
        self._transport: asyncio.DatagramTransport | None = None
        self._peer: tuple[str, int] | None = None
        self._event_payload = TELEPHONE_EVENT
        self._last_event: int | None = None
        self._sequence = secrets.randbelow(30000)
        self._timestamp = secrets.randbelow(1 << 30)
        self._source = secrets.randbits(32)
        self._task: asyncio.Task[None] | None = None
        self._pressed: asyncio.Queue[str] = asyncio.Queue()

    @property
    def port(self) -> int:
        """The local port."""
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    @property
    def _is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    async def open(self, host: str) -> None:
        """Take a free port."""
        await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: self, local_addr=(host, 0)
        )

    def describe(
        self, host: str, direction: str = "sendrecv", version: int = 1, offer: bytes = b""
    ) -> bytes:
        """Our session description; as an answer it has the streams of the offer."""
        protocol = "RTP/SAVP" if self._ours else "RTP/AVP"
        lines = [
            "v=0",
            f"o=- {self._source} {version} IN IP4 {host}",
            "s=-",
            f"c=IN IP4 {host}",
            "t=0 0",
            f"m=audio {self.port} {protocol} {PCMU} {TELEPHONE_EVENT}",
            *([f"a=crypto:{self._ours.crypto}"] if self._ours else []),
            f"a=rtpmap:{PCMU} PCMU/8000",
            f"a=rtpmap:{TELEPHONE_EVENT} telephone-event/8000",
            f"a=fmtp:{TELEPHONE_EVENT} 0-16",
            "a=ptime:20",
            f"a={direction}",
        ]
        if b"m=video" in offer or (self._video and not offer):
            # Described, never sent: what is looked at is the negotiation.
            lines.append(f"m=video {self.port if self._video else 0} RTP/AVP {H264}")
            lines.append(f"a=rtpmap:{H264} H264/90000")
            lines.append(f"a=fmtp:{H264} profile-level-id=42801F;packetization-mode=1")
        return "".join(f"{line}\r\n" for line in lines).encode()

    def send_to(self, session: Session) -> None:
        """Start sending there, or go on there."""
        self._peer = (session.host, session.port)
        if session.crypto and (self._theirs is None or session.crypto != self._their_key):
            self._theirs, self._their_key = Srtp.of(session.crypto), session.crypto
        self._event_payload = session.event_payload or TELEPHONE_EVENT
        if self._task is None:
            self._task = asyncio.create_task(self._speak())

    async def press(self, digits: str) -> None:
        """Send telephone events; returns when the last one is out, or when the call is over."""
        for digit in digits if self._is_open else "":
            self._pressed.put_nowait(digit)
        await self._pressed.join()

    def forget(self) -> None:
        """Begin the account of what is heard anew."""
        self.received = self.loud = 0
        self._recent.clear()

    async def hears(self, hertz: int | None = None) -> None:
        """Return once 200 ms of audio in a row were no silence, or were this tone."""
        while True:
            recent = bytes(self._recent)
            if len(recent) >= 10 * FRAME and (
                loudness(recent) > LOUD if hertz is None else share_of_tone(recent, hertz) > 0.7
            ):
                return
            self._arrived.clear()
            await self._arrived.wait()

    def close(self) -> None:
        """Be silent and deaf."""
        while not self._pressed.empty():
            self._pressed.get_nowait()
            self._pressed.task_done()
        if self._task is not None:
            self._task.cancel()
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are asyncio's by behaviour only.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        if len(data) < 12 or data[0] >> 6 != 2:
            return
        if self._ours is not None:
            opened = self._theirs.opened(data) if self._theirs else None
            if opened is None:
                return
            data = opened
        payload_type, payload = data[1] & 0x7F, data[12 + 4 * (data[0] & 0x0F) :]
        if payload_type == self._event_payload and len(payload) >= 4:
            self._hear_event(payload, struct.unpack("!I", data[4:8])[0])
        elif payload_type == PCMU:
            self.received += 1
            self.loud += loudness(payload) > LOUD
            self._recent += payload
            del self._recent[: -10 * FRAME]
            self._arrived.set()

    def _hear_event(self, payload: bytes, timestamp: int) -> None:
        # A digit is several packets with one timestamp (RFC 4733, 2.5.1).
        if timestamp != self._last_event and payload[0] < len(EVENTS):
            self._last_event = timestamp
            self.digits += EVENTS[payload[0]]

    async def _speak(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            if self._pressed.empty():
                self._send(PCMU, next(self._frames))
                self.sent += 1
                self._timestamp += FRAME
            else:
                digit = self._pressed.get_nowait()
                try:
                    await self._send_event(EVENTS.index(digit.upper()))
                finally:
                    self._pressed.task_done()
                due = loop.time()
            due += FRAME_S
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def _send_event(self, event: int) -> None:
        """100 ms of a digit, its end three times, and a pause."""
        for step in range(1, 6):
            self._send(self._event_payload, struct.pack("!BBH", event, 10, step * FRAME), step == 1)
            await asyncio.sleep(FRAME_S)
        for _ in range(3):
            self._send(self._event_payload, struct.pack("!BBH", event, 0x80 | 10, 6 * FRAME))
        self._timestamp += 12 * FRAME
        await asyncio.sleep(5 * FRAME_S)

    def _send(self, payload_type: int, payload: bytes, marker: bool = False) -> None:
        if self._transport is None or not self._is_open or self._peer is None:
            return
        self._sequence = (self._sequence + 1) & 0xFFFF
        header = struct.pack(
            "!BBHII",
            0x80,
            payload_type | (0x80 if marker else 0),
            self._sequence,
            self._timestamp & 0xFFFFFFFF,
            self._source,
        )
        packet = header + payload
        self._transport.sendto(self._ours.protected(packet) if self._ours else packet, self._peer)
