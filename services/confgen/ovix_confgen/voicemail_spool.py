"""The messages of voicemail boxes on the disk: they follow a box to its new number, or go with it.

Asterisk keeps them in ``<spool>/<context>/<number>/<folder>/msg0000.txt`` and sound files beside
it. A caller who was leaving a message when its box moved still leaves it in the old place: that is
looked at again until the longest such call must have ended, unless another box has come there.
"""

import asyncio
import json
import os
import re
import shutil
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from secrets import token_hex
from typing import Any, TypeAlias

import structlog
from ovix_bus import Message
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from ovix_confgen import files

log = structlog.stdlib.get_logger(__name__)

EVENT = "voicemail_vacated"
STATE_FILE = ".vacated.json"
SWEEP_S = 30.0
LONGEST_CALL_S = 1900.0
"""The dialplan ends calls to a box after 1,800 s."""
LOCK_WAIT_S = 5.0
LAST_MESSAGE = 9999
_CONTEXT = re.compile(r"(?!\.+$)[A-Za-z0-9_.-]{1,79}")
_NUMBER = re.compile(r"[0-9]{1,40}")

InUse: TypeAlias = Callable[[str, str], Awaitable[bool]]


@dataclass(frozen=True)
class Vacated:
    """A place that a box has left, and its new one; none when it is gone."""

    context: str
    number: str
    new_context: str | None
    new_number: str | None
    until: float
    """Seconds since the epoch: nobody can leave a message in the old place later than that."""


class VoicemailSpool:
    """Follows what becomes of boxes."""

    def __init__(
        self, spool: Path, in_use: InUse, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._spool = spool
        self._in_use = in_use
        self._clock = clock
        self._state = spool / STATE_FILE
        self._vacated: list[Vacated] = []

    def prepare(self) -> None:
        """Make the directory, and remember what a process before us had left to look at."""
        try:
            self._spool.mkdir(mode=0o750, parents=True, exist_ok=True)
        except OSError as error:
            log.warning("voicemail_spool_out_of_reach", reason=str(error))
            return
        with suppress(FileNotFoundError, ValueError, TypeError):
            self._vacated = [Vacated(**each) for each in json.loads(self._state.read_text())]

    async def on_event(self, message: Message) -> None:
        """A box has left its number. Raises OSError: the message comes again then."""
        if message.name != EVENT or not await asyncio.to_thread(self._spool.is_dir):
            return
        data: dict[str, Any] = message.data
        left = Vacated(
            data["context"],
            data["number"],
            data["new_context"],
            data["new_number"],
            self._clock() + LONGEST_CALL_S,
        )
        await asyncio.to_thread(self._clear, left)
        followed = [
            replace(each, new_context=left.new_context, new_number=left.new_number)
            if (each.new_context, each.new_number) == (left.context, left.number)
            else each
            for each in self._vacated
        ]
        self._remember([*followed, left])

    async def run(self) -> None:
        """Look again, until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_S)
            try:
                await self.sweep()
            except (SQLAlchemyError, OSError) as error:
                log.warning("voicemail_spool_not_swept", reason=str(error))

    async def sweep(self) -> None:
        """Clear the places that were left once more."""
        kept = []
        for left in self._vacated:
            if left.until < self._clock() or await self._in_use(left.context, left.number):
                continue
            await asyncio.to_thread(self._clear, left)
            kept.append(left)
        if kept != self._vacated:
            self._remember(kept)

    def _remember(self, vacated: list[Vacated]) -> None:
        self._vacated = vacated
        files.save(self._state, json.dumps([asdict(each) for each in vacated]))

    def _clear(self, left: Vacated) -> None:
        old = self._place(left.context, left.number)
        if old is None or not old.is_dir():
            return
        new = None
        if left.new_context is not None and left.new_number is not None:
            new = self._place(left.new_context, left.new_number)
        if new is None:
            shutil.rmtree(old)
        else:
            move(old, new)
        log.info("voicemail_moved", old=str(old), new=str(new))

    def _place(self, context: str, number: str) -> Path | None:
        """Nothing for names that would lead out of the spool."""
        if not _CONTEXT.fullmatch(context) or not _NUMBER.fullmatch(number):
            return None
        return self._spool / context / number


def used_by_a_box(engine: AsyncEngine) -> InUse:
    """Whether there is a box of that context and number."""
    statement = text("SELECT FROM voicemails WHERE context = :context AND number = :number")

    async def ask(context: str, number: str) -> bool:
        async with engine.connect() as connection:
            found = await connection.execute(statement, {"context": context, "number": number})
            return found.first() is not None

    return ask


def move(old: Path, new: Path) -> None:
    """Put the messages behind those of the new place, and greetings where it has none.

    What is being recorded (``tmp``) stays, with the folders it will be put into.
    """
    new.mkdir(parents=True, exist_ok=True)
    for entry in sorted(old.iterdir()):
        if not entry.is_dir():
            if not (new / entry.name).exists():
                entry.rename(new / entry.name)
        elif entry.name != "tmp":
            (new / entry.name).mkdir(exist_ok=True)
            with locked(entry), locked(new / entry.name):
                _append(entry, new / entry.name)
    if not any(path.is_file() for path in old.rglob("*")):
        shutil.rmtree(old)


def _append(old: Path, new: Path) -> None:
    number = 1 + max((int(path.stem[3:]) for path in _messages(new)), default=-1)
    for message in _messages(old):
        if number > LAST_MESSAGE:
            raise OSError(f"{new} is full")
        for part in sorted(old.glob(f"{message.stem}.*")):
            part.rename(new / f"msg{number:04}{part.suffix}")
        number += 1


def _messages(folder: Path) -> list[Path]:
    return sorted(folder.glob("msg[0-9][0-9][0-9][0-9].txt"))


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold Asterisk's lock of a folder (``ast_lock_path``, main/app.c): a link of that name."""
    own, lock = folder / f".lock-{token_hex(4)}", folder / ".lock"
    own.touch()
    try:
        deadline = time.monotonic() + LOCK_WAIT_S
        while True:
            try:
                os.link(own, lock)
            except FileExistsError:
                if time.monotonic() > deadline:
                    # Asterisk, too, gives up then; a lock this old was left by a crash.
                    lock.unlink(missing_ok=True)
                time.sleep(0.05)
            else:
                break
    finally:
        own.unlink(missing_ok=True)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
