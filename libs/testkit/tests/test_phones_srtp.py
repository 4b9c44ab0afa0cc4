"""The phones' SRTP against the examples of its standard, and against itself."""

import struct

from ovix_testkit.phones_media import Session
from ovix_testkit.phones_srtp import Srtp

MASTER = bytes.fromhex("E1F97A0D3E018BE0D64FA32C06DE41390EC675AD498AFEEBB6960B3AABE6")


def a_packet(sequence: int, payload: bytes = b"hello") -> bytes:
    return struct.pack("!BBHII", 0x80, 0, sequence, 160, 0xCAFE) + payload


def test_keys_are_derived_as_in_the_standard() -> None:
    """RFC 3711, B.3."""
    keys = Srtp(MASTER)
    assert keys._derived(0, 16).hex().upper() == "C61E7A93744F39EE10734AFE3FF7A087"
    assert keys._derived(2, 14).hex().upper() == "30CBBC08863D8C85D49DB34A9AE1"
    assert keys._derived(1, 20).hex().upper() == "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"


def test_what_was_protected_is_opened_by_the_same_key_alone() -> None:
    ours, theirs, others = Srtp(MASTER), Srtp(MASTER), Srtp()
    for sequence in (65534, 65535, 0, 1):  # the counter rolls over
        packet = a_packet(sequence)
        protected = ours.protected(packet)
        assert b"hello" not in protected
        assert theirs.opened(protected) == packet
        assert others.opened(protected) is None
    assert theirs.opened(b"short") is None
    assert theirs.opened(a_packet(2, b"plain, of some length")) is None


def test_the_key_goes_through_the_description() -> None:
    ours = Srtp()
    body = (
        "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/SAVP 0\r\n"
        f"a=crypto:{ours.crypto}|2^20|1:4\r\n"
    )
    session = Session.parse(body.encode())
    assert session is not None
    assert session.crypto is not None
    assert Srtp.of(session.crypto).master == ours.master
