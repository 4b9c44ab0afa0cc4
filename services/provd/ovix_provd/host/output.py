"""What the plugin host writes on its standard output and error, as log lines of the service."""

import asyncio
import os
import time
from typing import Any

import orjson
import structlog

log = structlog.get_logger(__name__)
_LONGEST_LINE = 64 * 1024
_LONGEST_PRINTED = 4096
_BYTES_PER_S = 256 * 1024
"""Who writes more has to wait."""
_LEVELS = frozenset({"debug", "info", "warning", "error", "critical"})
_FIELDS = ("logger", "plugin", "trace")


class Output:
    """Lines of JSON are records of its logging; others are what a plugin printed."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._stream = asyncio.StreamReader()
        self._transport: asyncio.ReadTransport | None = None

    async def connect(self, descriptor: int) -> None:
        """Read from that end of a pipe, which is closed in the end."""
        self._transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(self._stream), os.fdopen(descriptor, "rb")
        )

    def close(self) -> None:
        """Nobody writes any more who matters."""
        if self._transport is not None:
            self._transport.close()
            self._stream.feed_eof()

    async def log(self) -> None:
        """Until it writes no more."""
        rest = b""
        taken, since = 0, time.monotonic()
        while chunk := await self._stream.read(16 * 1024):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._tell(line)
            if len(rest) > _LONGEST_LINE:
                self._tell(rest)
                rest = b""
            taken += len(chunk)
            if taken > _BYTES_PER_S:
                await asyncio.sleep(max(0.0, 1 - (time.monotonic() - since)))
                taken, since = 0, time.monotonic()
        if rest:
            self._tell(rest)

    def _tell(self, line: bytes) -> None:
        record = _record(line)
        if record is None:
            if line.strip():
                printed = line[:_LONGEST_PRINTED].decode("utf-8", "replace")
                log.info("plugin_host_printed", pid=self._pid, line=printed)
            return
        level = record.get("level")
        told = {name: str(record[name]) for name in _FIELDS if record.get(name)}
        tell = getattr(log, level if level in _LEVELS else "info")
        tell("plugin_host_logged", pid=self._pid, message=str(record["message"]), **told)


def _record(line: bytes) -> dict[str, Any] | None:
    if not line.startswith(b'{"level"'):
        return None
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return record if isinstance(record, dict) and "message" in record else None
