"""Keeps ``cel`` and ``call_logs`` up with the spool: a loop around the spool and two writers.

A conversation's log is made right after its LINKEDID_END was stored, in a transaction of its own:
a conversation that can't be told must not hold up the others. What was missed (we were killed
between the two, or Asterisk died before the end) is found again at the start and by each sweep.
"""

import asyncio
import time
from collections.abc import Callable

import structlog
from ovix_web import Sessions, Unavailable
from ovix_web.database_errors import translated
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from .call_logs import log_conversation, unlogged_conversations
from .journal import store, stored_position
from .records import Batch, read_records
from .spool import Piece, Position, Spool

log = structlog.get_logger(__name__)

SWEEP_DAYS = 7
RETRY_S = 1.0


class Journalist:
    """Reads one spool until cancelled."""

    def __init__(
        self,
        sessions: Sessions,
        spool: Spool,
        *,
        poll_s: float,
        sweep_s: float,
        on_rows: Callable[[int, int], None],
    ) -> None:
        self._sessions = sessions
        self._spool = spool
        self._poll_s = poll_s
        self._sweep_s = sweep_s
        self._on_rows = on_rows
        self._position: Position | None = None
        self.up_to_date = False
        """Whether the last look found nothing unread, and the database took what there was."""

    async def run(self) -> None:
        """Read, store, log; while the database is away the file keeps what is written."""
        self._spool.prepare()
        next_sweep = 0.0
        while True:
            try:
                if next_sweep == 0.0:
                    await self._find_position()
                if time.monotonic() >= next_sweep:
                    await self._sweep()
                    next_sweep = time.monotonic() + self._sweep_s
                if not await self._read_on():
                    self.up_to_date = True
                    await asyncio.sleep(self._poll_s)
            except (DBAPIError, PoolTimeout, Unavailable, OSError) as error:
                if isinstance(error, DBAPIError) and not isinstance(
                    translated(error, {}), Unavailable
                ):
                    raise
                self.up_to_date = False
                log.warning("cel_waits", cause=str(error))
                await asyncio.sleep(RETRY_S)

    async def _find_position(self) -> None:
        async with self._sessions.begin() as session:
            self._position = await stored_position(session, self._spool.path)

    async def _read_on(self) -> bool:
        """Store the next piece of the spool; whether there was one."""
        piece = await asyncio.to_thread(self._spool.read, self._position)
        if piece is None:
            return False
        batch = read_records(piece.data)
        for refused in batch.malformed:
            log.warning("cel_record_refused", reason=refused.reason, record=refused.raw[:500])
        if batch.consumed:
            await self._store(piece, batch)
            return True
        return await self._turn_page(piece)

    async def _store(self, piece: Piece, batch: Batch) -> None:
        reached = Position(piece.start.inode, piece.start.offset + batch.consumed)
        async with self._sessions.begin() as session:
            await store(session, self._spool.path, batch.rows, reached)
        self._position = reached
        self._on_rows(len(batch.rows), len(batch.malformed))
        ended = [row["linkedid"] for row in batch.rows if row["eventtype"] == "LINKEDID_END"]
        for linkedid in dict.fromkeys(ended):
            await self._log(linkedid)

    async def _turn_page(self, piece: Piece) -> bool:
        """Go on with the new file when the old one is read; rotate the current one if big."""
        if piece.is_last_of_old_file:
            if piece.data:
                log.warning("cel_record_cut", record=piece.data[:500])
            self._position = None
            await asyncio.to_thread(self._spool.remove, piece.path)
            return True
        if self._position is not None:
            await asyncio.to_thread(self._spool.rotate, self._position)
        return False

    async def _log(self, linkedid: str, *, even_unfinished: bool = False) -> None:
        async with self._sessions.begin() as session:
            await log_conversation(session, linkedid, even_unfinished=even_unfinished)

    async def _sweep(self) -> None:
        async with self._sessions.begin() as session:
            missed = await unlogged_conversations(session, SWEEP_DAYS)
        for linkedid in missed:
            await self._log(linkedid, even_unfinished=True)
