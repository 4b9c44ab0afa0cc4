"""Archives of strangers: whatever they hold, nothing lands elsewhere (E7 to E10)."""

import bz2
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ovix_provd.repository import archives
from ovix_provd.repository.archives import Limits, pack, unpack
from ovix_provd.repository.package import BadPackage, localized, version_order

from .conftest import names_below
from .packages import a_package, an_archive

INFO = b'{"version": "1.0", "description": "", "capabilities": {}}'
GOOD = {"x/plugin-info": INFO}


def a_member(name: str, kind: bytes, link: str = "", size: int = 0) -> bytes:
    told = io.BytesIO()
    with tarfile.open(fileobj=told, mode="w") as tar:
        for each, content in (("x/plugin-info", INFO),):
            member = tarfile.TarInfo(each)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        member = tarfile.TarInfo(name)
        member.type, member.linkname, member.size = kind, link, size
        tar.addfile(member, io.BytesIO(bytes(size)))
    return bz2.compress(told.getvalue())


def a_huge_header() -> bytes:
    """An extended header that claims to be 100 MB long."""
    member = tarfile.TarInfo("x/plugin-info")
    member.type, member.size = tarfile.XHDTYPE, 100 * 1024 * 1024
    return bz2.compress(member.tobuf(tarfile.USTAR_FORMAT) + bytes(20 * 1024 * 1024))


