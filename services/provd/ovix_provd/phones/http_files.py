"""A file as HTTP serves it: conditions, ranges, types (RFC 9110, 13 and 14). Values in, values out.

Source for statuses and texts: reference/provd/http-tftp.md, 1.
"""

import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from html import escape
from urllib.parse import unquote_to_bytes

from ..plugins import FileBelow
from .files import NoFile, OpenFile, open_below

_RANGE = re.compile(rb"bytes=(\d{0,15})-(\d{0,15})")
_TAG = re.compile(rb'(?:W/)?"[^"]*"')
Header = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: its body, or a part of a file."""

    status: int
    headers: tuple[Header, ...] = ()
    body: bytes = b""
    file: OpenFile | None = None
    start: int = 0
    length: int = 0
    """How much of the file is sent."""


def page(status: int, title: str, text: str, *headers: Header) -> Answer:
    """A short page."""
    body = (
        f"<html><head><title>{status} - {escape(title)}</title></head>"
        f"<body><h1>{escape(title)}</h1><p>{escape(text)}</p></body></html>\n"
    ).encode()
    return Answer(status, ((b"Content-Type", b"text/html; charset=utf-8"), *headers), body)


NOWHERE = page(404, "Not Found", "Nowhere to route this request.")
MISSING = page(404, "Not Found", "There is no such file.")
DIRECTORY = page(403, "Forbidden", "Directory listing not permitted.")
FAILED = page(500, "Internal Server Error", "Internal processing error")
AWAY = page(503, "Service Unavailable", "Try again.", (b"Retry-After", b"5"))
NO_METHOD = page(405, "Method Not Allowed", "Method Not Allowed", (b"Allow", b"GET, HEAD"))


def opened(found: FileBelow) -> OpenFile | Answer:
    """The file that a path leads to, else the answer that says why there is none.

    Each segment is decoded after the path is split, so that ``%2f`` parts nothing.
    """
    path = found.name.partition(b"?")[0]
    segments = [unquote_to_bytes(each) for each in path.split(b"/")]
    if b"" in segments:
        return DIRECTORY
    file = open_below(found.root, segments)
    if isinstance(file, OpenFile):
        return file
    return DIRECTORY if file is NoFile.DIRECTORY else MISSING


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a client has already, and what part it wants."""

    none_match: bytes | None = None
    modified_since: bytes | None = None
    range: bytes | None = None
    if_range: bytes | None = None

    @classmethod
    def of(cls, headers: Mapping[bytes, bytes]) -> "Conditions":
        """Out of headers by their lower-case names."""
        return cls(
            headers.get(b"if-none-match"),
            headers.get(b"if-modified-since"),
            headers.get(b"range"),
            headers.get(b"if-range"),
        )


NO_CONDITIONS = Conditions()


@dataclass(frozen=True, slots=True)
class Shown:
    """What a file's answer says of the file."""

    tag: bytes
    modified: bytes
    kind: bytes
    headers: tuple[Header, ...] = field(default=())


def shown(file: OpenFile, name: bytes) -> Shown:
    """Tag, date and type of a file."""
    tag = b'"%x-%x"' % (int(file.modified_at * 1_000_000), file.size)
    modified = _date_text(int(file.modified_at))
    kind = content_type(name.partition(b"?")[0].rpartition(b"/")[2])
    headers = (
        (b"Content-Type", kind),
        (b"ETag", tag),
        (b"Last-Modified", modified),
        (b"Accept-Ranges", b"bytes"),
    )
    return Shown(tag, modified, kind, headers)


def file_answer(file: OpenFile, name: bytes, conditions: Conditions = NO_CONDITIONS) -> Answer:
    """What a client gets of a file; the answer has it, or has closed it."""
    told = shown(file, name)
    if conditions is NO_CONDITIONS or conditions == NO_CONDITIONS:
        return Answer(200, told.headers, file=file, length=file.size)
    if _is_unchanged(told, conditions):
        file.content.close()
        return Answer(304, told.headers[1:3])
    part = _part(told, file.size, conditions)
    if part is None:
        return Answer(200, told.headers, file=file, length=file.size)
    start, length = part
    if length == 0:
        file.content.close()
        return page(
            416, "Range Not Satisfiable", "The file has no such part.",
            (b"Content-Range", b"bytes */%d" % file.size),
        )  # fmt: skip
    span = b"bytes %d-%d/%d" % (start, start + length - 1, file.size)
    headers = (*told.headers, (b"Content-Range", span))
    return Answer(206, headers, file=file, start=start, length=length)


def content_type(name: bytes) -> bytes:
    """The type that the extension of a base name tells."""
    return _type_of(b"." + name.rpartition(b".")[2][:32] if b"." in name else b"")


@lru_cache(256)
def _type_of(extension: bytes) -> bytes:
    kind, encoding = _TYPES.guess_type("x" + extension.decode("latin-1"))
    return b"application/octet-stream" if kind is None or encoding else kind.encode()


@lru_cache(4096)
def _date_text(seconds: int) -> bytes:
    return formatdate(seconds, usegmt=True).encode()


_TYPES = mimetypes.MimeTypes()


def _is_unchanged(told: Shown, conditions: Conditions) -> bool:
    if conditions.none_match is not None:
        if conditions.none_match.strip() == b"*":
            return True
        tags = {each.removeprefix(b"W/") for each in _TAG.findall(conditions.none_match)}
        return told.tag in tags
    if conditions.modified_since is not None:
        since, modified = _date(conditions.modified_since), _date(told.modified)
        return since is not None and modified is not None and modified <= since
    return False


def _part(told: Shown, size: int, conditions: Conditions) -> tuple[int, int] | None:
    """Start and length of the part that is wanted; None: all of it. Length 0: there is none.

    Several parts at once are answered with the whole file, as a server may.
    """
    found = None if conditions.range is None else _RANGE.fullmatch(conditions.range.strip())
    if found is None or conditions.if_range not in (None, told.tag, told.modified):
        return None
    first, last = found.groups()
    if not first:
        if not last:
            return None
        length = min(int(last), size)
        return size - length, length
    start = int(first)
    end = min(int(last), size - 1) if last else size - 1
    if last and int(last) < start:
        return None  # no range at all (RFC 9110, 14.1.1)
    return start, max(0, end - start + 1)


def _date(text: bytes) -> float | None:
    try:
        return parsedate_to_datetime(text.partition(b";")[0].decode("latin-1")).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
