"""What each plugin writes for sample phones: reviewed files, written again by ``make goldens``.

A case is a directory ``<plugin id>/<case>`` with ``device.json`` and ``raw_config.json``; what the
phone gets is below ``expected``.
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from ovix_provd.surface.devices.config import checked

from .formats import read
from .packages import FORMS, form, loaded, tftpboot

CASES = sorted(str(path.parent.relative_to(FORMS)) for path in FORMS.glob("*/*/device.json"))
WRITE = bool(os.environ.get("OVIX_WRITE_GOLDENS"))


@pytest.mark.parametrize("case", CASES)
def test_a_sample_phone_gets_the_files_that_were_reviewed(case: str, tmp_path: Path) -> None:
    plugin_id = Path(case).parts[0]
    plugin = loaded(plugin_id, tmp_path)
    before = tftpboot(plugin)
    plugin.configure(_json(case, "device"), checked(_json(case, "raw_config")))
    found = {name: text for name, text in tftpboot(plugin).items() if before.get(name) != text}
    for name, content in found.items():
        read(name, content, form(plugin_id)["formats"], plugin.format.encoding)
    if WRITE:
        _rewrite(FORMS / case / "expected", found)
    assert found == _files(FORMS / case / "expected")


@pytest.mark.parametrize("plugin_id", sorted({Path(case).parts[0] for case in CASES}))
def test_the_files_of_all_phones_are_those_that_were_reviewed(
    plugin_id: str, tmp_path: Path
) -> None:
    found = tftpboot(loaded(plugin_id, tmp_path))
    if WRITE:
        _rewrite(FORMS / plugin_id / "common", found)
    assert found == _files(FORMS / plugin_id / "common")


def _json(case: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FORMS / case / f"{name}.json").read_text())
    return found


def _files(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def _rewrite(root: Path, files: dict[str, bytes]) -> None:
    shutil.rmtree(root, ignore_errors=True)
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
