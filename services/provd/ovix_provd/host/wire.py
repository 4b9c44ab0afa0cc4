"""Requests of phones and answers of plugins as plain values, for both ends of the channel."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

from ..plugins import (
    DhcpRequest,
    FileBelow,
    HttpAnswer,
    HttpRequest,
    PhoneRequest,
    TftpContent,
    TftpRefusal,
    TftpRequest,
)

Answer: TypeAlias = FileBelow | HttpAnswer | TftpContent | TftpRefusal
KEYS = ("mac", "ip", "sn", "uuid", "vendor", "model", "version")
"""What an extractor may tell about a phone."""


def told_request(request: PhoneRequest) -> list[Any]:
    """A request as it is sent."""
    match request:
        case HttpRequest():
            headers = [list(header) for header in request.headers]
            return ["http", request.ip, request.method, request.uri, headers, request.body]
        case TftpRequest():
            options = [list(option) for option in request.options]
            return [
                "tftp", request.ip, request.port, request.filename, request.mode, options,
            ]  # fmt: skip
        case DhcpRequest():
            return ["dhcp", request.ip, request.mac, [list(each) for each in request.options]]


def heard_request(told: Sequence[Any]) -> PhoneRequest:
    """A request as it was sent."""
    kind, *parts = told
    if kind == "http":
        ip, method, uri, headers, body = parts
        return HttpRequest(ip, method, uri, tuple((name, value) for name, value in headers), body)
    if kind == "tftp":
        ip, port, filename, mode, options = parts
        pairs = tuple((name, value) for name, value in options)
        return TftpRequest(ip, port, filename, mode, pairs)
    ip, mac, options = parts
    return DhcpRequest(ip, mac, tuple((code, value) for code, value in options))


def told_answer(answer: Answer | None) -> list[Any] | None:
    """An answer as it is sent."""
    match answer:
        case FileBelow():
            return ["file", str(answer.root), answer.name]
        case HttpAnswer():
            return ["http", answer.status, [list(each) for each in answer.headers], answer.body]
        case TftpContent():
            return ["content", answer.content]
        case TftpRefusal():
            return ["refusal", answer.code, answer.message]
        case None:
            return None


def heard_answer(told: Any) -> Answer | None:
    """An answer as it was sent; raises ValueError or TypeError where it has no such form."""
    if told is None:
        return None
    kind, *parts = told
    if kind == "file":
        root, name = parts
        return FileBelow(Path(root), bytes(name))
    if kind == "http":
        status, headers, body = parts
        pairs = tuple((bytes(name), bytes(value)) for name, value in headers)
        return HttpAnswer(int(status), pairs, bytes(body))
    if kind == "content":
        return TftpContent(bytes(parts[0]))
    if kind == "refusal":
        code, message = parts
        return TftpRefusal(int(code), bytes(message))
    raise ValueError(f"no such answer: {kind!r}")
