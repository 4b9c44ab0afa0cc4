"""provd with its phones' servers running, as phones meet it: each request says where it is from."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from ovix_provd.app import create_provd_app
from ovix_provd.media import MEDIA_TYPE
from ovix_provd.notification import SipNotifier
from ovix_provd.plugins import HttpAnswer
from ovix_provd.settings import ProvdSettings
from ovix_web.app import running

from .vendors import VendorPlugin, Vendors, digits

MAC, OTHER = "00:15:65:aa:bb:cc", "00:15:65:aa:bb:dd"
HOME, AWAY = "10.0.0.50", "10.0.0.60"
Document = dict[str, Any]


@dataclass
class PhonesOffice:
    """What tests do: phones ask, the administrator looks and writes."""

    app: FastAPI
    http: AsyncClient
    rest: AsyncClient
    plugins: Vendors
    root: Path
    manager: Any

    @property
    def acme(self) -> VendorPlugin:
        return self.plugins.plugins["acme-2"]

    async def get(
        self, path: str, ip: str = HOME, agent: str = "", method: str = "GET", **headers: str
    ) -> httpx.Response:
        """A request from an address."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        given |= {"X-Forwarded-For": ip, "User-Agent": agent}
        return await self.http.request(method, path, headers=given)

    async def fetch(
        self, mac: str = MAC, ip: str = HOME, model: str = "T46S", version: str = "66.1"
    ) -> httpx.Response:
        """A phone asks for its own file."""
        return await self.get(f"/{digits(mac)}.cfg", ip, f"Acme {model} {version} {mac}")

    async def fetch_at_once(self, phones: Iterable[tuple[str, str]]) -> list[int]:
        """The statuses of many phones' requests at once, each on a connection of its own."""
        return list(await asyncio.gather(*(self._fetched(mac, ip) for mac, ip in phones)))

    async def _fetched(self, mac: str, ip: str) -> int:
        port = self.app.state.phones.http_port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"GET /{digits(mac)}.cfg HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {ip}\r\n"
        agent = f"User-Agent: Acme T46S 66.1 {mac}\r\nConnection: close\r\n\r\n"
        writer.write((head + agent).encode())
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return int(answer[9:12])

    async def devices(self) -> list[Document]:
        answer = await self.rest.get("/dev_mgr/devices")
        found: list[Document] = answer.json()["devices"]
        return found

    async def device(self, mac: str = MAC) -> Document:
        (found,) = [each for each in await self.devices() if each.get("mac") == mac]
        return found

    async def ask(self, method: str, path: str, body: Any) -> httpx.Response:
        answer = await self.rest.request(
            method, path, json=body, headers={"Content-Type": MEDIA_TYPE}
        )
        assert answer.is_success, answer.text
        return answer

    async def give_account(self, device_id: str, username: str = "zoe") -> None:
        """What confd does once a line is on a phone."""
        line = {"username": username, "password": f"secret of {username}", "display_name": "Zoe"}
        config = {"id": device_id, "parent_ids": ["base"], "raw_config": {"sip_lines": {"1": line}}}
        await self.ask("POST", "/cfg_mgr/configs", {"config": config})
        device = (await self.rest.get(f"/dev_mgr/devices/{device_id}")).json()["device"]
        await self.ask(
            "PUT", f"/dev_mgr/devices/{device_id}", {"device": {**device, "config": device_id}}
        )

    async def phone_with_account(
        self, mac: str = MAC, ip: str = HOME, username: str = "zoe"
    ) -> str:
        """A phone that came by itself, was given a line, and has fetched it."""
        assert (await self.fetch(mac, ip)).status_code == 200
        device_id = str((await self.device(mac))["id"])
        await self.give_account(device_id, username)
        answer = await self.fetch(mac, ip)
        assert f"secret of {username}" in answer.text
        return device_id

    async def set_nat(self, value: int) -> None:
        await self.ask("PUT", "/configure/NAT", {"param": {"value": str(value)}})


def vendors(root: Path) -> Vendors:
    """Two generations of one vendor, another one, and one that fails to extract."""
    return Vendors(
        {
            "acme-10": VendorPlugin(root, "Acme", ("T46S",), "1.0"),
            "acme-2": VendorPlugin(root, "Acme", ("T46S",), "66.1"),
            "beta": VendorPlugin(root, "Beta", ("B1",)),
            "broken": VendorPlugin(root, "Broken", extracts=False),
            "null": VendorPlugin(root, answer=HttpAnswer(404, (), b"")),
            "zero": VendorPlugin(root),
        }
    )


@asynccontextmanager
async def an_office(
    settings: ProvdSettings, root: Path, manager: Any, token: str
) -> AsyncIterator[PhonesOffice]:
    """Start it; its configs are in the database."""
    plugins = vendors(root)
    app = create_provd_app(settings, plugins, SipNotifier(manager))
    async with (
        running(app),
        AsyncClient(
            transport=ASGITransport(app, raise_app_exceptions=False),
            base_url="http://provd:8666/provd",
            headers={"X-Auth-Token": token},
        ) as rest,
        AsyncClient(
            base_url=f"http://127.0.0.1:{app.state.phones.http_port}",
            timeout=httpx.Timeout(60, pool=None),
            trust_env=False,
        ) as http,
    ):
        yield PhonesOffice(app, http, rest, plugins, root, manager)
