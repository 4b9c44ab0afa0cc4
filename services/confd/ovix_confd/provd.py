"""provd as confd uses it: devices and configs by its REST, never inside a transaction."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
from ovix_web import Unavailable

from .errors import ConfdError
from .settings import ConfdSettings

Document = dict[str, Any]
POLL_S = 0.1
SYNCHRONIZED_WITHIN_S = 25.0


class ProvdUnavailable(Unavailable):
    """provd does not answer, or can't do its work just now."""

    template = "Service unavailable - provd can't be reached, try again ({reason})"


class ProvdRefused(ConfdError):
    """provd does not do what it was asked for, and will not next time."""


class ChangedMeanwhile(Exception):
    """A document is another one than was read."""


@dataclass(frozen=True)
class Versioned:
    """A document, and the tag that names this version of it."""

    document: Document
    tag: str


class Provd:
    """Each call is one request, or a few of them. All may raise `ProvdUnavailable`."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def device(self, device_id: str) -> Versioned | None:
        """A device, if it is there."""
        return await self._document("dev_mgr/devices", device_id, "device")

    async def add_device(self, document: Document) -> str:
        """Add a device; its id."""
        answer = await self._ask("POST", "dev_mgr/devices", {"device": document})
        return str(answer.json()["id"])

    async def replace_device(self, device_id: str, document: Document, tag: str) -> None:
        """Put a document in the place of the version that was read, else `ChangedMeanwhile`."""
        await self._ask(
            "PUT", f"dev_mgr/devices/{_named(device_id)}", {"device": document}, tag=tag
        )

    async def remove_device(self, device_id: str) -> None:
        """Delete a device, if it is there."""
        await self._ask("DELETE", f"dev_mgr/devices/{_named(device_id)}", missing=True)

    async def config(self, config_id: str) -> Versioned | None:
        """A config, if it is there."""
        return await self._document("cfg_mgr/configs", config_id, "config")

    async def put_config(self, document: Document) -> None:
        """Store a config under its id, new or not."""
        path = f"cfg_mgr/configs/{_named(document['id'])}"
        stored = await self._ask("PUT", path, {"config": document}, missing=True)
        if stored.status_code == httpx.codes.NOT_FOUND:
            await self._ask("POST", "cfg_mgr/configs", {"config": document})

    async def remove_config(self, config_id: str) -> None:
        """Delete a config, if it is there."""
        await self._ask("DELETE", f"cfg_mgr/configs/{_named(config_id)}", missing=True)

    async def autocreate_config(self) -> str | None:
        """A config for a phone that waits for its line; None where provd has none to make it of."""
        answer = await self._ask("POST", "cfg_mgr/autocreate", {})
        found = answer.json()["id"]
        return None if found is None else str(found)

    async def plugins(self) -> frozenset[str]:
        """The installed plugins."""
        answer = await self._ask("GET", "pg_mgr/plugins")
        return frozenset(answer.json()["plugins"])

    async def synchronize(self, device_id: str) -> bool:
        """Have a phone fetch its configuration; whether it was told."""
        started = await self._ask("POST", "dev_mgr/synchronize", {"id": device_id})
        operation = "dev_mgr/synchronize/" + started.headers["Location"].rpartition("/")[2]
        try:
            async with asyncio.timeout(SYNCHRONIZED_WITHIN_S):
                while True:
                    status = (await self._ask("GET", operation)).json()["status"]
                    if status.startswith(("success", "fail")):
                        return bool(status.startswith("success"))
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            return False
        finally:
            await self._ask("DELETE", operation, missing=True)

    async def ask_to_synchronize(self, device_id: str) -> None:
        """Have a phone fetch its configuration some time; how it went is in provd's log."""
        await self._ask("POST", "dev_mgr/synchronize", {"id": device_id})

    async def _document(self, path: str, name: str, key: str) -> Versioned | None:
        answer = await self._ask("GET", f"{path}/{_named(name)}", missing=True)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return Versioned(answer.json()[key], answer.headers["ETag"])

    async def _ask(
        self,
        method: str,
        path: str,
        body: Document | None = None,
        *,
        tag: str | None = None,
        missing: bool = False,
    ) -> httpx.Response:
        """One request; ``missing``: that there is no such thing is an answer like another."""
        headers = {"If-Match": tag} if tag is not None else {}
        try:
            answer = await self._client.request(method, path, json=body, headers=headers)
        except httpx.TransportError as error:
            raise ProvdUnavailable(reason=type(error).__name__) from error
        code = answer.status_code
        if code == httpx.codes.PRECONDITION_FAILED:
            raise ChangedMeanwhile
        if code >= 500 or code == httpx.codes.UNAUTHORIZED:
            raise ProvdUnavailable(reason=f"it answers {code}")
        if answer.is_error and not (missing and code == httpx.codes.NOT_FOUND):
            raise ProvdRefused(f"provd refused: {answer.text[:500]}")
        return answer


def _named(text: str) -> str:
    return quote(text, safe="")


def open_client(
    settings: ConfdSettings, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """The client of provd, with time limits; nothing is connected before it is used."""
    key = settings.provd_key.get_secret_value() if settings.provd_key is not None else ""
    return httpx.AsyncClient(
        base_url=settings.provd_url.rstrip("/") + "/",
        headers={"X-Auth-Token": key},
        timeout=settings.provd_timeout_s,
        transport=transport,
        trust_env=False,
        # Certificates are loaded only where some are looked at.
        verify=settings.provd_url.startswith("https:"),
    )
