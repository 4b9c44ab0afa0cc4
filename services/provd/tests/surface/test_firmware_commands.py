"""Commands of firmware packages: each makes a tree of files of another."""

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from ovix_provd.surface.fetchfw.errors import FetchfwError
from ovix_provd.surface.plugins import FetchfwPluginHelper


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    for name in ("pkgs", "var/cache", "var/installed", "var/tftpboot"):
        tmp_path.joinpath(name).mkdir(parents=True)
    return tmp_path


def installed(plugin: Path, content: bytes, steps: str, name: str = "fw.zip") -> list[str]:
    """What phones can fetch when a package of that one file is installed by these steps."""
    plugin.joinpath("var/cache", name).write_bytes(content)
    sha1sum = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    plugin.joinpath("pkgs/pkgs.db").write_text(
        "[pkg_fw]\nversion: 1\nfiles: fw\ninstall: all phones\n"
        f"[file_fw]\nfilename: {name}\nsha1sum: {sha1sum}\n[install_all]\n{steps}\n"
    )
    FetchfwPluginHelper(str(plugin)).install("fw")
    return fetchable(plugin)


def fetchable(plugin: Path) -> list[str]:
    root = plugin / "var/tftpboot"
    return sorted(
        f"{path.relative_to(root)}{'/' if path.is_dir() else ''}" for path in root.rglob("*")
    )


def tree() -> bytes:
    """A ZIP file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("a/x.rom", "a/y.txt", "b/z.rom", "top.rom"):
            archive.writestr(name, name)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("steps", "names"),
    [
        ("b-c = include *.rom", ["a/", "a/x.rom", "b/", "b/z.rom", "top.rom"]),
        ("b-c = include a", ["a/", "a/x.rom", "a/y.txt"]),
        ("b-c = exclude a top.*", ["b/", "b/z.rom"]),
        ("b-c = exclude *.txt b", ["a/", "a/x.rom", "top.rom"]),
        ("b-c = cp */*.rom fw/", ["fw/", "fw/x.rom", "fw/z.rom"]),
        ("b-c = cp a/x.rom deep/er/new.rom", ["deep/", "deep/er/", "deep/er/new.rom"]),
        ("b-c = cp a/* top.rom .", ["top.rom", "x.rom", "y.txt"]),
        ("b-c = cp a fw/", ["fw/", "fw/a/", "fw/a/x.rom", "fw/a/y.txt"]),
        ("b-c = cp top.rom $ARG1/", ["phones/", "phones/top.rom"]),
        (r"b-c = cp top.rom \$ARG1.rom", ["$ARG1.rom"]),
        ("b-c = cp top.rom 'a b.rom'", ["a b.rom"]),
        ("b-c = null", []),
        ("b-c = include a\nc-d = include *.txt\nb-e = cp top.rom e/",
         ["a/", "a/y.txt", "e/", "e/top.rom"]),
        ("b-c = include *.txt\nB-D = include b", ["a/", "a/y.txt", "b/", "b/z.rom"]),
    ],
)  # fmt: skip
def test_commands_make_the_tree_that_is_installed(
    plugin: Path, steps: str, names: list[str]
) -> None:
    assert installed(plugin, tree(), f"{steps}\na-b = unzip $FILE1") == names


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ("a-b = unzip *.tar", "there is no"),
        ("a-b = unzip /etc/passwd", "not a name below"),
        ("a-b = unzip ../cache/fw.zip", "not a name below"),
        ("a-b = unzip $FILE1\nb-c = cp ../*.rom y", "not a name below"),
        ("a-b = unzip $FILE1\nb-c = cp top.rom ../y", "not a name below"),
        ("a-b = unzip $FILE1\nb-c = cp */*.rom one", "can't make one file"),
        ("a-b = unzip", "takes other arguments"),
        ("a-b = rm x", "no such command"),
        ("a-b = unzip $FILE2", "there is no"),
        ("a-b = unzip 'x", "No closing quotation"),
        ("a-b = untar $FILE1", "fw.zip"),
        ("a-b = unrar $FILE1 x", "there is no x"),
        ("a-b = unsign $FILE1 x", "no signed file"),
        ("a-b = unzip $FILE1\nb-c = unsign */*.rom x", "takes one file"),
    ],
)
def test_steps_that_can_not_be_done_leave_nothing(plugin: Path, steps: str, reason: str) -> None:
    with pytest.raises(FetchfwError, match=reason):
        installed(plugin, tree(), steps)
    assert fetchable(plugin) == []
    assert FetchfwPluginHelper(str(plugin)).list_installed() == {}
    assert [each.name for each in plugin.joinpath("var/cache").iterdir()] == ["fw.zip"]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar_files_of_any_compression(plugin: Path, mode: Any) -> None:
    assert installed(plugin, tarred(mode), "a-b = untar $FILE1", "fw.tar") == ["fw.rom"]


def test_a_signed_file_is_unpacked_from_where_it_is_compressed(plugin: Path) -> None:
    signed = b"signature" * 20 + tarred("w:gz")
    steps = "a-b = unsign *.sgn fw.tar.gz\nb-c = untar fw.tar.gz"
    assert installed(plugin, signed, steps, "fw.sgn") == ["fw.rom"]


def tarred(mode: Any) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:
        archive.addfile(tarfile.TarInfo("fw.rom"))
    return packed.getvalue()
