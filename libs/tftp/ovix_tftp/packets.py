"""Datagrams of TFTP (RFC 1350, 5; RFC 2347): parsed with limits, and built."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

MOST_REQUEST_BYTES = 1024
"""RFC 2347 says 512; phones with long paths and many options send more."""
_MOST_ERROR_TEXT = 256

Options: TypeAlias = tuple[tuple[bytes, bytes], ...]
"""Names and values in the order of the datagram, both in lower case."""


class Opcode(IntEnum):
    """What a datagram is: its first two bytes."""

    READ = 1
    WRITE = 2
    DATA = 3
    ACK = 4
    ERROR = 5
    OACK = 6


class ErrorCode(IntEnum):
    """Codes of an ERROR datagram."""

    UNDEFINED = 0
    FILE_NOT_FOUND = 1
    ACCESS_VIOLATION = 2
    DISK_FULL = 3
    ILLEGAL_OPERATION = 4
    UNKNOWN_TRANSFER = 5
    FILE_EXISTS = 6
    NO_SUCH_USER = 7


class MalformedRequest(ValueError):
    """Not a request; the sender gets no answer."""


@dataclass(frozen=True, slots=True)
class Request:
    """A read or write request."""

    opcode: Opcode
    filename: bytes
    mode: bytes
    """In lower case: ``octet``, ``netascii``, ``mail`` or anything else."""
    options: Options = ()


def parse_request(datagram: bytes) -> Request:
    """What came to the well-known port; raises `MalformedRequest`.

    Malformed are: other opcodes, more than `MOST_REQUEST_BYTES`, a last byte that is not NUL, less
    than two fields or an odd number of them, an option that is repeated.
    """
    opcode = int.from_bytes(datagram[:2], "big")
    if len(datagram) > MOST_REQUEST_BYTES or opcode not in (Opcode.READ, Opcode.WRITE):
        raise MalformedRequest("too long, or no request")
    filename, mode, *rest = _fields(datagram[2:], least=2)
    return Request(Opcode(opcode), filename, mode.lower(), _options(rest))


def parse_options(datagram: bytes) -> Options:
    """The options of an OACK; raises `MalformedRequest`."""
    return _options(_fields(datagram[2:], least=0))


def _fields(body: bytes, least: int) -> list[bytes]:
    if not body and least == 0:
        return []
    if not body.endswith(b"\0"):
        raise MalformedRequest("the last field has no end")
    fields = body[:-1].split(b"\0")
    if len(fields) < least or len(fields) % 2:
        raise MalformedRequest("fields are missing")
    return fields


def _options(fields: list[bytes]) -> Options:
    options = tuple(
        (name.lower(), value.lower()) for name, value in zip(fields[::2], fields[1::2], strict=True)
    )
    if len({name for name, _ in options}) < len(options):
        raise MalformedRequest("an option is repeated")
    return options


def request(opcode: Opcode, filename: bytes, mode: bytes, options: Options = ()) -> bytes:
    """A read or write request."""
    return opcode.to_bytes(2, "big") + _joined([filename, mode]) + oack(options)[2:]


def oack(options: Options) -> bytes:
    """The options that are accepted (RFC 2347)."""
    return b"\0\6" + _joined(field for option in options for field in option)


def _joined(fields: Iterable[bytes]) -> bytes:
    return b"".join(field + b"\0" for field in fields)


def data(block: int, chunk: bytes) -> bytes:
    """A block of the file; of its number 16 bits are sent."""
    return b"\0\3" + (block & 0xFFFF).to_bytes(2, "big") + chunk


def ack(block: int) -> bytes:
    """The block arrived."""
    return b"\0\4" + (block & 0xFFFF).to_bytes(2, "big")


def error(code: int, text: str | bytes) -> bytes:
    """Why there is no file, or no more of it; the text ends at its first NUL and is cut."""
    message = text.encode(errors="replace") if isinstance(text, str) else text
    return (
        b"\0\5" + (code & 0xFFFF).to_bytes(2, "big") + message.split(b"\0")[0][:_MOST_ERROR_TEXT]
    ) + b"\0"
