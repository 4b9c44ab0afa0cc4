"""Downloads: over HTTP and HTTPS through the proxies that are set now, and from folders."""

import asyncio
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx
from ovix_web import authorities

from .package import BadPackage

ANSWER_WITHIN_S = 15.0
USER_AGENT = "ovix-provd"
_MOST_REDIRECTS = 5

Told = Callable[[int], None]
"""Told how many bytes are there."""


@dataclass(frozen=True)
class Proxies:
    """The proxies of the configure parameters; None: straight."""

    http: str | None = None
    https: str | None = None
    """``host:port``, as its parameter."""

    def mounts(self) -> Mapping[str, httpx.AsyncBaseTransport]:
        """As httpx takes them."""
        by_scheme = {"http://": self.http, "https://": self.https and f"http://{self.https}"}
        return {
            scheme: httpx.AsyncHTTPTransport(proxy=proxy)
            for scheme, proxy in by_scheme.items()
            if proxy
        }


def folder_of(url: str) -> Path | None:
    """The folder that a ``file:`` URL names."""
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


async def fetch(
    url: str, target: Path, *, most: int, within_s: float, proxies: Proxies, told: Told
) -> None:
    """Write what is at the URL into a file, or raise `BadPackage`; the file is not cleaned up."""
    try:
        async with asyncio.timeout(within_s):
            if (source := folder_of(url)) is not None:
                told(await asyncio.to_thread(_copy, source, target, most))
            else:
                await _download(url, target, most, proxies, told)
    except TimeoutError as error:
        raise BadPackage(f"{_shown(url)} took longer than {within_s:g} s") from error
    except FileNotFoundError as error:
        raise BadPackage(f"{_shown(url)} is not there") from error


def _copy(source: Path, target: Path, most: int) -> int:
    size = source.stat().st_size
    if size > most:
        raise BadPackage(f"{source.name} is larger than {most} bytes")
    shutil.copyfile(source, target)
    return size


async def _download(url: str, target: Path, most: int, proxies: Proxies, told: Told) -> None:
    client = httpx.AsyncClient(
        mounts=proxies.mounts(),
        trust_env=False,
        verify=authorities.trusted(),
        timeout=ANSWER_WITHIN_S,
        follow_redirects=True,
        max_redirects=_MOST_REDIRECTS,
        # Nothing is unpacked on the way: what is counted is what is sent.
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
    )
    try:
        async with client, client.stream("GET", url) as answer:
            if answer.status_code != httpx.codes.OK:
                raise BadPackage(f"{_shown(url)} answers {answer.status_code}")
            with await asyncio.to_thread(target.open, "wb") as file:
                async for part in answer.aiter_raw():
                    if answer.num_bytes_downloaded > most:
                        raise BadPackage(f"{_shown(url)} is larger than {most} bytes")
                    file.write(part)
                    told(answer.num_bytes_downloaded)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise BadPackage(f"{_shown(url)} can't be fetched: {type(error).__name__}") from error


def _shown(url: str) -> str:
    """Without what may be a password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
