"""Which packages are installed, and which files each brought.

``var/installed/<package id>`` is a JSON object with id, version, description, depends,
explicit_install and files: names relative to the root, those of directories ending in ``/``.
While files are put in place, ``.<package id>.unfinished`` names them: who finds one undoes it, so
that a process that dies leaves nothing that no record names.
"""

import json
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from .. import atomic
from ..below import resolved_below
from .errors import InstallFailed
from .filters import directories_of, files_of

Record = dict[str, Any]
_RECORD_MODE = 0o644
_FILE_MODE, _DIRECTORY_MODE = 0o644, 0o755


class InstalledPackages:
    """Of one plugin: records in one directory, files below another."""

    def __init__(self, directory: Path, root: Path) -> None:
        self._directory, self._root = directory, root
        for unfinished in directory.glob(".*.unfinished"):
            self._undo(unfinished)

    def all(self) -> dict[str, Record]:
        """By package id."""
        return {
            path.name: _read(path)
            for path in sorted(self._directory.iterdir())
            if path.is_file() and not path.name.startswith(".")
        }

    def get(self, package_id: str) -> Record | None:
        """None: it is not installed."""
        path = self._directory / package_id
        return _read(path) if path.is_file() else None

    def add(self, package_id: str, about: Mapping[str, Any], staged: Path) -> None:
        """Put what was made into place, over what is there; all or nothing of it stays.

        What an earlier installation of the package brought and this one does not is removed.
        """
        names = [*(f"{name}/" for name in directories_of(staged)), *files_of(staged)]
        before = self.get(package_id)
        unfinished = self._directory / f".{package_id}.unfinished"
        record = {"id": package_id, **about, "explicit_install": True, "files": names}
        begun = {"id": package_id, "files": names, "staged": str(staged.absolute())}
        atomic.write(unfinished, json.dumps(begun).encode(), _RECORD_MODE)
        try:
            self._place(staged, names)
            atomic.write(self._directory / package_id, json.dumps(record).encode(), _RECORD_MODE)
        except (OSError, InstallFailed):
            self._undo(unfinished)
            raise
        unfinished.unlink()
        self._remove_files(set(before["files"] if before else ()) - set(names))

    def remove(self, package_id: str) -> None:
        """Remove exactly its files, as far as they are there, and the record."""
        record = self.get(package_id)
        if record is not None:
            self._remove_files(record["files"])
            self._directory.joinpath(package_id).unlink()

    def _undo(self, unfinished: Path) -> None:
        """Remove what was put in place already (what is staged still was not), and the package."""
        begun = _read(unfinished)
        staged = Path(begun["staged"])
        self._remove_files(
            [name for name in begun["files"] if name.endswith("/") or not (staged / name).exists()]
        )
        self.remove(begun["id"])
        unfinished.unlink()

    def _place(self, staged: Path, names: Iterable[str]) -> None:
        for name in names:
            target = self._target(name)
            if name.endswith("/"):
                target.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
            elif target.is_dir():
                raise InstallFailed(f"there is a directory of the name of a file: {name}")
            else:
                staged.joinpath(name).chmod(_FILE_MODE)
                shutil.move(staged / name, target)

    def _target(self, name: str) -> Path:
        """Where it lies: below the root, also when directories on the way are links."""
        parent = resolved_below(self._root, *Path(name).parent.parts)
        if parent is None or Path(name).name in ("", ".."):
            raise InstallFailed(f"a file would lie outside: {name}")
        return parent / Path(name).name

    def _remove_files(self, names: Iterable[str]) -> None:
        """Files first, then directories that are empty, the deepest first."""
        files = [name for name in names if not name.endswith("/")]
        for name in files:
            with suppress(OSError, InstallFailed):
                self._target(name).unlink()
        for name in sorted(set(names) - set(files), key=lambda each: -each.count("/")):
            with suppress(OSError, InstallFailed):
                self._target(name).rmdir()


def _read(path: Path) -> Record:
    try:
        found = json.loads(path.read_bytes())
        if isinstance(found, dict) and isinstance(found["files"], list):
            return found
    except (ValueError, KeyError):
        pass
    raise InstallFailed(f"{path} is no record of an installed package")
