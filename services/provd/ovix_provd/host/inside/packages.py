"""What lies in a plugin's directory, read and made executable before any of it runs.

Source: reference/provd/plugins.md, 1, 2, 5 and 12. Translating takes its time and needs nothing of
the process, so this may be done in a thread.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType
from typing import Any

from .python2 import Translator, Untranslatable, is_python2

INTERFACE_VERSION = 0.2
LONGEST_FILE = 1024 * 1024
MOST_FILES = 500
_NO_CODE = frozenset({"var", "pkgs", "templates", "tests", "__pycache__"})


class LoadError(Exception):
    """The directory holds no plugin that works here; the reason names file and line if it can."""


@dataclass(frozen=True)
class Package:
    """A plugin's code, ready to run."""

    directory: Path
    info: dict[str, Any]
    python2: bool
    """Translated; such a plugin gets texts where others get bytes."""
    _codes: dict[str, CodeType] = field(repr=False)
    _translator: Translator = field(repr=False)

    def code(self, filename: str) -> CodeType:
        """Of a file, named relative to the directory; raises OSError as ``execfile`` does."""
        path = os.path.normpath(self.directory / filename)
        found = self._codes.get(path)
        if found is None:
            found = _compiled(path, _source(Path(path)), self._translator if self.python2 else None)
        return found


def read_package(directory: Path, translator: Translator) -> Package:
    """Raises `LoadError`."""
    info = read_info(directory)
    sources = _sources(directory)
    if "entry.py" not in (os.path.relpath(path, directory) for path in sources):
        raise LoadError("there is no entry.py")
    python2 = is_python2(sources)
    codes = {
        path: _compiled(path, source, translator if python2 else None)
        for path, source in sources.items()
    }
    return Package(directory, info, python2, codes, translator)


def read_info(directory: Path) -> dict[str, Any]:
    """``plugin-info``; raises `LoadError`, also for one of another interface than ours."""
    try:
        with (directory / "plugin-info").open("rb") as file:
            info = json.loads(file.read(LONGEST_FILE))
    except (OSError, ValueError, RecursionError) as error:
        raise LoadError(f"plugin-info can't be read: {error}") from error
    if not isinstance(info, dict):
        raise LoadError("plugin-info is no JSON object")
    least = _bound(info, "plugin_iface_version_min")
    greatest = _bound(info, "plugin_iface_version_max")
    if not (least or 0) <= INTERFACE_VERSION <= (greatest or INTERFACE_VERSION):
        raise LoadError(
            f"it is for interface versions {least} to {greatest}, this is {INTERFACE_VERSION}"
        )
    return info


def _bound(info: dict[str, Any], key: str) -> float | None:
    bound = info.get(key)
    if bound is None or isinstance(bound, int | float):
        return bound
    raise LoadError(f"{key} is no number")


def _sources(directory: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for folder, folders, files in os.walk(directory):
        folders[:] = [each for each in folders if each not in _NO_CODE and each[0] != "."]
        for name in files:
            if name.endswith(".py"):
                path = Path(folder, name)
                found[str(path)] = _source(path)
        if len(found) > MOST_FILES:
            raise LoadError(f"more than {MOST_FILES} Python files")
    return found


def _source(path: Path) -> bytes:
    with path.open("rb") as file:
        source = file.read(LONGEST_FILE + 1)
    if len(source) > LONGEST_FILE:
        raise LoadError(f"{path.name} is longer than {LONGEST_FILE} bytes")
    return source


def _compiled(path: str, source: bytes, translator: Translator | None) -> CodeType:
    try:
        if translator is not None:
            return translator.code(source, path)
        return compile(source, path, "exec", dont_inherit=True)
    except Untranslatable as error:
        raise LoadError(str(error)) from error
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        reason = getattr(error, "msg", error)
        raise LoadError(f"{Path(path).name}, line {line}: {reason}") from error
