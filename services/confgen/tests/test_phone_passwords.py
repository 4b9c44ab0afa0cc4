"""Passwords that people change by phone reach the database (F-221, F-222)."""

import subprocess
from pathlib import Path

import pytest
import pytest_asyncio
from ovix_confgen.phone_passwords import Change, PhonePasswords, changes, command
from ovix_schema import OutboxMessage, Voicemail
from ovix_testkit.builders import a_context, a_user, a_voicemail, an_entity
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

Sessions = async_sessionmaker[AsyncSession]


def typed(spool: Path, *words: str) -> None:
    """What app_voicemail does when somebody has typed a new password."""
    subprocess.run(" ".join((command(spool), *words)), shell=True, check=True)


def on_the_disk(spool: Path) -> list[str]:
    """What files there are."""
    return [path.name for path in spool.iterdir()]


async def stored(sessions: Sessions) -> list[tuple[str, str | None]]:
    async with sessions() as session:
        boxes = await session.scalars(select(Voicemail).order_by(Voicemail.number))
        return [(box.number, box.password) for box in boxes]


@pytest_asyncio.fixture(loop_scope="session")
async def boxes(clean_database: str, sessions: Sessions) -> None:
    """1000, of a user, and 1001."""
    async with sessions.begin() as session:
        entity = an_entity()
        session.add(entity)
        await session.flush()
        session.add(a_context(name="default", entity_id=entity.id))
        await session.flush()
        box = a_voicemail("default", number="1000", password="1234")
        session.add_all([box, a_voicemail("default", number="1001", password="1234")])
        await session.flush()
        session.add(a_user(firstname="Zoé", entity_id=entity.id, voicemail_id=box.id))


async def test_a_new_password_is_stored_and_announced(
    boxes: None, sessions: Sessions, engine: AsyncEngine, tmp_path: Path
) -> None:
    typed(tmp_path, "default", "1000", "4321")
    typed(tmp_path, "default", "1000", "5*67")
    passwords = PhonePasswords(tmp_path, engine)
    await passwords.store()
    assert await stored(sessions) == [("1000", "5*67"), ("1001", "1234")]
    async with sessions() as session:
        names = list(await session.scalars(select(OutboxMessage.name).order_by(OutboxMessage.id)))
    assert names == ["user_voicemail_edited", "voicemail_edited"] * 2
    assert on_the_disk(tmp_path) == []


async def test_none_is_lost_while_the_database_is_away(
    boxes: None, sessions: Sessions, engine: AsyncEngine, tmp_path: Path
) -> None:
    away = create_async_engine("postgresql+asyncpg://nobody@127.0.0.1:1/none")
    typed(tmp_path, "default", "1000", "4321")
    with pytest.raises((SQLAlchemyError, OSError)):
        await PhonePasswords(tmp_path, away).store()
    await away.dispose()
    typed(tmp_path, "default", "1001", "8765")
    passwords = PhonePasswords(tmp_path, engine)
    await passwords.store()
    await passwords.store()
    assert await stored(sessions) == [("1000", "4321"), ("1001", "8765")]


async def test_a_change_of_a_box_that_is_gone_holds_up_no_other(
    boxes: None, sessions: Sessions, engine: AsyncEngine, tmp_path: Path
) -> None:
    typed(tmp_path, "default", "1999", "4321")
    typed(tmp_path, "default", "1001", "8765")
    await PhonePasswords(tmp_path, engine).store()
    assert await stored(sessions) == [("1000", "1234"), ("1001", "8765")]


def test_only_lines_that_are_changes_count() -> None:
    written = "default 1000 4321\ndefault 1000\n../x 1 2 3\ndefault 1000 ;rm\ndefault 1001 12*"
    assert changes(written) == [
        Change("default", "1000", "4321"),
        Change("default", "1001", "12*"),
    ]


def test_the_file_is_nobody_elses(tmp_path: Path) -> None:
    typed(tmp_path, "default", "1000", "4321")
    assert (tmp_path / ".passwords").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("spool", ["/" + "a" * 120, "/a b", "/$(x)"])
def test_a_spool_the_command_can_not_name_is_refused(spool: str) -> None:
    with pytest.raises(ValueError, match="OVIX_VOICEMAIL_SPOOL"):
        command(Path(spool))
