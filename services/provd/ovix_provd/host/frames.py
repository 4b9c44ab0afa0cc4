"""Messages between the service and its plugin host: a length, then a value as MessagePack.

Sans I/O. MessagePack, because values hold texts and bytes and both must stay what they are; never
pickle, because what comes from plugins is a stranger's.
"""

from collections.abc import Iterator
from typing import Any

import msgpack

LONGEST = 16 * 1024 * 1024
"""Bytes of one message: a phone's configuration is a thousandth of it, an answer of a plugin's own
HTTP service may be some megabytes."""
_PREFIX = 4


class FrameError(ValueError):
    """Something that can't be sent, or that nobody can have meant to send."""


def packed(value: Any) -> bytes:
    """A value as bytes: None, booleans, 64-bit integers, floats, texts, bytes, lists, mappings."""
    try:
        body: bytes = msgpack.packb(value, default=_plain, unicode_errors="surrogatepass")
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise FrameError(f"a value that can't be sent: {error}") from error
    return body


def frame(message: Any) -> bytes:
    """A message as it goes over the wire."""
    body = packed(message)
    if len(body) > LONGEST:
        raise FrameError(f"a message of {len(body)} bytes is too long")
    return len(body).to_bytes(_PREFIX, "big") + body


class FrameReader:
    """Puts messages together from what arrives, in whatever pieces."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Any]:
        """The messages that are complete now; raises `FrameError`, after which nothing is."""
        self._buffer += data
        while len(self._buffer) >= _PREFIX:
            length = int.from_bytes(self._buffer[:_PREFIX], "big")
            if length > self._longest:
                raise FrameError(f"a message of {length} bytes is announced")
            end = _PREFIX + length
            if len(self._buffer) < end:
                return
            body = bytes(self._buffer[_PREFIX:end])
            del self._buffer[:end]
            yield _unpacked(body)


def _plain(value: Any) -> Any:
    # What plugins hand out by habit: subclasses of the plain types, and views of dictionaries.
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, set | frozenset) or type(value).__name__ in ("dict_keys", "dict_values"):
        return list(value)
    raise TypeError(f"of type {type(value).__name__}")


def _unpacked(body: bytes) -> Any:
    try:
        return msgpack.unpackb(
            body, strict_map_key=False, unicode_errors="surrogatepass", use_list=True
        )
    except (ValueError, msgpack.UnpackException, RecursionError, TypeError) as error:
        raise FrameError(f"not a message: {error}") from error
