"""Packages are tried before they are used: ours, strangers' of both flavours, broken ones."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ovix_provd.repository.archives import pack
from ovix_provd.settings import SHIPPED

from ..host.stranger import python2_package, python3_package
from .packages import a_package

OURS = sorted(path.parent.name for path in SHIPPED.glob("*/entry.py"))


def tried(*places: Path) -> tuple[int, list[str]]:
    """The exit status of the command, and the lines that it printed."""
    command = [sys.executable, "-m", "ovix_provd.trial", *map(str, places)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)
    return done.returncode, done.stdout.splitlines()


def test_every_capability_of_our_packages_configures(tmp_path: Path) -> None:
    for plugin_id in OURS:
        pack(SHIPPED / plugin_id, plugin_id, tmp_path / f"{plugin_id}-1.tar.bz2")
    status, lines = tried(tmp_path)
    assert status == 0, "\n".join(lines)
    assert [line for line in lines if line.endswith("loaded  ok")] == [
        f"{plugin_id}-1.tar.bz2  loaded  ok" for plugin_id in OURS
    ]
    assert len(lines) > 2 * len(OURS)


@pytest.mark.parametrize("flavour", [python2_package, python3_package])
def test_a_stranger_s_package_of_either_flavour_configures(
    tmp_path: Path, flavour: Callable[[Path], Path]
) -> None:
    directory = flavour(tmp_path)
    archive = tmp_path / f"{directory.name}-1.tar.bz2"
    pack(directory, directory.name, archive)
    status, lines = tried(archive)
    assert status == 0, "\n".join(lines)
    assert f"{archive.name}  loaded  ok" in lines


def test_what_fails_is_told_with_its_reason_and_the_others_are_tried(tmp_path: Path) -> None:
    (tmp_path / "a-1.tar.bz2").write_bytes(b"no archive")
    (tmp_path / "b-1.tar.bz2").write_bytes(a_package("b", entry="import nothing_that_exists\n"))
    pack(SHIPPED / "ovix-generic", "ovix-generic", tmp_path / "c-1.tar.bz2")
    status, lines = tried(tmp_path)
    assert status == 1
    broken, unloadable, good, *_ = lines
    assert broken.startswith("a-1.tar.bz2  unpacked  failed: no tar.bz2 archive")
    assert unloadable.startswith("b-1.tar.bz2  loaded  failed: ")
    assert "nothing_that_exists" in unloadable
    assert good == "c-1.tar.bz2  loaded  ok"


def test_without_a_place_the_command_tells_its_use() -> None:
    status, lines = tried()
    assert (status, lines) == (2, [])
