"""The spool file while Asterisk writes it, and somebody renames or cuts it."""

from pathlib import Path

import pytest
from ovix_calld.cel.spool import Piece, Position, Spool


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cel-custom" / "ovix.csv"


@pytest.fixture
def spool(path: Path) -> Spool:
    made = Spool(path, rotation_bytes=10)
    made.prepare()
    return made


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def after(piece: Piece | None) -> Position:
    assert piece is not None
    return Position(piece.start.inode, piece.start.offset + len(piece.data))


def data(piece: Piece | None) -> bytes:
    assert piece is not None
    return piece.data


def test_there_may_be_no_file_yet(spool: Spool) -> None:
    assert spool.read(None) is None
    assert spool.read(Position(1, 5)) is None


def test_reading_goes_on_where_it_stopped(spool: Spool, path: Path) -> None:
    append(path, b"one\n")
    first = spool.read(None)
    append(path, b"two\n")
    assert data(first) == b"one\n"
    assert data(spool.read(after(first))) == b"two\n"


def test_a_big_file_is_put_aside_only_when_it_was_read(spool: Spool, path: Path) -> None:
    append(path, b"0123456789\n")
    assert not spool.rotate(Position(path.stat().st_ino, 5))
    position = after(spool.read(None))
    assert spool.rotate(position)
    assert not path.exists()


def test_what_was_written_during_the_rotation_is_read_first(spool: Spool, path: Path) -> None:
    append(path, b"0123456789\n")
    writer = path.open("ab")
    position = after(spool.read(None))
    spool.rotate(position)
    writer.write(b"late\n")
    writer.close()
    append(path, b"new\n")

    late = spool.read(position)
    assert late is not None
    assert (late.data, late.is_last_of_old_file) == (b"late\n", True)
    end = spool.read(after(late))
    assert end is not None
    assert (end.data, end.is_last_of_old_file) == (b"", True)
    spool.remove(end.path)
    assert data(spool.read(None)) == b"new\n"
    assert [file.name for file in path.parent.iterdir()] == ["ovix.csv"]


def test_a_file_renamed_by_others_is_read_and_kept(spool: Spool, path: Path) -> None:
    append(path, b"old\n")
    position = after(spool.read(None))
    append(path, b"rest\n")
    kept = path.rename(path.with_name("ovix.csv.1"))
    append(path, b"new\n")
    rest = spool.read(position)
    assert data(rest) == b"rest\n"
    spool.remove(kept)
    assert kept.exists()
    assert data(spool.read(None)) == b"new\n"


def test_a_file_that_was_cut_begins_anew(spool: Spool, path: Path) -> None:
    append(path, b"0123456789\n")
    position = after(spool.read(None))
    path.write_bytes(b"new\n")
    assert data(spool.read(position)) == b"new\n"


def test_a_deleted_file_leaves_the_next_one(spool: Spool, path: Path) -> None:
    append(path, b"0123456789\n")
    position = after(spool.read(None))
    path.rename(path.parent / "elsewhere")
    append(path, b"new\n")
    assert data(spool.read(position)) == b"new\n"
