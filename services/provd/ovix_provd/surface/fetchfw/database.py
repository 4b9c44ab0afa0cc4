"""``pkgs.db``: firmware packages, their files and how they are installed.

Sections ``[pkg_<id>]``, ``[file_<id>]`` and ``[install_<id>]``; a section or option
that is repeated adds to or replaces what was there, as packages of 2022 need it.
"""

import re
import shlex
from collections.abc import Collection, Mapping
from configparser import Error as SyntaxProblem
from configparser import RawConfigParser, SectionProxy
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from .errors import InvalidDatabase

SOURCE = "a"
"""The node of every install graph that holds the files of the package."""
LARGEST_DATABASE = 4 * 1024 * 1024
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,127}")
_STEP = re.compile(r"\s*([^-\s]+)\s*-\s*([^-\s]+)\s*")
_SHA1 = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file that a package is made of."""

    name: str
    """What it is called in the cache."""
    url: str | None
    """None: somebody must put it into the cache."""
    size: int
    sha1sum: str
    downloader: str


@dataclass(frozen=True, slots=True)
class Step:
    """One edge of an install graph: a command makes a node of another."""

    source: str
    target: str
    command: str
    arguments: str


@dataclass(frozen=True, slots=True)
class FirmwarePackage:
    """What can be installed."""

    info: Mapping[str, str]
    """Version, description, ``description_*`` and what else was said."""
    files: tuple[RemoteFile, ...]
    steps: tuple[Step, ...]
    """Each after the one that makes its source."""
    arguments: tuple[str, ...]
    depends: tuple[str, ...]

    @property
    def size(self) -> int:
        """Of all its files, in bytes."""
        return sum(file.size for file in self.files)


def read_packages(directory: Path, downloaders: Collection[str]) -> dict[str, FirmwarePackage]:
    """The packages that the files of a directory describe, or `InvalidDatabase`."""
    parser = RawConfigParser(strict=False, empty_lines_in_values=False)
    for path in sorted(directory.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            if path.stat().st_size > LARGEST_DATABASE:
                raise InvalidDatabase(f"{path.name} is too large")
            try:
                parser.read_string(path.read_text("utf-8"), path.name)
            except (SyntaxProblem, UnicodeDecodeError) as error:
                raise InvalidDatabase(f"{path.name}: {error}") from error
    sections: dict[str, dict[str, SectionProxy]] = {"pkg": {}, "file": {}, "install": {}}
    for name in parser.sections():
        kind, _, section_id = name.partition("_")
        if kind not in sections or not _ID.fullmatch(section_id):
            raise InvalidDatabase(f"there is no such section: [{name}]")
        sections[kind][section_id] = parser[name]
    files = {name: _file(name, each, downloaders) for name, each in sections["file"].items()}
    names = [file.name for file in files.values()]
    if twice := {name for name in names if names.count(name) > 1}:
        raise InvalidDatabase(f"two files have the same name: {min(twice)}")
    installs = {name: _steps(name, each) for name, each in sections["install"].items()}
    return {name: _package(name, each, files, installs) for name, each in sections["pkg"].items()}


def _package(
    name: str,
    section: SectionProxy,
    files: Mapping[str, RemoteFile],
    installs: Mapping[str, tuple[Step, ...]],
) -> FirmwarePackage:
    if "version" not in section or "id" in section:
        raise InvalidDatabase(f"[pkg_{name}] needs a version, and may not have an id")
    install, *arguments = section.get("install", "").split() or [""]
    used = section.get("files", "").split()
    if missing := [each for each in used if each not in files]:
        raise InvalidDatabase(f"[pkg_{name}] needs [file_{missing[0]}]")
    if install and install not in installs:
        raise InvalidDatabase(f"[pkg_{name}] needs [install_{install}]")
    return FirmwarePackage(
        info={key: text for key, text in section.items() if key not in ("files", "install")},
        files=tuple(files[each] for each in used),
        steps=installs[install] if install else (),
        arguments=tuple(arguments),
        depends=tuple(section.get("depends", "").split()),
    )


def _file(name: str, section: SectionProxy, downloaders: Collection[str]) -> RemoteFile:
    url = section.get("url", "").strip()
    filename = section.get("filename") or unquote(PurePosixPath(urlsplit(url).path).name)
    if not is_plain_name(filename):
        raise InvalidDatabase(f"[file_{name}] has no name to be kept by")
    sha1sum = section.get("sha1sum", "").strip().lower()
    if not _SHA1.fullmatch(sha1sum):
        raise InvalidDatabase(f"[file_{name}] has no sha1sum")
    size = section.get("size", "0").strip()
    if not re.fullmatch("[0-9]{1,15}", size):
        raise InvalidDatabase(f"[file_{name}] has no size")
    by_hand = not url or url.startswith("cisco:")
    downloader = section.get("downloader", "default").strip()
    if downloader not in downloaders:
        raise InvalidDatabase(f"[file_{name}] needs the downloader {downloader}")
    return RemoteFile(filename, None if by_hand else url, int(size), sha1sum, downloader)


def is_plain_name(text: str) -> bool:
    """Whether a file of that name lies in the directory that it is looked for in."""
    return 0 < len(text) <= 200 and not text.startswith(".") and not set(text) & {"/", "\0", "\n"}


def _steps(name: str, section: SectionProxy) -> tuple[Step, ...]:
    """In an order in which each source is there before it is used."""
    waiting = [_step(name, key, text) for key, text in section.items()]
    targets = [step.target for step in waiting]
    if len({*targets, SOURCE}) != len(targets) + 1:
        raise InvalidDatabase(f"[install_{name}] makes a node twice")
    ordered: list[Step] = []
    made = {SOURCE}
    while waiting:
        ready = [step for step in waiting if step.source in made]
        if not ready:
            raise InvalidDatabase(f"[install_{name}] never makes {waiting[0].source}")
        ordered += ready
        made.update(step.target for step in ready)
        waiting = [step for step in waiting if step.target not in made]
    return tuple(ordered)


def _step(name: str, key: str, text: str) -> Step:
    nodes = _STEP.fullmatch(key)
    command, _, arguments = text.strip().partition(" ")
    if nodes is None or not command:
        raise InvalidDatabase(f"[install_{name}] has no such step: {key} = {text}")
    return Step(nodes[1], nodes[2], command, arguments.strip())


_VARIABLE = re.compile(r"\\\$|\$([A-Za-z]+[0-9]*)")


def arguments_of(step: Step, package: FirmwarePackage) -> list[str]:
    """What a step's command is given for a package, or `InvalidDatabase`.

    ``$FILE1`` is the name of its first file, ``$ARG1`` the first word after its install; ``\\$``
    is a dollar.
    """
    values = {f"FILE{at}": file.name for at, file in enumerate(package.files, 1)}
    values |= {f"ARG{at}": word for at, word in enumerate(package.arguments, 1)}

    def value(found: re.Match[str]) -> str:
        if found[1] is None:
            return "\\$"
        if found[1] not in values:
            raise InvalidDatabase(f"{step.command}: there is no {found[0]}")
        return shlex.quote(values[found[1]])

    try:
        return shlex.split(_VARIABLE.sub(value, step.arguments))
    except ValueError as error:
        raise InvalidDatabase(f"{step.command} {step.arguments}: {error}") from error
