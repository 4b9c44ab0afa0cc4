"""TFTP packets as plugins see them, and error codes in two bytes (RFC 1350, 5)."""

from typing import TypedDict

OP_RRQ = b"\x00\x01"
OP_WRQ = b"\x00\x02"
OP_DATA = b"\x00\x03"
OP_ACK = b"\x00\x04"
OP_ERR = b"\x00\x05"
OP_OACK = b"\x00\x06"

ERR_UNDEF = b"\x00\x00"
ERR_FNF = b"\x00\x01"
ERR_ACCESS = b"\x00\x02"
ERR_ALLOC = b"\x00\x03"
ERR_ILL = b"\x00\x04"
ERR_TID = b"\x00\x05"
ERR_EXISTS = b"\x00\x06"
ERR_NO_USER = b"\x00\x07"


class Packet(TypedDict):
    """A read request; texts for packages translated from Python 2, bytes for the others."""

    opcode: bytes
    filename: bytes
    mode: bytes
    options: dict[bytes, bytes]
