"""Passwords of voicemail boxes that people changed by phone (F-221, F-222).

Asterisk would write them into voicemail.conf, where the next rendering takes them back. It is given
a command instead (``externpass``) that notes each in a file; from there they go to the database,
with the events of an edit, and so into the next voicemail.conf. The file stays until they are
stored, so that none is lost while the database is away.
"""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path

import structlog
from ovix_bus import emit
from ovix_bus.catalogue import users, voicemails
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

log = structlog.stdlib.get_logger(__name__)

FILE = ".passwords"
LONGEST_COMMAND = 127
"""Bytes: app_voicemail cuts what is longer."""
POLL_S = 0.5
WRITTEN_WITHIN_S = 0.2
"""For a writer that opened the file before it was taken."""
LARGEST_FILE = 1 << 20
_LINE = re.compile(r"([A-Za-z0-9_.-]{1,79}) ([0-9]{1,40}) ([0-9A-Da-d*#]{1,80})")

STORE = text(
    "UPDATE voicemails SET password = :password WHERE number = :number AND context = :context"
    " AND password IS DISTINCT FROM :password RETURNING id,"
    " ARRAY(SELECT uuid FROM users WHERE voicemail_id = voicemails.id ORDER BY id)"
)


def command(spool: Path) -> str:
    """What Asterisk runs, with context, box and password behind it; ValueError if it is too long.

    ``set -f``: a password may hold an asterisk, which the shell would take for files.
    """
    line = f"umask 77;set -f;>>{spool / FILE} echo"
    if not re.fullmatch(r"[A-Za-z0-9_./+-]+", str(spool)) or len(line) > LONGEST_COMMAND:
        raise ValueError(f"OVIX_VOICEMAIL_SPOOL: '{spool}' is too long or not plain")
    return line


@dataclass(frozen=True)
class Change:
    """A new password of a box."""

    context: str
    number: str
    password: str


def changes(written: str) -> list[Change]:
    """The lines that are changes, in order."""
    return [
        Change(*found.groups()) for found in map(_LINE.fullmatch, written.splitlines()) if found
    ]


class PhonePasswords:
    """The file, and the way from it to the database."""

    def __init__(self, spool: Path, engine: AsyncEngine) -> None:
        self._file = spool / FILE
        self._taken = spool / f"{FILE}.taken"
        self._sessions = async_sessionmaker(engine)
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Look for changes until cancelled."""
        while True:
            try:
                await self.store()
            except (SQLAlchemyError, OSError) as error:
                log.warning("passwords_not_stored", reason=str(error))
            await asyncio.sleep(POLL_S)

    async def store(self) -> None:
        """Store what is waiting."""
        if not (self._taken.exists() or self._file.exists()):
            return
        async with self._turn:
            if not self._taken.exists():
                if not self._file.exists():
                    return
                self._file.rename(self._taken)
                await asyncio.sleep(WRITTEN_WITHIN_S)
            with self._taken.open("rb") as file:
                written = file.read(LARGEST_FILE).decode(errors="replace")
            async with self._sessions.begin() as session:
                for change in changes(written):
                    await _store(session, change)
            self._taken.unlink()


async def _store(session: AsyncSession, change: Change) -> None:
    values = {
        "password": change.password, "number": change.number, "context": change.context,
    }  # fmt: skip
    row = (await session.execute(STORE, values)).one_or_none()
    if row is None:
        return
    box, owners = row
    await emit(
        session,
        *(users.user_voicemail_edited(user_uuid=each, voicemail_id=box) for each in owners),
        voicemails.voicemail_edited(id=box),
    )
    log.info("password_changed_by_phone", number=change.number, context=change.context)
