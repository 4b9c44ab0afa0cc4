"""What an operator does with plugins."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

from ovix_provd.plugins import Document
from ovix_schema import Device
from ovix_web import Sessions

from .plugin_server import PluginServer


async def until(condition: Callable[[], Awaitable[bool]], within_s: float = 60.0) -> None:
    """Wait until the condition holds."""
    async with asyncio.timeout(within_s):
        holds = await condition()
        while not holds:
            await asyncio.sleep(0.01)
            holds = await condition()


class Installation:
    """What an operator does with plugins, and how it goes."""

    def __init__(self, provd: Any, sessions: Sessions) -> None:
        self.provd, self.api, self._sessions = provd, provd.api, sessions

    async def started(self, verb: str, body: Document, path: str = "/pg_mgr/install") -> str:
        """POST; where the operation is."""
        answer = await self.provd.send("POST", f"{path}/{verb}", body)
        assert answer.status_code == 201, answer.text
        location: str = answer.headers["Location"]
        assert location.startswith(f"/provd{path}/{verb}/")
        return location.removeprefix("/provd")

    async def status(self, location: str) -> str:
        status: str = await self.provd.read(location, "status")
        return status

    async def ended(self, location: str) -> str:
        """The status once it is over."""
        return await self.shows(location, r"[^(]*(success|fail).*")

    async def shows(self, location: str, pattern: str) -> str:
        """The status once it is like that."""
        told: list[str] = []

        async def is_shown() -> bool:
            told.append(await self.status(location))
            return re.fullmatch(pattern, told[-1]) is not None

        await until(is_shown)
        return told[-1]

    async def done(self, verb: str, plugin_id: str) -> str:
        return await self.ended(await self.started(verb, {"id": plugin_id}))

    async def set(self, name: str, value: Any) -> None:
        await self.provd.done("PUT", f"/configure/{name}", {"param": {"value": value}})

    async def use(self, server: PluginServer) -> None:
        """Set the server, and get its index."""
        await self.set("plugin_server", server.url)
        ended = await self.ended(await self.started("update", {}))
        assert ended.startswith("update|success"), ended

    async def loaded(self) -> list[str]:
        return list(await self.provd.read("/pg_mgr/plugins", "plugins"))

    async def installed(self) -> dict[str, Document]:
        pkgs: dict[str, Document] = await self.provd.read("/pg_mgr/install/installed", "pkgs")
        return pkgs

    async def installable(self) -> dict[str, Document]:
        pkgs: dict[str, Document] = await self.provd.read("/pg_mgr/install/installable", "pkgs")
        return pkgs

    async def configured(self, device_id: str = "phone") -> bool:
        found: bool = (await self.provd.device(device_id))["configured"]
        return found

    async def has_phones(self, number: int, plugin: str = "acme-phone") -> None:
        """Devices ``phone0``, ``phone1``… that name a plugin, not configured yet."""
        async with self._sessions.begin() as session:
            for each in range(number):
                document = {"id": f"phone{each}", "plugin": plugin, "config": "base",
                            "configured": False}  # fmt: skip
                session.add(Device(id=document["id"], document=document))

    async def configured_phones(self) -> int:
        found = await self.provd.read("/dev_mgr/devices", "devices", q='{"configured": true}')
        return len(found)
