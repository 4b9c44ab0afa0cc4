"""The commands of install graphs: each makes one directory of another.

Patterns are those of the shell, relative, and never lead outside; one that finds nothing is an
error.
"""

import fnmatch
import glob
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

from .archives import Allowance, flatten, untar, unzip
from .errors import InstallFailed

Filter = Callable[[Path, Path, Sequence[str], Allowance], None]
"""Given a source, an empty target and arguments."""
_SIGNATURE_BEFORE = 512
_GZIP = b"\x1f\x8b"
_AT_ONCE = 256 * 1024


def apply(
    command: str, source: Path, target: Path, arguments: Sequence[str], allowance: Allowance
) -> None:
    """Do one step, or raise `InstallFailed`."""
    if command not in COMMANDS:
        raise InstallFailed(f"there is no such command: {command}")
    least, most, do = COMMANDS[command]
    if not least <= len(arguments) <= most:
        raise InstallFailed(f"{command} takes other arguments: {' '.join(arguments)}")
    do(source, target, arguments, allowance)


def _unpacked_by(unpack: Callable[[Path, Path, Allowance], None]) -> Filter:
    def do(source: Path, target: Path, arguments: Sequence[str], allowance: Allowance) -> None:
        for pattern in arguments:
            for archive in _found(source, pattern):
                unpack(archive, target, allowance)

    return do


def _unsign(source: Path, target: Path, arguments: Sequence[str], allowance: Allowance) -> None:
    """A signed file of Cisco's is a header before a compressed file."""
    pattern, name = arguments
    found = _found(source, pattern)
    if len(found) != 1:
        raise InstallFailed(f"unsign takes one file, not {len(found)}: {pattern}")
    with found[0].open("rb") as signed, _place(target, name).open("wb") as file:
        start = signed.read(_SIGNATURE_BEFORE).find(_GZIP)
        if start < 0:
            raise InstallFailed(f"{found[0].name} is no signed file")
        signed.seek(start)
        while part := signed.read(_AT_ONCE):
            allowance.take(len(part))
            file.write(part)


def _include(source: Path, target: Path, arguments: Sequence[str], allowance: Allowance) -> None:
    def kept(name: str) -> bool:
        return any(_matches(each, arguments) for each in _with_parents(name))

    _copy_tree(source, target, kept, allowance)


def _exclude(source: Path, target: Path, arguments: Sequence[str], allowance: Allowance) -> None:
    def kept(name: str) -> bool:
        return not any(_matches(each, arguments) for each in _with_parents(name))

    _copy_tree(source, target, kept, allowance)


def _cp(source: Path, target: Path, arguments: Sequence[str], allowance: Allowance) -> None:
    *patterns, destination = arguments
    found = [path for pattern in patterns for path in _found(source, pattern)]
    into_directory = destination.endswith("/") or destination == "."
    if not into_directory and len(found) != 1:
        raise InstallFailed(f"cp can't make one file of {len(found)}: {destination}")
    for path in found:
        to = f"{destination}/{path.name}" if into_directory else destination
        if path.is_dir():
            _copy_tree(path, _place(target, to), lambda _: True, allowance)
        else:
            _copy(path, _place(target, to), allowance)


def _null(source: Path, target: Path, arguments: Sequence[str], allowance: Allowance) -> None:
    pass


_ANY = 10_000
COMMANDS: Mapping[str, tuple[int, int, Filter]] = {
    "unzip": (1, _ANY, _unpacked_by(unzip)),
    "untar": (1, _ANY, _unpacked_by(untar)),
    "unrar": (1, _ANY, _unpacked_by(flatten)),
    "7z": (1, _ANY, _unpacked_by(flatten)),
    "unsign": (2, 2, _unsign),
    "include": (1, _ANY, _include),
    "exclude": (1, _ANY, _exclude),
    "cp": (2, _ANY, _cp),
    "null": (0, _ANY, _null),
}
"""How many arguments each takes, and what it does."""


def _with_parents(name: str) -> list[str]:
    return [name, *(str(each) for each in PurePosixPath(name).parents if each.parts)]


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _found(source: Path, pattern: str) -> list[Path]:
    _check(pattern)
    names = sorted(glob.glob(pattern, root_dir=source))  # noqa: PTH207 (Path.glob takes no names)
    if not names:
        raise InstallFailed(f"there is no {pattern}")
    return [source / name for name in names]


def _place(target: Path, name: str) -> Path:
    _check(name)
    path = target / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _check(name: str) -> None:
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts or "\0" in name:
        raise InstallFailed(f"not a name below a directory: {name!r}")


def files_of(root: Path) -> Iterator[str]:
    """The names of all files below, relative to the root, sorted."""
    for directory, directories, names in os.walk(root):
        directories.sort()
        for name in sorted(names):
            yield Path(directory, name).relative_to(root).as_posix()


def directories_of(root: Path) -> Iterator[str]:
    """The names of all directories below, each before what it holds."""
    for directory, directories, _ in os.walk(root):
        directories.sort()
        for name in directories:
            yield Path(directory, name).relative_to(root).as_posix()


def _copy_tree(
    source: Path, target: Path, kept: Callable[[str], bool], allowance: Allowance
) -> None:
    target.mkdir(exist_ok=True)
    for name in directories_of(source):
        if kept(name):
            target.joinpath(name).mkdir(parents=True, exist_ok=True)
    for name in files_of(source):
        if kept(name):
            _copy(source / name, _place(target, name), allowance)


def _copy(source: Path, target: Path, allowance: Allowance) -> None:
    allowance.take(source.stat().st_size)
    shutil.copyfile(source, target)
