"""What may be set through the configure resource (reference/provd/rest-api.md, 7)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

LONGEST = 1000
_LOCALE = re.compile(r"[a-z]{2,3}(_[A-Z]{2,3})?")


class InvalidValue(ValueError):
    """A value that the parameter does not take."""


def _url(value: str, *, path: bool) -> str:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError as error:
        raise InvalidValue(str(error)) from error
    if not parts.scheme or not parts.hostname:
        raise InvalidValue("a URL with scheme and host is needed")
    if not path and parts.path not in ("", "/"):
        raise InvalidValue("a URL without path is needed")
    return value


def _server(value: str) -> str:
    """``http:``, ``https:``, or a folder of this machine, as ``file:///path``."""
    value = value if value.endswith("/") else value + "/"
    if value.startswith("file:///"):
        return value
    _url(value, path=True)
    if urlsplit(value).scheme not in ("http", "https"):
        raise InvalidValue("a URL of http:, https: or file:/// is needed")
    return value


def _proxy(value: str) -> str | None:
    return _url(value, path=False) if value else None


def _https_proxy(value: str) -> str:
    host, colon, port = value.rpartition(":")
    if not host or not colon or "/" in value or not port.isdecimal() or len(port) > 5:
        raise InvalidValue("host:port is needed")
    return value


def _locale(value: str) -> str | None:
    if value and not _LOCALE.fullmatch(value):
        raise InvalidValue("a locale such as fr_FR is needed")
    return value or None


def _nat(value: str) -> int:
    if value not in ("0", "1"):
        raise InvalidValue('"0" or "1" is needed')
    return int(value)


@dataclass(frozen=True)
class Parameter:
    """A parameter: null unsets it."""

    name: str
    description: str
    read: Callable[[str], Any]
    default: Any = None

    def taken(self, value: Any) -> Any:
        """What is stored of a value that a client sends; None: nothing is."""
        if value is None:
            return None
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(text, str) or len(text) > LONGEST or "\0" in text:
            raise InvalidValue("a text is needed")
        return self.read(text)


PARAMETERS = {
    each.name: each
    for each in (
        Parameter("plugin_server", "The base address of the plugins repository", _server),
        Parameter("http_proxy", "The proxy for HTTP requests", _proxy),
        Parameter("ftp_proxy", "The proxy for FTP requests", _proxy),
        Parameter("https_proxy", "The proxy for HTTPS requests, host:port", _https_proxy),
        Parameter("locale", "The current locale, such as fr_FR", _locale),
        Parameter("NAT", "1 if all the devices are behind a NAT", _nat, 0),
    )
}
