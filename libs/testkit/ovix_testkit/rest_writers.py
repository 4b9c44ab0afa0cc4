"""Writers that change users through a real confd, and that confd, which may be killed."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from ovix_schema import Token
from ovix_web.tokens import hash_of
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from .resilience import Writers

START_S = 90.0


async def a_token(sessions: async_sessionmaker[AsyncSession], *acl: str) -> str:
    """A token that auth might have given."""
    token = str(uuid4())
    async with sessions.begin() as session:
        session.add(
            Token(
                token_hash=hash_of(token),
                auth_id=str(uuid4()),
                acl=list(acl),
                expires_at=datetime.now(UTC) + timedelta(hours=1),
            )
        )
    return token


@dataclass
class ConfdProcess:
    """confd on a free port."""

    database_url: str
    bus_url: str
    port: int = 0
    _process: asyncio.subprocess.Process | None = None

    def __post_init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    async def start(self) -> None:
        """Returns once it is ready."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ovix_confd"),
            env={
                **os.environ,
                "OVIX_DATABASE_URL": self.database_url,
                "OVIX_BUS_URL": self.bus_url,
                "OVIX_CONFD_HOST": "127.0.0.1",
                "OVIX_CONFD_PORT": str(self.port),
            },
            stdout=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(START_S), httpx.AsyncClient() as client:
            while not await self._ready(client):  # noqa: ASYNC110 - another process's state
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            self._process.kill()
            await self._process.wait()

    async def stop(self) -> None:
        """SIGTERM, unless it is gone."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()

    async def _ready(self, client: httpx.AsyncClient) -> bool:
        if self._process is not None and self._process.returncode is not None:
            raise RuntimeError(f"confd ended with status {self._process.returncode}")
        try:
            answer = await client.get(f"http://127.0.0.1:{self.port}/health/ready")
        except httpx.TransportError:
            return False
        return answer.is_success


@dataclass
class RestWriters(Writers):
    """The same changes, by ``PUT /1.1/users/{uuid}/forwards/busy``."""

    _client: httpx.AsyncClient | None = None
    _last: dict[UUID, int] = field(default_factory=dict)
    _turns: dict[UUID, asyncio.Lock] = field(default_factory=dict)

    @asynccontextmanager
    async def through(self, confd: ConfdProcess) -> AsyncIterator[None]:
        """Start that confd and write through it; it is stopped at the end."""
        token = await a_token(self.sessions, "confd.#")
        try:
            await confd.start()
            async with httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{confd.port}/1.1",
                headers={"X-Auth-Token": token},
                timeout=60,
            ) as self._client:
                yield
        finally:
            await confd.stop()

    async def _change(self, user_uuid: UUID) -> bool:
        # A client that minds the order waits for the answer before it changes the same user again.
        async with self._turns.setdefault(user_uuid, asyncio.Lock()):
            number = self._last[user_uuid] = self._last.get(user_uuid, 0) + 1
            body: dict[str, Any] = {"enabled": True, "destination": str(number)}
            assert self._client is not None, "write within 'through'"
            try:
                answer = await self._client.put(f"/users/{user_uuid}/forwards/busy", json=body)
            except httpx.TransportError:
                answer = None
        if answer is None or not answer.is_success:
            self.failures += 1
            return False
        self.answered[user_uuid].add(number)
        self.written += 1
        return True
