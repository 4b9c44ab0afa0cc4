"""Plugins on the disk, whose files are written by others meanwhile."""

import os
from pathlib import Path

import pytest
from ovix_provd.repository.files import PluginFiles

from .packages import a_package


@pytest.mark.parametrize("links", [True, False])
def test_a_phones_file_that_goes_while_an_upgrade_takes_it_over_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    """The phone is configured at that moment; so it is again after the upgrade."""
    link = os.link

    def meanwhile(source: Path, target: Path, *, follow_symlinks: bool) -> None:
        if source.name == "phone1":
            source.unlink()
        if not links:
            raise OSError("none on this file system")
        link(source, target, follow_symlinks=follow_symlinks)

    archive = tmp_path / "package.tar.bz2"
    archive.write_bytes(a_package())
    plugins = PluginFiles(tmp_path / "provd")
    plugins.prepare()
    plugins.put_in("acme-phone", archive)
    boot = plugins.directory("acme-phone") / "var" / "tftpboot"
    for name in ("phone1", "phone2"):
        (boot / name).write_text(name)
    monkeypatch.setattr("ovix_provd.repository.files.os.link", meanwhile)
    plugins.put_in("acme-phone", archive)
    assert [each.name for each in boot.iterdir()] == ["phone2"]
