"""Strangers' archives: what leads outside, links, and what grows beyond measure is refused."""

import io
import stat
import struct
import subprocess
import tarfile
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_provd.surface.fetchfw.archives import Allowance, flatten, untar, unzip
from ovix_provd.surface.fetchfw.errors import InstallFailed

OUTSIDE = ["../x", "/tmp/x", "a/../../x", "..", "a/..", "x" * 1001]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    target = tmp_path / "target"
    target.mkdir()
    return target


def a_zip(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def a_tar(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def a_rar(path: Path, *members: tuple[str, bytes]) -> Path:
    """RAR 3, files stored as they are."""

    def block(kind: int, flags: int, fields: bytes) -> bytes:
        rest = struct.pack("<BHH", kind, flags, 7 + len(fields)) + fields
        return struct.pack("<H", zlib.crc32(rest) & 0xFFFF) + rest

    packed = b"Rar!\x1a\x07\x00" + block(0x73, 0, bytes(6))
    for name, content in members:
        size, crc = len(content), zlib.crc32(content)
        about = struct.pack("<IIBIIBBHI", size, size, 3, crc, 0, 20, 0x30, len(name), 0o100644)
        packed += block(0x74, 0x8000, about + name.encode()) + content
    path.write_bytes(packed + block(0x7B, 0, b""))
    return path


def found(target: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(target)): path.read_bytes()
        for path in sorted(target.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("name", OUTSIDE)
def test_names_that_lead_outside_are_refused(tmp_path: Path, target: Path, name: str) -> None:
    archive = a_zip(tmp_path / "x.zip", (name, b"x"))
    with pytest.raises(InstallFailed, match="outside"):
        unzip(archive, target, Allowance())
    archive = a_tar(tmp_path / "x.tgz", (tarfile.TarInfo(name), b"x"))
    with pytest.raises(InstallFailed, match="outside"):
        untar(archive, target, Allowance())
    assert found(tmp_path).keys() == {"x.zip", "x.tgz"}


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_in_a_tar_file_are_refused(
    tmp_path: Path, target: Path, kind: bytes
) -> None:
    link = tarfile.TarInfo("x")
    link.type, link.linkname = kind, "/etc/passwd"
    with pytest.raises(InstallFailed, match="link or device: x"):
        untar(a_tar(tmp_path / "x.tgz", (link, b"")), target, Allowance())


def test_links_in_a_zip_file_are_refused(tmp_path: Path, target: Path) -> None:
    link = zipfile.ZipInfo("x")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(InstallFailed, match="link or device: x"):
        unzip(a_zip(tmp_path / "x.zip", (link, b"/etc/passwd")), target, Allowance())


def test_no_more_is_unpacked_than_is_allowed(tmp_path: Path, target: Path) -> None:
    bomb = a_zip(tmp_path / "x.zip", ("x", bytes(50_000_000)))
    assert bomb.stat().st_size < 100_000
    with pytest.raises(InstallFailed, match="too large"):
        unzip(bomb, target, Allowance(bytes_left=1_000_000))
    assert target.joinpath("x").stat().st_size <= 1_000_000
    many = a_zip(tmp_path / "y.zip", *((str(each), b"") for each in range(11)))
    with pytest.raises(InstallFailed, match="too many"):
        unzip(many, target, Allowance(members_left=10))


def test_a_file_can_not_be_a_directory_too(tmp_path: Path, target: Path) -> None:
    with pytest.raises(InstallFailed, match="also a directory"):
        unzip(a_zip(tmp_path / "x.zip", ("a", b"1"), ("a/b", b"2")), target, Allowance())


@pytest.mark.parametrize("unpack", [unzip, untar, flatten])
def test_what_is_no_archive_is_refused(tmp_path: Path, target: Path, unpack: Any) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"no archive" * 100)
    with pytest.raises(InstallFailed, match="x: "):
        unpack(path, target, Allowance())
    assert found(target) == {}


@given(st.integers(0, 600), st.integers(0, 255), st.sampled_from(["zip", "tgz"]))
def test_a_damaged_archive_is_refused_or_unpacked_but_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, at: int, value: int, kind: str
) -> None:
    directory = tmp_path_factory.mktemp("damaged")
    target = directory / "target"
    target.mkdir()
    if kind == "zip":
        archive = a_zip(directory / "x.zip", ("a/b", b"content" * 50), ("c", b"more"))
    else:
        archive = a_tar(directory / "x.tgz", (tarfile.TarInfo("a/b"), b"content" * 50))
    packed = bytearray(archive.read_bytes())
    packed[at % len(packed)] = value
    archive.write_bytes(packed)
    with suppress(InstallFailed, OSError):
        (unzip if kind == "zip" else untar)(archive, target, Allowance(1_000_000))
    assert {each.name for each in directory.iterdir()} == {"target", archive.name}


def test_a_member_without_a_name_is_refused(tmp_path: Path, target: Path) -> None:
    archive = a_zip(tmp_path / "x.zip", ("NAME", b"content"))
    archive.write_bytes(archive.read_bytes().replace(b"NAME", b"\0AME"))
    with pytest.raises(InstallFailed):
        unzip(archive, target, Allowance())
    assert found(target) == {}


def test_rar_and_7_zip_files_are_unpacked_into_one_directory(tmp_path: Path, target: Path) -> None:
    flatten(a_rar(tmp_path / "x.rar", ("fw/a.rom", b"1"), ("b.rom", b"2")), target, Allowance())
    assert found(target) == {"a.rom": b"1", "b.rom": b"2"}
    source = tmp_path / "source/fw/deep"
    source.mkdir(parents=True)
    source.joinpath("c.rom").write_bytes(b"3")
    archive = tmp_path / "x.7z"
    subprocess.run(
        ["bsdtar", "--format", "7zip", "-cf", archive, "-C", tmp_path / "source", "."], check=True
    )
    flatten(archive, target, Allowance())
    assert found(target) == {"a.rom": b"1", "b.rom": b"2", "c.rom": b"3"}
    assert [each.name for each in target.iterdir() if each.is_dir()] == []


def test_a_rar_file_does_not_lead_outside(tmp_path: Path, target: Path) -> None:
    archive = a_rar(tmp_path / "x.rar", ("../x", b"1"))
    with pytest.raises(InstallFailed, match=r"x\.rar"):
        flatten(archive, target, Allowance())
    assert found(tmp_path).keys() == {"x.rar"}


def test_links_and_size_are_looked_at_in_rar_and_7_zip_files_too(
    tmp_path: Path, target: Path
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    source.joinpath("link").symlink_to("/etc/passwd")
    archive = tmp_path / "x.7z"
    pack: list[str | Path] = ["bsdtar", "--format", "7zip", "-cf", archive, "-C", source, "."]
    subprocess.run(pack, check=True)
    with pytest.raises(InstallFailed, match="link or device"):
        flatten(archive, target, Allowance())
    source.joinpath("link").unlink()
    source.joinpath("large").write_bytes(bytes(3_000_000))
    subprocess.run(pack, check=True)
    with pytest.raises(InstallFailed):
        flatten(archive, target, Allowance(bytes_left=1_000_000))
    assert found(target) == {}


def test_without_the_program_the_reason_is_told(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InstallFailed, match="bsdtar"):
        flatten(a_rar(tmp_path / "x.rar"), target, Allowance())
