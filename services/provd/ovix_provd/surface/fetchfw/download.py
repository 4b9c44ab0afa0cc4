"""Files from the web, each checked against its SHA-1 whenever it is used."""

import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit
from urllib.request import (
    BaseHandler,
    HTTPBasicAuthHandler,
    HTTPDigestAuthHandler,
    HTTPPasswordMgrWithDefaultRealm,
    ProxyHandler,
    Request,
    build_opener,
)

from .database import RemoteFile
from .errors import DownloadFailed

USER_AGENT = "xivo-fetchfw/1.0"
SILENT_FOR_S = 15
DOWNLOADED_WITHIN_S = 3600
LARGEST_FILE = 2 * 1024 * 1024 * 1024
_AT_ONCE = 64 * 1024
_TOLD_EVERY = 1024 * 1024

Told = Callable[[int], None]
"""Called with the bytes so far."""


class Downloader(Protocol):
    """Gets files of one kind; the kinds have names in ``pkgs.db``."""

    def open(self, url: str) -> Any:
        """What is read and closed; raises OSError."""


class LiveProxies(ProxyHandler):
    """Looks up proxies at each request: they may be changed meanwhile. The environment has none."""

    def __init__(self, proxies: Mapping[str, str]) -> None:
        super().__init__({})
        self._proxies = proxies

    def _through(self, request: Request, scheme: str) -> Any:
        proxy = self._proxies.get(scheme)
        return self.proxy_open(request, proxy, scheme) if proxy else None

    def http_open(self, request: Request) -> Any:
        """Before the request is sent."""
        return self._through(request, "http")

    def https_open(self, request: Request) -> Any:
        """Before the request is sent."""
        return self._through(request, "https")

    def ftp_open(self, request: Request) -> Any:
        """Before the request is sent."""
        return self._through(request, "ftp")


class DefaultDownloader:
    """HTTP, HTTPS and FTP."""

    def __init__(self, *handlers: BaseHandler) -> None:
        self._opener = build_opener(*handlers)

    def open(self, url: str) -> Any:
        """What is read and closed; raises OSError."""
        if urlsplit(url).scheme not in ("http", "https", "ftp"):
            raise DownloadFailed(f"not an address to download from: {url}")
        request = Request(url, headers={"User-Agent": USER_AGENT})  # noqa: S310 (checked)
        return self._opener.open(request, timeout=SILENT_FOR_S)


class AuthenticatingDownloader(DefaultDownloader):
    """Gives servers the passwords that it was given."""

    def __init__(self, *handlers: BaseHandler) -> None:
        self._passwords = HTTPPasswordMgrWithDefaultRealm()
        super().__init__(
            *handlers,
            HTTPBasicAuthHandler(self._passwords),
            HTTPDigestAuthHandler(self._passwords),
        )

    def add_password(self, realm: str | None, uri: str, user: str, passwd: str) -> None:
        """Use that account at that address."""
        self._passwords.add_password(realm, uri, user, passwd)


def fetch(file: RemoteFile, cache: Path, downloaders: Mapping[str, Downloader], told: Told) -> Path:
    """The file in the cache: what lies there if it is right, else downloaded; `DownloadFailed`."""
    path = cache / file.name
    if path.is_file():
        if _sha1(path) == file.sha1sum:
            return path
        if file.url is None:
            raise DownloadFailed(f"{file.name} in var/cache is not the file that is needed (SHA-1)")
    if file.url is None:
        raise DownloadFailed(f"{file.name} must be put into var/cache by hand")
    try:
        _download(file.url, path, file.sha1sum, downloaders[file.downloader], told)
    except (OSError, HTTPException, ValueError) as error:
        raise DownloadFailed(f"{file.name} can't be downloaded: {error}") from error
    return path


def _sha1(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, _digest).hexdigest()


def _digest() -> Any:
    return hashlib.sha1(usedforsecurity=False)  # that is what packages have


def _download(url: str, path: Path, sha1sum: str, downloader: Downloader, told: Told) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as target, downloader.open(url) as source:
            if _copied(source, target, told) != sha1sum:
                raise DownloadFailed(f"{path.name} is not the file that is needed (SHA-1)")
        Path(name).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def _copied(source: Any, target: Any, told: Told) -> str:
    digest, done, next_told = _digest(), 0, 0
    until = time.monotonic() + DOWNLOADED_WITHIN_S
    while part := source.read(_AT_ONCE):
        done += len(part)
        if done > LARGEST_FILE or time.monotonic() > until:
            raise DownloadFailed("it is too large, or comes too slowly")
        digest.update(part)
        target.write(part)
        if done >= next_told:
            told(done)
            next_told = done + _TOLD_EVERY
    told(done)
    return str(digest.hexdigest())
