"""Rows of the spool into ``cel``, with the position that proves it, in one transaction."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ovix_schema import CelSpool
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from .records import COLUMNS
from .spool import Position

_TYPES = {"eventtime": "timestamptz", "amaflags": "int"}
_INSERT = text(
    f"INSERT INTO cel ({', '.join(COLUMNS)}) "  # noqa: S608 - names of our own columns
    f"SELECT {', '.join(COLUMNS)} FROM unnest("
    + ", ".join(f"CAST(:{name} AS {_TYPES.get(name, 'text')}[])" for name in COLUMNS)
    + f") WITH ORDINALITY AS row ({', '.join(COLUMNS)}, position) ORDER BY position"
)


async def stored_position(session: AsyncSession, path: Path) -> Position | None:
    """How far the spool was read."""
    row = (
        await session.execute(
            select(CelSpool.inode, CelSpool.position).where(CelSpool.path == str(path))
        )
    ).one_or_none()
    return None if row is None else Position(row.inode, row.position)


async def store(
    session: AsyncSession, path: Path, rows: Sequence[dict[str, Any]], position: Position
) -> None:
    """The rows and how far they reach: both, or neither."""
    if rows:
        await session.execute(_INSERT, {name: [row[name] for row in rows] for name in COLUMNS})
    place = insert(CelSpool).values(path=str(path), inode=position.inode, position=position.offset)
    await session.execute(
        place.on_conflict_do_update(
            index_elements=[CelSpool.path],
            set_={"inode": position.inode, "position": position.offset},
        )
    )
