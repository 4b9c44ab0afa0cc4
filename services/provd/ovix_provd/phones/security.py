"""What operators and fail2ban are told of: created devices, files with secrets, refused requests.

Lines are those of XiVO, so that its jail's expression matches them. The bus hears of each address
once a minute at most, however much it asks for, and of so many addresses at most.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path

import structlog
from ovix_bus import Event, emit
from ovix_bus.catalogue import phones_security as events
from ovix_web import Sessions
from sqlalchemy.exc import SQLAlchemyError

from .identification import Refusal

log = structlog.get_logger(__name__)
TOLD_EVERY_S = 60.0
WRITTEN_EVERY_S = 1.0
MOST_TOLD = 200
"""Files with secrets that the bus hears of in that time: after a power cut all are fetched."""
MOST_WAITING = 2000
MOST_REMEMBERED = 20_000
"""Addresses that were told of in that time; of further ones the file alone tells."""
LONGEST_NAME = 200


def printable(name: bytes | str) -> str:
    """What a stranger wrote, in a form that fits one line of a log."""
    text = name.decode("utf-8", "backslashreplace") if isinstance(name, bytes) else name
    text = text[:LONGEST_NAME]
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


class SecurityLog:
    """Lines at once, events in the background, by `keep_telling`."""

    def __init__(
        self,
        path: Path | None,
        sessions: Sessions,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
    ) -> None:
        self._sessions, self._clock, self._now = sessions, clock, now
        self._lines = None if path is None else WatchedFileHandler(path, delay=True)
        self._waiting: list[Event] = []
        self._told, self._counted_until = 0, 0.0
        self._told_at: dict[tuple[str, str], float] = {}

    def device_created(self, ip: str, device_id: str) -> None:
        """A phone that nobody knew has a device now; the bus hears of it as of any device."""
        self._line(f"New device created automatically from {ip}: {device_id}")
        log.info("device_created_automatically", ip=ip, device=device_id)

    def sensitive_file(self, ip: str, name: bytes | str, device_id: str) -> None:
        """A file that holds secrets was asked for."""
        file = printable(name)
        self._line(f"Sensitive file requested from {ip}: {file}")
        if self._is_due("sensitive", ip) and self._few_told():
            self._tell(events.sensitive_file_requested(ip=ip, file=file, device_id=device_id))

    def refused(self, ip: str, why: Refusal, device_id: str | None, name: bytes | str) -> None:
        """A request did not get what it named, as the phone that sent it is another one."""
        file = printable(name)
        self._line(f"Sensitive file requested from {ip}: {file}")
        log.warning("phone_refused", ip=ip, reason=str(why), device=device_id, file=file)
        if self._is_due("refused", ip):
            told = events.phone_request_refused(
                ip=ip, reason=str(why), file=file, device_id=device_id
            )
            self._tell(told)

    def too_many_devices(self, ip: str) -> None:
        """An address, or all of them, asked for more devices than may be created."""
        if self._is_due("quota", ip):
            log.warning("no_more_devices_created", ip=ip)
            self._tell(events.device_creation_limited(ip=ip))

    async def keep_telling(self) -> None:
        """Write the events that wait, until cancelled; in no transaction of a phone's request."""
        while True:
            await asyncio.sleep(WRITTEN_EVERY_S)
            await self.tell_now()

    async def tell_now(self) -> None:
        """Write the events that wait; what can't be written now is dropped: it is in the log."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        try:
            async with self._sessions.begin() as session:
                await emit(session, *waiting)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("security_events_lost", count=len(waiting), reason=str(error))

    def close(self) -> None:
        """Close the file."""
        if self._lines is not None:
            self._lines.close()

    def _line(self, text: str) -> None:
        if self._lines is not None:
            line = f"[{self._now():%Y-%m-%d %H:%M:%S}] {text}"
            self._lines.emit(logging.makeLogRecord({"msg": line}))

    def _tell(self, event: Event) -> None:
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(event)

    def _few_told(self) -> bool:
        now = self._clock()
        if now >= self._counted_until:
            self._counted_until, self._told = now + TOLD_EVERY_S, 0
        self._told += 1
        return self._told <= MOST_TOLD

    def _is_due(self, kind: str, ip: str) -> bool:
        now = self._clock()
        # The oldest first, and each is looked at once: strangers may send from any address.
        while self._told_at:
            known, at = next(iter(self._told_at.items()))
            if at > now - TOLD_EVERY_S:
                break
            del self._told_at[known]
        if (kind, ip) in self._told_at or len(self._told_at) >= MOST_REMEMBERED:
            return False
        self._told_at[kind, ip] = now
        return True
