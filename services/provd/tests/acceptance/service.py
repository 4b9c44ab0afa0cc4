"""provd as it is installed: its own process, its plugin host, PostgreSQL, HTTP and TFTP."""

import asyncio
import io
import os
import re
import signal
import subprocess
import sys
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from ovix_engines.ports import free_port

KEY = "the key of this installation"
AUTOPROV_PASSWORD = "aUtoPr0v-5ecret"
SEEDED = ("base", "autoprov")
READY_WITHIN_S = 60.0
Document = dict[str, Any]


@dataclass
class Provd:
    """``async with Provd(directory, database_url) as provd: …``; what it says is in ``log``."""

    directory: Path
    database_url: str
    storage: Path
    environment: dict[str, str] = field(default_factory=dict)
    _process: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.log = self.directory / "provd.log"
        self.security_log = self.directory / "security.log"
        self.rest_port, self.http_port, self.tftp_port = free_port(), free_port(), free_port()
        self.rest = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.rest_port}/provd",
            headers={"X-Auth-Token": KEY},
            timeout=30,
            trust_env=False,
        )

    async def __aenter__(self) -> "Provd":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.rest.aclose()
        if self._process is not None:
            self._process.terminate()
            await asyncio.to_thread(self._process.wait, 30)

    async def start(self) -> None:
        """Return once it is ready."""
        told = {
            "OVIX_DATABASE_URL": self.database_url,
            "OVIX_BUS_URL": self.database_url,
            "OVIX_LOG_FORMAT": "json",
            "OVIX_LOG_LEVEL": "debug",
            "OVIX_PROVD_HOST": "127.0.0.1",
            "OVIX_PROVD_KEY": KEY,
            "OVIX_PROVD_EXTERNAL_IP": "192.0.2.1",
            "OVIX_PROVD_PORT": str(self.rest_port),
            "OVIX_PROVD_HTTP_PORT": str(self.http_port),
            "OVIX_PROVD_TFTP_PORT": str(self.tftp_port),
            "OVIX_PROVD_STORAGE_DIR": str(self.storage),
            "OVIX_PROVD_SECURITY_LOG": str(self.security_log),
            "OVIX_AMI_PORT": "9",
            "PYTHONUNBUFFERED": "1",
        }
        self._process = self._launched({**os.environ, **told, **self.environment})
        async with asyncio.timeout(READY_WITHIN_S):
            while not await self._is_ready():
                assert self._process.poll() is None, self.log.read_text()[-4000:]
                await asyncio.sleep(0.1)

    def _launched(self, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "ovix_provd"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    async def _is_ready(self) -> bool:
        try:
            answer = await self.rest.get(f"http://127.0.0.1:{self.rest_port}/health/ready")
        except httpx.TransportError:
            return False
        return answer.is_success

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def host_pid(self) -> int | None:
        """Of its plugin host."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        for child in children:
            if b"ovix_provd.host" in Path(f"/proc/{child}/cmdline").read_bytes():
                return int(child)
        return None

    def resident_kb(self) -> int:
        """Memory of the service, in KiB (proc(5), VmRSS)."""
        told = Path(f"/proc/{self.pid}/status").read_text()
        (found,) = re.findall(r"VmRSS:\s+(\d+) kB", told)
        return int(found)

    async def kill(self) -> None:
        """As the kernel does when memory runs out."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(self._process.wait)

    # ---- what an operator does -------------------------------------------------------------------

    async def ask(self, method: str, path: str, body: Document | None = None) -> httpx.Response:
        """A request that succeeds."""
        answer = await self.rest.request(method, path, json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    async def set(self, name: str, value: Any) -> None:
        """A parameter of provd."""
        await self.ask("PUT", f"/configure/{name}", {"param": {"value": value}})

    async def ended(self, path: str, body: Document) -> str:
        """Start an operation; its status once it has ended."""
        answer = await self.ask("POST", path, body)
        location = answer.headers["Location"].removeprefix("/provd")
        async with asyncio.timeout(60):
            while True:
                status = str((await self.ask("GET", location)).json()["status"])
                if re.match(r"[^(]*(success|fail)", status):
                    return status
                await asyncio.sleep(0.05)

    async def plugin(self, verb: str, plugin_id: str) -> None:
        """Install or upgrade one."""
        status = await self.ended(f"/pg_mgr/install/{verb}", {"id": plugin_id})
        assert "fail" not in status, self.log.read_text()[-4000:]

    async def uninstall(self, plugin_id: str) -> None:
        await self.ask("POST", "/pg_mgr/install/uninstall", {"id": plugin_id})

    async def use(self, server: str) -> None:
        """Take packages from there."""
        await self.set("plugin_server", server)
        assert "fail" not in await self.ended("/pg_mgr/install/update", {})

    async def devices(self) -> list[Document]:
        found: list[Document] = (await self.ask("GET", "/dev_mgr/devices")).json()["devices"]
        return found

    async def device(self, mac: str) -> Document:
        (found,) = [each for each in await self.devices() if each.get("mac") == mac]
        return found

    async def reconfigure(self, mac: str) -> httpx.Response:
        device = await self.device(mac)
        return await self.ask("POST", "/dev_mgr/reconfigure", {"id": device["id"]})

    async def give_account(self, mac: str, **line: str) -> None:
        """What confd does once a line is on a phone."""
        device = await self.device(mac)
        told = {"proxy_ip": "192.0.2.1", "registrar_ip": "192.0.2.1", **line}
        config = {
            "id": device["id"],
            "parent_ids": ["base"],
            "raw_config": {"protocol": "SIP", "sip_lines": {"1": told}},
        }
        await self.ask("POST", "/cfg_mgr/configs", {"config": config})
        await self.ask(
            "PUT",
            f"/dev_mgr/devices/{device['id']}",
            {"device": {**device, "config": device["id"]}},
        )

    async def seed(self) -> None:
        """The configs of an installation."""
        base = {"ntp_enabled": True, "ntp_ip": "192.0.2.1", "admin_password": "adm1n-5ecret"}
        line = {
            "username": "apQX",
            "password": AUTOPROV_PASSWORD,
            "display_name": "Autoprov",
            "proxy_ip": "192.0.2.1",
            "registrar_ip": "192.0.2.1",
        }
        for config in (
            {"id": "base", "parent_ids": [], "raw_config": base},
            {
                "id": "autoprov",
                "parent_ids": ["base"],
                "role": "autocreate",
                "raw_config": {"sip_lines": {"1": line}},
            },
        ):
            await self.ask("POST", "/cfg_mgr/configs", {"config": config})

    async def clear(self) -> None:
        """Remove plugins, phones and their configs; what is installed by `seed` stays."""
        for plugin_id in (await self.ask("GET", "/pg_mgr/install/installed")).json()["pkgs"]:
            await self.uninstall(plugin_id)
        for device in await self.devices():
            await self.ask("DELETE", f"/dev_mgr/devices/{device['id']}")
        for config in (await self.ask("GET", "/cfg_mgr/configs")).json()["configs"]:
            if config["id"] not in SEEDED:
                await self.ask("DELETE", f"/cfg_mgr/configs/{config['id']}")
        await self.set("NAT", "0")

    # ---- what phones do --------------------------------------------------------------------------

    async def get(
        self, path: str, agent: str = "", ip: str = "127.0.0.1", **headers: str
    ) -> httpx.Response:
        """By HTTP, from an address of this machine; the path goes out as it is."""
        transport = httpx.AsyncHTTPTransport(local_address=ip)
        async with httpx.AsyncClient(transport=transport, timeout=30) as phone:
            return await phone.get(
                f"http://127.0.0.1:{self.http_port}/",
                headers={"User-Agent": agent, **headers},
                extensions={"target": path.encode()},
            )

    async def tftp(self, path: str, ip: str = "127.0.0.1") -> bytes | None:
        """By TFTP, as curl does; None where there is nothing."""
        curl = await asyncio.create_subprocess_exec(
            *("curl", "--silent", "--max-time", "30", "--interface", ip, "--path-as-is"),
            f"tftp://127.0.0.1:{self.tftp_port}/{path}",
            stdout=asyncio.subprocess.PIPE,
        )
        content, _ = await curl.communicate()
        return content if curl.returncode == 0 else None

    def events(self) -> str:
        """All that it has logged."""
        return self.log.read_text(errors="replace")


def archive_of(package: Path) -> bytes:
    """The archive of a plugin's directory, as repositories have it."""
    told = io.BytesIO()
    with tarfile.open(fileobj=told, mode="w:bz2") as tar:
        tar.add(package, package.name)
    return told.getvalue()
