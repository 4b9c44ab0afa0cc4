"""How ``pkgs.db`` describes firmware packages, and what in it makes no sense."""

from pathlib import Path

import pytest
from ovix_provd.surface.fetchfw.database import FirmwarePackage, read_packages
from ovix_provd.surface.fetchfw.errors import InvalidDatabase


def described(directory: Path, text: str) -> dict[str, FirmwarePackage]:
    directory.joinpath("pkgs.db").write_text(text, "utf-8")
    return read_packages(directory, {"default", "auth"})


FILE = f"[file_x]\nurl: http://h/x%20y.zip?v=1\nsha1sum: {'0' * 40}\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[other]\n", "no such section"),
        ("[pkg_]\n", "no such section"),
        ("[pkg_../x]\nversion: 1\n", "no such section"),
        ("[pkg_x]\ndescription: x\n", "needs a version"),
        ("[pkg_x]\nversion: 1\nid: y\n", "may not have an id"),
        ("[pkg_x]\nversion: 1\nfiles: y\n", r"needs \[file_y\]"),
        ("[pkg_x]\nversion: 1\ninstall: y\n", r"needs \[install_y\]"),
        ("[file_x]\nurl: http://h/x\nsize: 1\n", "no sha1sum"),
        (f"[file_x]\nurl: http://h/\nsha1sum: {'0' * 40}\n", "no name"),
        (FILE + "filename: ../x\n", "no name"),
        (FILE + "filename: .x\n", "no name"),
        (FILE + "size: many\n", "no size"),
        (FILE + "downloader: cisco\n", "needs the downloader cisco"),
        (FILE + FILE.replace("file_x", "file_y"), "the same name: x y.zip"),
        ("[install_x]\na = unzip x\n", "no such step"),
        ("[install_x]\na-b =\n", "no such step"),
        ("[install_x]\nb-c = null\n", "never makes b"),
        ("[install_x]\na-b = null\nc-d = null\nd-c = null\n", "never makes c"),
        ("[install_x]\na-b = null\na-c = null\nc-b = null\n", "makes a node twice"),
        ("[install_x]\na-b = null\nb-a = null\n", "makes a node twice"),
        ("no section\n", "pkgs.db"),
    ],
)
def test_a_description_that_makes_no_sense_is_refused(
    tmp_path: Path, text: str, reason: str
) -> None:
    with pytest.raises(InvalidDatabase, match=reason):
        described(tmp_path, text)


def test_sections_that_come_twice_add_up(tmp_path: Path) -> None:
    tmp_path.joinpath(".hidden").write_text("[other]\n")
    tmp_path.joinpath("more").write_text("[pkg_y]\nversion: 1\ndescription: é\n", "utf-8")
    packages = described(tmp_path, f"{FILE}[pkg_x]\nversion: 1\n[pkg_x]\nVersion: 2%\nfiles: x\n")
    assert {name: each.info for name, each in packages.items()} == {
        "x": {"version": "2%"}, "y": {"version": "1", "description": "é"},
    }  # fmt: skip
    assert [file.name for file in packages["x"].files] == ["x y.zip"]


def test_steps_are_done_after_those_that_they_need(tmp_path: Path) -> None:
    packages = described(
        tmp_path,
        "[pkg_x]\nversion: 1\ninstall: x 1 2\n"
        "[install_x]\nc-d = null\na-c = unzip  x\nB-e= null\na - b = null\n",
    )
    steps = [(step.source, step.target) for step in packages["x"].steps]
    assert steps == [("a", "c"), ("a", "b"), ("c", "d"), ("b", "e")]
    assert packages["x"].arguments == ("1", "2")


def test_a_description_beyond_measure_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidDatabase, match="too large"):
        described(tmp_path, "#" * (4 * 1024 * 1024 + 1))