def a_negative_size() -> bytes:
    member = tarfile.TarInfo("x/plugin-info")
    header = bytearray(member.tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" * 11 + b"\x01"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bz2.compress(bytes(header) + bytes(10240))


BAD: dict[str, Callable[[], bytes]] = {
    "a path upwards": lambda: an_archive({**GOOD, "x/../../y": b"!"}),
    "a path upwards at once": lambda: an_archive({**GOOD, "../../y": b"!"}),
    "an absolute path": lambda: an_archive({**GOOD, "/tmp/ovix-y": b"!"}),
    "a backslash": lambda: an_archive({**GOOD, "x/..\\..\\y": b"!"}),
    "a second top directory": lambda: an_archive({**GOOD, "y/z": b"!"}),
    "a file beside": lambda: an_archive({**GOOD, "y": b"!"}),
    "another id": lambda: an_archive({"y/plugin-info": INFO}),
    "a hidden top directory": lambda: an_archive({".x/plugin-info": INFO}),
    "a symbolic link": lambda: a_member("x/y", tarfile.SYMTYPE, "/etc/passwd"),
    "a symbolic link inside": lambda: a_member("x/y", tarfile.SYMTYPE, "plugin-info"),
    "a hard link": lambda: a_member("x/y", tarfile.LNKTYPE, "x/plugin-info"),
    "a character device": lambda: a_member("x/y", tarfile.CHRTYPE),
    "a block device": lambda: a_member("x/y", tarfile.BLKTYPE),
    "a pipe": lambda: a_member("x/y", tarfile.FIFOTYPE),
    "a type nobody knows": lambda: a_member("x/y", b"Q"),
    "one name twice": lambda: a_member("x/plugin-info", tarfile.REGTYPE, size=3),
    "a file as directory": lambda: a_member("x/plugin-info/y", tarfile.REGTYPE, size=3),
    "a bomb": lambda: an_archive({**GOOD, "x/y": bytes(17 * 1024 * 1024)}),
    "many members": lambda: an_archive({**GOOD, **{f"x/{i}": b"" for i in range(10_001)}}),
    "a long name": lambda: an_archive({**GOOD, "x/" + "y" * 300: b"!"}),
    "a deep path": lambda: an_archive({**GOOD, "x/" + "y/" * 40 + "z": b"!"}),
    "a newline": lambda: an_archive({**GOOD, "x/y\nz": b"!"}),
    "a huge header": a_huge_header,
    "a negative size": a_negative_size,
    "no plugin-info": lambda: an_archive({"x/entry.py": b""}),
    "a plugin-info of no JSON": lambda: an_archive({"x/plugin-info": b"{"}),
    "a plugin-info of no object": lambda: an_archive({"x/plugin-info": b"[]"}),
    "a plugin-info without version": lambda: an_archive({"x/plugin-info": b"{}"}),
    "nothing": lambda: an_archive({}),
    "no tar": lambda: bz2.compress(b"hello, world" * 100),
    "no bzip2": lambda: b"hello, world" * 100,
    "no byte": lambda: b"",
    "a cut stream": lambda: an_archive(GOOD)[:-20],
}


@pytest.mark.parametrize("kind", BAD)
def test_e10_an_archive_that_leads_astray_leaves_no_trace(kind: str, tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    archive = tmp_path / "archive"
    archive.write_bytes(BAD[kind]())
    before = names_below(tmp_path)
    with pytest.raises(BadPackage):
        unpack(archive, "x", tmp_path / "plugins" / ".x.new")
    assert names_below(tmp_path) == before
    assert not Path("/tmp/ovix-y").exists()


def test_members_may_begin_with_a_dot_and_modes_are_ours(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    archive.write_bytes(an_archive({".": None, "./x/": None, "./x/plugin-info": INFO}))
    unpack(archive, "x", tmp_path / "new")
    assert names_below(tmp_path / "new") == {"plugin-info"}
    assert not (tmp_path / "new" / "plugin-info").stat().st_mode & 0o7111


@given(
    cut=st.integers(0, 10_000),
    place=st.integers(0, 10_000),
    flip=st.integers(0, 255),
    inside=st.booleans(),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_damaged_archives_are_refused_or_harmless(
    cut: int, place: int, flip: int, inside: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever is damaged, in the stream or in the tar itself: no other error, nothing outside."""
    root = tmp_path_factory.mktemp("damaged")
    whole = a_package("x")
    content = bytearray(bz2.decompress(whole) if inside else whole)
    content[place % len(content)] ^= flip
    content = content[: len(content) - cut % 64] if cut % 3 == 0 else content
    archive = root / "archive"
    archive.write_bytes(bz2.compress(bytes(content)) if inside else content)
    try:
        unpack(archive, "x", root / "new")
    except BadPackage:
        assert names_below(root) == {"archive"}
    else:
        assert {name.split("/")[0] for name in names_below(root)} == {"archive", "new"}


def test_limits_are_those_that_are_given(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    archive.write_bytes(an_archive({**GOOD, "x/a": b"", "x/b": b""}))
    unpack(archive, "x", tmp_path / "new", Limits(members=3))
    with pytest.raises(BadPackage, match="more than 2 members"):
        unpack(archive, "x", tmp_path / "again", Limits(members=2))


def test_what_is_packed_unpacks_the_same_each_time(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "templates").mkdir(parents=True)
    (source / "tests").mkdir()
    (source / "__pycache__").mkdir()
    for name in ("plugin-info", "templates/base.tpl", "tests/test_x.py", ".hidden"):
        (source / name).write_bytes(INFO)
    (source / "link").symlink_to("/etc/passwd")
    first, second = tmp_path / "1", tmp_path / "2"
    pack(source, "x", first)
    os.utime(source / "plugin-info", (1, 1))
    pack(source, "x", second)
    assert first.read_bytes() == second.read_bytes()
    assert archives.top_directory(first) == "x"
    assert archives.info_of(first, "x")["version"] == "1.0"
    unpack(first, "x", tmp_path / "new")
    assert names_below(tmp_path / "new") == {
        "plugin-info", "templates", "templates/base.tpl", "var", "var/cache", "var/installed",
        "var/templates", "var/tftpboot",
    }  # fmt: skip


def test_versions_are_ordered_as_by_xivos_builder() -> None:
    """Parts of the number are texts (1.10 is less than 1.9), and ``dev`` comes before none."""
    ordered = ["1.0-dev1", "1.0-dev2", "1.0-1", "1.0-a", "1.0", "1.0.1", "1.10", "1.9", "2"]
    shuffled = ordered[::-1]
    assert sorted(shuffled, key=version_order) == ordered
    assert version_order("1") == version_order("1.0.0")


def test_descriptions_of_a_language_stand_for_its_countries() -> None:
    info = {"description": "d", "description_fr": "f", "description_fr_CA": "q"}
    assert localized(info, "fr_CA") == {"description": "q"}
    assert localized(info, "fr_BE") == {"description": "f"}
    assert localized(info, "de_DE") == localized(info, None) == {"description": "d"}


def test_headers_of_headers_without_end_are_no_archive(tmp_path: Path) -> None:
    member = tarfile.TarInfo("././@PaxHeader")
    member.type = tarfile.XHDTYPE
    archive = tmp_path / "deep.tar.bz2"
    archive.write_bytes(bz2.compress(member.tobuf() * 3000 + bytes(10_240)))
    with pytest.raises(BadPackage):
        archives.top_directory(archive)
