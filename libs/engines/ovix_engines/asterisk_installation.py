"""Finds an installed Asterisk: one of ``tools/asterisk/install``, or the machine's own.

An installation of the script is a whole small Debian in ``.ovix/asterisk/VERSION``. Its programs
are started with that Debian's own loader and libraries, from outside: no chroot, no mounts and no
root are needed, and the private directory of a run may lie anywhere.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

OLDEST_VERSION = 16
"""The first release whose PJSIP and CEL we drive."""
HOW_TO_INSTALL = (
    "Run 'make asterisk' (as root on Debian), or install Asterisk {oldest} or newer by your own "
    "packages."
)


class AsteriskMissing(RuntimeError):
    """No usable Asterisk on this machine; the message tells how to get one."""


@dataclass(frozen=True)
class Installation:
    """Where one Asterisk lies, and how it is started."""

    version: str
    program: tuple[str, ...]
    """Command line of the daemon, without its options."""
    modules: Path
    data: Path
    """Sounds, XML documentation and firmware, as packaged (Asterisk's ``astdatadir``)."""
    root: Path = Path("/")
    """What the absolute links inside the installation are relative to."""

    @property
    def major(self) -> int:
        """Release series: 16, 22…"""
        return int(self.version.partition(".")[0])

    @property
    def environment(self) -> Mapping[str, str]:
        """Extra environment, so that the foreign libraries don't read this machine's files."""
        if self.root == Path("/"):
            return {}
        libraries = _libraries(self.root)
        return {
            "OPENSSL_CONF": str(self.root / "etc/ssl/openssl.cnf"),
            "OPENSSL_MODULES": str(libraries / "ossl-modules"),
            "GCONV_PATH": str(libraries / "gconv"),
        }

    def resolve(self, path: Path) -> Path:
        """Follow the links of ``path`` as a process inside the installation would."""
        for _ in range(8):
            if not path.is_symlink():
                break
            target = path.readlink()
            path = (
                self.root / target.relative_to("/")
                if target.is_absolute()
                else (path.parent / target)
            )
        return Path(os.path.normpath(path))


def find(version: int | None = None, home: Path | None = None) -> Installation:
    """The Asterisk to run: of that series if given, else the newest of the checkout, else PATH's.

    ``OVIX_ASTERISK_VERSION`` is the series where none is given.
    ``home`` holds the installations of ``tools/asterisk/install``; without it,
    ``OVIX_ASTERISK_HOME`` or ``.ovix/asterisk`` of this directory or the nearest one above.
    """
    version = version or int(os.environ.get("OVIX_ASTERISK_VERSION", 0)) or None
    found = list(_installations(home or _home()))
    for installation in found:
        if installation.major == version or (
            version is None and installation.major >= OLDEST_VERSION
        ):
            return installation
    wanted = f"Asterisk {version}" if version else f"Asterisk {OLDEST_VERSION} or newer"
    seen = ", ".join(installation.version for installation in found) or "none"
    raise AsteriskMissing(
        f"{wanted} is not installed (found: {seen}). "
        + HOW_TO_INSTALL.format(oldest=OLDEST_VERSION)
    )


def releases() -> list[int]:
    """The release series that are installed, each once, the newest first."""
    return sorted({each.major for each in _installations(_home())}, reverse=True)


def _installations(home: Path) -> Iterator[Installation]:
    roots = [path for path in home.glob("*") if path.name.isdigit()]
    for root in sorted(roots, key=lambda path: int(path.name), reverse=True):
        if (root / "usr/sbin/asterisk").exists():
            yield _of_root(root.absolute())
    system = shutil.which("asterisk", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if system is not None:
        yield _described((system,), Path("/"))


def _home() -> Path:
    configured = os.environ.get("OVIX_ASTERISK_HOME")
    if configured:
        return Path(configured)
    here = Path.cwd()
    candidates = [directory / ".ovix" / "asterisk" for directory in (here, *here.parents)]
    return next((path for path in candidates if path.is_dir()), candidates[0])


def _of_root(root: Path) -> Installation:
    libraries = _libraries(root)
    loader = next(libraries.glob("ld-linux*.so.*"))
    # Debian 11 keeps libasteriskpj in /usr/lib itself.
    path = f"{libraries}:{root / 'usr/lib'}"
    return _described((str(loader), "--library-path", path, str(root / "usr/sbin/asterisk")), root)


def _described(program: tuple[str, ...], root: Path) -> Installation:
    answer = subprocess.run(  # noqa: S603 - a program of the installation
        [*program, "-V"], capture_output=True, text=True, check=True, timeout=30
    ).stdout
    version = re.search(r"Asterisk (?:certified[/-])?(\d+\.\d+[^\s~+]*)", answer)
    if version is None:
        raise AsteriskMissing(f"'{' '.join(program)} -V' tells no version: {answer.strip()!r}")
    directories = _packaged_directories(root / "etc/asterisk/asterisk.conf")
    modules = [
        directories.get("astmoddir", "/usr/lib/asterisk/modules"),
        "/usr/lib/*/asterisk/modules",
        "/usr/lib64/asterisk/modules",
    ]
    data = [
        directories.get("astdatadir", "/usr/share/asterisk"),
        *("/usr/share/asterisk", "/var/lib/asterisk"),
    ]
    return Installation(
        version=version[1],
        program=program,
        modules=_first_directory(root, modules),
        data=_first_directory(root, data),
        root=root,
    )


def _packaged_directories(configuration: Path) -> dict[str, str]:
    """``[directories]`` of the packaged asterisk.conf: where this build keeps its parts."""
    if not configuration.exists():
        return {}
    setting = re.compile(r"^\s*(ast\w+dir)\s*=>?\s*([^;\s]+)", re.MULTILINE)
    return dict(setting.findall(configuration.read_text(errors="replace")))


def _first_directory(root: Path, candidates: list[str]) -> Path:
    for candidate in candidates:
        for path in sorted(root.glob(candidate.lstrip("/"))):
            if path.is_dir():
                return path
    raise AsteriskMissing(f"Below {root} there is none of: {', '.join(candidates)}")


def _libraries(root: Path) -> Path:
    """The multiarch library directory; /lib64's loader may be a link out of the installation."""
    return next(root.glob("usr/lib/*-linux-gnu*"))
