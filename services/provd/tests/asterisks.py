"""Asterisk managers that accept one account and note what they are asked for."""

import asyncio
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Listener:
    """``async with Listener() as manager: manager.port``; `stop` and `start` as a restart does."""

    username: str = "ovix"
    password: str = "ovix"
    port: int = 0
    endpoints: tuple[str, ...] = ()
    """Whom it can notify; empty: anyone."""
    notified: list[str] = field(default_factory=list)
    """Endpoints and addresses, in order."""
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def __aenter__(self) -> "Listener":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen, on the same port as before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuse whoever comes, and break all connections."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            for writer in self._writers:
                writer.transport.abort()
            await server.wait_closed()

    def account(self) -> dict[str, Any]:
        """As settings name it."""
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "username": self.username,
            "password": self.password,
        }

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        writer.write(b"Asterisk Call Manager/9.0.0\r\n")
        try:
            while True:
                block = (await reader.readuntil(b"\r\n\r\n")).decode()
                action = dict(line.split(": ", 1) for line in block.strip().split("\r\n"))
                for each in self._answers(action):
                    writer.write(each.replace("\n", "\r\n").encode() + b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    def _answers(self, action: dict[str, str]) -> list[str]:
        number = f"ActionID: {action['ActionID']}"
        done, refused = f"Response: Success\n{number}", f"Response: Error\n{number}\nMessage: no"
        match action["Action"]:
            case "Login":
                known = (self.username, self.password)
                if (action["Username"], action["Secret"]) != known:
                    return [refused]
                return [done, "Event: FullyBooted\nStatus: Fully Booted"]
            case "PJSIPNotify":
                to = action.get("Endpoint") or action["URI"]
                if self.endpoints and to not in self.endpoints:
                    return [refused]
                self.notified.append(to)
        return [done]
