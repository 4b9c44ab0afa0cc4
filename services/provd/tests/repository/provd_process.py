"""provd as a process of its own, as it is installed."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from ovix_engines.ports import free_port

from .installation import until


@dataclass
class Provd:
    """provd as a process."""

    environment: dict[str, str]
    port: int
    phones_port: int
    log: Path
    process: asyncio.subprocess.Process | None = field(default=None, repr=False)

    async def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "ovix_provd", env={**os.environ, **self.environment},
                stdout=output, stderr=output, stdin=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
        async with httpx.AsyncClient() as client:

            async def is_up() -> bool:
                assert self.process is not None
                assert self.process.returncode is None, self.log.read_text()[-3000:]
                try:
                    live = await client.get(f"http://127.0.0.1:{self.port}/health/live")
                except httpx.TransportError:
                    return False
                return live.is_success

            await until(is_up, 60)

    async def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()


@asynccontextmanager
async def running_provd(database_url: str, storage: Path, log: Path) -> AsyncIterator[Provd]:
    """A process that is up, and killed in the end."""
    port, phones_port = free_port(), free_port()
    environment = {
        "OVIX_DATABASE_URL": database_url,
        "OVIX_PROVD_HOST": "127.0.0.1",
        "OVIX_PROVD_PORT": str(port),
        "OVIX_PROVD_PHONES_HOST": "127.0.0.1",
        "OVIX_PROVD_HTTP_PORT": str(phones_port),
        "OVIX_PROVD_TFTP_PORT": "0",
        "OVIX_PROVD_EXTERNAL_IP": "192.0.2.1",
        "OVIX_PROVD_STORAGE_DIR": str(storage),
        "OVIX_ACCESS_LOG": "false",
    }
    made = Provd(environment, port, phones_port, log)
    await made.start()
    yield made
    if made.process is not None and made.process.returncode is None:
        await made.kill()
