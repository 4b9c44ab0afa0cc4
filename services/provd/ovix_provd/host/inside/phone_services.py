"""What a plugin's HTTP and TFTP services have for phones (reference/provd/http-tftp.md).

Nearly all are the surface's file services: what these would send is known without asking them, so
the phones' servers, which are elsewhere, open the file. Others answer here.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_from_bytes

from twisted.internet.defer import Deferred
from twisted.web.error import UnsupportedMethod
from twisted.web.http import NOT_ALLOWED
from twisted.web.resource import getChildForRequest
from twisted.web.server import NOT_DONE_YET

from ...plugins import FileBelow, HttpAnswer, HttpRequest, TftpContent, TftpRefusal, TftpRequest
from ...surface.servers.http import HTTPNoListingFileService
from ...surface.servers.tftp.service import TFTPFileService, TFTPNullService
from .requests import WebRequest, as_bytes, tftp_request

_ASKED_FOR_ATTRIBUTES = frozenset({"__getattr__", "__getattribute__"})
_CHUNK = 64 * 1024
LONGEST_CONTENT = 12 * 1024 * 1024
Device = Mapping[str, Any]


class NoAnswer(Exception):
    """A service that answers nothing at all."""


# ---- HTTP ----------------------------------------------------------------------------------------


def is_file_service(service: Any, base: type) -> bool:
    """Whether it answers as the surface's own class does, but for ``path_preprocess``."""
    if not isinstance(service, base):
        return False
    for each in type(service).__mro__:
        if each is base:
            return not getattr(service, "children", None)
        if any(_changes_answers(name) for name in vars(each)):
            return False
    return False


def _changes_answers(name: str) -> bool:
    # Of the special names, classes get some by themselves, which differ between releases.
    special = name.startswith("__") and name not in _ASKED_FOR_ATTRIBUTES
    return not special and name != "path_preprocess"


def http_form(service: Any) -> list[Any] | None:
    """What the service needs to know of it: ``["files", root, preprocesses]`` or ``["own"]``."""
    if service is None:
        return None
    if is_file_service(service, HTTPNoListingFileService):
        return ["files", str(service.root), callable(getattr(service, "path_preprocess", None))]
    return ["own"]


def preprocessed(
    service: HTTPNoListingFileService, request: HttpRequest, device: Device, *, texts: bool
) -> FileBelow:
    """The file that is meant, after the plugin's ``path_preprocess`` saw the request."""
    asked = WebRequest(request, texts=texts, device=device)
    before = list(asked.postpath)
    path = asked.path
    service.path_preprocess(asked)  # type: ignore[attr-defined]  # whoever has it comes here
    if asked.postpath != before or asked.path == path:
        segments = [quote_from_bytes(as_bytes(each)).encode() for each in asked.postpath]
        return FileBelow(service.root, b"/".join(segments))
    return FileBelow(service.root, as_bytes(asked.path).partition(b"?")[0].lstrip(b"/"))


def rendered(
    service: Any, request: HttpRequest, device: Device, *, texts: bool
) -> "HttpAnswer | Deferred[HttpAnswer]":
    """What a plugin's own resource answers."""
    asked = WebRequest(request, texts=texts, device=device)
    preprocess = getattr(service, "path_preprocess", None)
    if callable(preprocess):
        preprocess(asked)
    try:
        body = getChildForRequest(service, asked).render(asked)
    except UnsupportedMethod as error:
        allowed = b", ".join(error.allowedMethods)
        return HttpAnswer(NOT_ALLOWED, ((b"Allow", allowed),), b"Method Not Allowed")
    if body == NOT_DONE_YET and not isinstance(body, bytes | str):
        return asked.done.addCallback(lambda _: _answer_of(asked))
    asked.write(body)
    return _answer_of(asked)


def _answer_of(asked: WebRequest) -> HttpAnswer:
    headers = tuple(
        (name, value)
        for name, values in asked.responseHeaders.getAllRawHeaders()
        for value in values
        if name.lower() not in (b"content-length", b"transfer-encoding", b"connection")
    )
    return HttpAnswer(asked.code, headers, asked.body())


# ---- TFTP ----------------------------------------------------------------------------------------


def tftp_form(service: Any) -> list[Any] | None:
    """``["files", root]``, ``["refusal", code, message]`` or ``["own"]``."""
    if service is None:
        return None
    if is_file_service(service, TFTPFileService):
        return ["files", str(service.root)]
    if is_file_service(service, TFTPNullService):
        return ["refusal", _error_code(service.errcode), as_bytes(service.errmsg)]
    return ["own"]


def answered(
    service: Any, request: TftpRequest, device: Device, *, texts: bool
) -> "Deferred[TftpContent | TftpRefusal]":
    """What a plugin's own service sends; `NoAnswer` where it ignores the request."""
    response = _Response()
    service.handle_read_request(tftp_request(request, texts=texts, device=device), response)
    return response.answer


class _Response:
    """Takes one answer (http-tftp.md, 2.1)."""

    def __init__(self) -> None:
        self.answer: Deferred[Any] = Deferred()
        self._given = False

    def accept(self, file: Any) -> None:
        """Send what the file object holds."""
        self._once()
        try:
            self.answer.callback(TftpContent(_content(file)))
        finally:
            file.close()

    def reject(self, errcode: Any, errmsg: Any) -> None:
        """Answer an error."""
        self._once()
        self.answer.callback(TftpRefusal(_error_code(errcode), as_bytes(errmsg)))

    def ignore(self) -> None:
        """Answer nothing."""
        self._once()
        self.answer.errback(NoAnswer("the plugin ignores the request"))

    def _once(self) -> None:
        if self._given:
            raise ValueError("an answer was given already")
        self._given = True


def _content(file: Any) -> bytes:
    parts: list[bytes] = []
    length = 0
    while chunk := file.read(_CHUNK):
        parts.append(as_bytes(chunk))
        length += len(parts[-1])
        if length > LONGEST_CONTENT:
            raise ValueError(f"more than {LONGEST_CONTENT} bytes by TFTP")
    return b"".join(parts)


def _error_code(code: Any) -> int:
    return code if isinstance(code, int) else int.from_bytes(as_bytes(code)[:2], "big")
