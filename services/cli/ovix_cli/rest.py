"""A small client of the REST services, for what ``ovix`` itself does through them."""

from types import TracebackType
from typing import Any

import httpx

from .accounts import LOCAL_LOGIN
from .addresses import base_url
from .home import CliError, Home

DEFAULT_LIFETIME_S = 24 * 3600


class Rest:
    """Calls with a token of the local account; any refusal becomes a readable error."""

    def __init__(self, token: str, host: str = "127.0.0.1") -> None:
        self._host = host
        self._client = httpx.AsyncClient(headers={"X-Auth-Token": token}, timeout=15)

    async def __aenter__(self) -> "Rest":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def get(self, path: str, **query: str | int) -> Any:
        """GET on confd."""
        return (await self._call("GET", path, params=query)).json()

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """POST on confd; gives the created object."""
        return (await self._call("POST", path, json=body)).json()

    async def put(self, path: str, body: dict[str, Any] | None = None) -> None:
        """PUT on confd."""
        await self._call("PUT", path, json=body)

    async def _call(self, method: str, path: str, **options: Any) -> httpx.Response:
        url = f"{base_url('confd', self._host)}/1.1{path}"
        try:
            answer = await self._client.request(method, url, **options)
        except httpx.TransportError as error:
            raise CliError(f"confd does not answer at {url}: {error}") from error
        if answer.is_error:
            raise CliError(f"{method} {path} answered {answer.status_code}: {answer.text}")
        return answer


async def local_token(home: Home, lifetime_s: int = DEFAULT_LIFETIME_S) -> str:
    """A token with every right, for this machine's operator."""
    url = f"{base_url('auth')}/0.1/token"
    password = home.secrets()["OVIX_LOCAL_PASSWORD"]
    async with httpx.AsyncClient(timeout=15) as client:
        try:
            answer = await client.post(
                url,
                auth=(LOCAL_LOGIN, password),
                json={"backend": "xivo_service", "expiration": lifetime_s},
            )
        except httpx.TransportError as error:
            raise CliError(f"auth does not answer at {url}; is 'ovix up' running?") from error
    if answer.is_error:
        raise CliError(f"auth gave no token ({answer.status_code}): {answer.text}")
    return str(answer.json()["data"]["token"])
