"""Asking another server by HTTP: bounded in time and size, and never led elsewhere."""

import asyncio
import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import Annotated, Any

import httpx
import orjson
from ovix_web import authorities
from ovix_web.bodies import text
from pydantic import AfterValidator

from ..backend import SourceFailed
from ..reach import EVERYWHERE, OutOfReach, ReachingClient

BODY_MAX = 16 * 1024 * 1024
REDIRECTS_MAX = 3


def _http_url(given: str) -> str:
    try:
        url = httpx.URL(given)
    except httpx.InvalidURL as error:
        raise ValueError("must be the URL of a web server") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("must begin with http:// or https://")
    return given


Url = Annotated[str, text(2048, 1), AfterValidator(_http_url)]
Verify = bool | Annotated[str, text(4096, 1)]
"""Whether a server's certificate is checked; or a file of the authorities that sign it."""


class Web:
    """Requests of one source to its server. Every method raises `SourceFailed`, which names no URL:
    it may hold a password."""

    def __init__(self, shared: httpx.AsyncClient, verify: Verify, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        reach = shared.reach if isinstance(shared, ReachingClient) else EVERYWHERE
        self._own = None if verify is True else ReachingClient(reach, _trust(verify))
        self._client = self._own or shared

    async def __aenter__(self) -> "Web":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def get(self, url: httpx.URL, **more: Any) -> httpx.Response:
        """The answer to a GET, whatever its status; redirects within the host are followed."""
        for _ in range(REDIRECTS_MAX + 1):
            answer = await self.send("GET", url, **more)
            if answer.next_request is None:
                return answer
            target = answer.next_request.url
            safe = ("https",) if url.scheme == "https" else ("http", "https")
            if target.host != url.host or target.scheme not in safe:
                raise SourceFailed("the server redirects to another one")
            url = target
        raise SourceFailed(f"the server redirects more than {REDIRECTS_MAX} times")

    async def send(self, method: str, url: httpx.URL, **more: Any) -> httpx.Response:
        """One request and its whole answer."""
        # Compressed answers might unfold to any size.
        headers = {**more.pop("headers", {}), "Accept-Encoding": "identity"}
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._client.stream(
                    method,
                    url,
                    headers=headers,
                    timeout=self._timeout_s,
                    follow_redirects=False,
                    **more,
                ) as answer,
            ):
                if answer.headers.get("content-encoding", "identity") != "identity":
                    raise SourceFailed("the server compresses what was asked for plainly")
                body = bytearray()
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    if len(body) > BODY_MAX:
                        raise SourceFailed(f"the server answers more than {BODY_MAX} bytes")
        except (TimeoutError, httpx.TimeoutException) as error:
            raise SourceFailed(f"no answer within {self._timeout_s:g} s") from error
        except OutOfReach as error:
            raise SourceFailed(str(error)) from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            # The text of some has the URL in it.
            raise SourceFailed(f"the server can't be asked: {type(error).__name__}") from error
        whole = httpx.Response(
            answer.status_code, headers=answer.headers, content=bytes(body), request=answer.request
        )
        whole.next_request = answer.next_request
        return whole

    async def close(self) -> None:
        """Close what is not shared."""
        if self._own is not None:
            await self._own.aclose()


def with_parameters(url: str, parameters: Mapping[str, str]) -> httpx.URL:
    """The URL with more parameters, beside those it has."""
    return httpx.URL(url).copy_merge_params(dict(parameters))


def json_of(answer: httpx.Response, what: str) -> dict[str, Any]:
    """The object that an answer holds; `SourceFailed` for another status and for anything else."""
    if answer.status_code != 200:
        raise SourceFailed(f"{what}: the server answers {answer.status_code}")
    try:
        found = orjson.loads(answer.content)
    except orjson.JSONDecodeError as error:
        raise SourceFailed(f"{what}: the server's answer is no JSON") from error
    if not isinstance(found, dict):
        raise SourceFailed(f"{what}: the server's answer is no object")
    return found


def _trust(verify: bool | str) -> ssl.SSLContext:
    try:
        return authorities.trusted(verify)
    except OSError as error:
        raise SourceFailed(f"verify_certificate can't be read: {error.strerror}") from error
