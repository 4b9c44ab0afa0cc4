"""Requests are parsed with limits, and datagrams are built as RFC 1350 and 2347 lay them out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_tftp.packets import (
    MOST_REQUEST_BYTES,
    MalformedRequest,
    Opcode,
    Request,
    ack,
    data,
    error,
    oack,
    parse_options,
    parse_request,
    request,
)

TEXT = st.binary(max_size=40).map(lambda value: value.replace(b"\0", b""))


def test_a_read_request_with_options() -> None:
    datagram = b"\0\1/cfg/phone.cfg\0OCTET\0BlkSize\x001428\0tsize\x000\0"
    assert parse_request(datagram) == Request(
        Opcode.READ, b"/cfg/phone.cfg", b"octet", ((b"blksize", b"1428"), (b"tsize", b"0"))
    )


def test_a_name_may_hold_any_byte_but_nul() -> None:
    name = "t\u00e9l\u00e9phone".encode() + b"\xff\\..\n"
    assert parse_request(b"\0\1" + name + b"\0octet\0").filename == name


def test_a_write_request_is_a_request() -> None:
    assert parse_request(b"\0\2name\0octet\0").opcode is Opcode.WRITE


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\0",
        b"\0\1",
        b"\0\1\0",
        b"\0\1name\0",
        b"\0\1name\0octet",
        b"\0\1name\0octet\0blksize\0",
        b"\0\1name\0octet\0blksize\x008",
        b"\0\1name\0octet\0blksize\x008\0BLKSIZE\x0016\0",
        b"\0\3name\0octet\0",
        b"\1\1name\0octet\0",
        b"\0\1" + b"n" * MOST_REQUEST_BYTES + b"\0octet\0",
    ],
)
def test_malformed_requests_are_told_apart(datagram: bytes) -> None:
    """Acceptance I15."""
    with pytest.raises(MalformedRequest):
        parse_request(datagram)


@given(st.binary(max_size=1100))
def test_no_datagram_crashes_the_parser(datagram: bytes) -> None:
    for each in (datagram, b"\0\1" + datagram):
        try:
            parsed = parse_request(each)
        except MalformedRequest:
            continue
        assert b"\0" not in parsed.filename + parsed.mode


@given(TEXT, TEXT, st.dictionaries(TEXT.map(bytes.lower), TEXT.map(bytes.lower), max_size=5))
def test_what_is_built_is_parsed(name: bytes, mode: bytes, options: dict[bytes, bytes]) -> None:
    pairs = tuple(options.items())
    built = request(Opcode.READ, name, mode, pairs)
    assert parse_request(built) == Request(Opcode.READ, name, mode.lower(), pairs)
    assert parse_options(oack(pairs)) == pairs


def test_the_layout_of_answers() -> None:
    assert data(1, b"abc") == b"\0\3\0\1abc"
    assert data(65536, b"") == b"\0\3\0\0"
    assert ack(65537) == b"\0\4\0\1"
    assert error(1, "File not found") == b"\0\5\0\1File not found\0"
    assert error(0, b"a\0b" + b"c" * 999) == b"\0\5\0\0a\0"
    assert len(error(0, "é" * 999)) == 4 + 256 + 1
