"""The firmware packages of one plugin, installed into its ``var/tftpboot``.

Everything here blocks; a host calls it in a thread.
"""

import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import BaseHandler

from . import filters
from .archives import Allowance
from .database import SOURCE, FirmwarePackage, arguments_of, read_packages
from .download import AuthenticatingDownloader, DefaultDownloader, Downloader, LiveProxies, fetch
from .errors import InProgress, InstallFailed, PackageNotFound
from .installed import InstalledPackages

Progress = Callable[[str, int | None, int], None]
"""Told the part (``download``, a file of it, ``install``), how much is done, and of how much."""
_NOT_TOLD = ("files", "explicit_install", "depends", "id")


def _silent(part: str, done: int | None, of: int) -> None:
    pass


class FetchfwPluginHelper:
    """Reads ``pkgs`` and ``var/installed`` at once: a plugin that has none fails to load."""

    def __init__(
        self,
        plugin_dir: str,
        downloaders: Mapping[str, Downloader] | None = None,
        filter_builder: Any = None,
    ) -> None:
        """``filter_builder`` was for commands of a plugin's own, of which there are none."""
        var = Path(plugin_dir, "var")
        self.root_dir = str(var / "tftpboot")
        self._cache = var / "cache"
        self._downloaders = self.new_downloaders() if downloaders is None else downloaders
        self._packages = read_packages(Path(plugin_dir, "pkgs"), self._downloaders.keys())
        self._installed = InstalledPackages(var / "installed", Path(self.root_dir))
        self._installed.all()
        self._changing: set[str] = set()
        self._lock = threading.Lock()

    # ---- what downloads --------------------------------------------------------------------------

    @classmethod
    def new_handlers(cls, proxies: Mapping[str, str] | None = None) -> list[BaseHandler]:
        """What downloaders are made of; ``proxies`` (http, https, ftp) is looked at each time."""
        return [LiveProxies({} if proxies is None else proxies)]

    @classmethod
    def new_downloaders_from_handlers(
        cls, handlers: Sequence[BaseHandler] = ()
    ) -> dict[str, Downloader]:
        """By the names that ``pkgs.db`` has for them."""
        return {
            "default": DefaultDownloader(*handlers),
            "auth": AuthenticatingDownloader(*handlers),
        }

    @classmethod
    def new_downloaders(cls, proxies: Mapping[str, str] | None = None) -> dict[str, Downloader]:
        """By the names that ``pkgs.db`` has for them."""
        return cls.new_downloaders_from_handlers(cls.new_handlers(proxies))

    # ---- the service ``install`` -----------------------------------------------------------------

    def services(self) -> dict[str, Any]:
        """What a plugin offers as its services."""
        return {"install": self}

    def list_installable(self) -> dict[str, dict[str, Any]]:
        """By id: version, description, ``description_*`` and dsize in bytes."""
        return {
            package_id: {**_told(package.info), "dsize": package.size}
            for package_id, package in self._packages.items()
        }

    def list_installed(self) -> dict[str, dict[str, Any]]:
        """By id: version, description and ``description_*``."""
        return {package_id: _told(each) for package_id, each in self._installed.all().items()}

    def install(self, pkg_id: str, progress: Progress = _silent) -> None:
        """Download what is not in ``var/cache``, and lay the package's files into its root.

        Raises `FetchfwError`: `PackageNotFound`, `InProgress`, `DownloadFailed`, `InstallFailed`.
        """
        with self._alone(pkg_id):
            self._install(pkg_id, progress)

    def upgrade(self, pkg_id: str, progress: Progress = _silent) -> None:
        """Install what is described now in place of what is installed."""
        with self._alone(pkg_id):
            self._known_as_installed(pkg_id)
            self._install(pkg_id, progress)

    def uninstall(self, pkg_id: str) -> None:
        """Remove exactly the files that the package brought."""
        with self._alone(pkg_id):
            self._known_as_installed(pkg_id)
            self._installed.remove(pkg_id)

    # ---- parts -----------------------------------------------------------------------------------

    @contextmanager
    def _alone(self, pkg_id: str) -> Iterator[None]:
        with self._lock:
            if pkg_id in self._changing:
                raise InProgress(f"an operation on this package is in progress: {pkg_id}")
            self._changing.add(pkg_id)
        try:
            yield
        except (OSError, ValueError) as error:
            raise InstallFailed(f"{pkg_id}: {error}") from error
        finally:
            self._changing.discard(pkg_id)

    def _known_as_installed(self, pkg_id: str) -> None:
        if pkg_id not in self._installed.all():
            raise PackageNotFound(f"package not installed: {pkg_id}")

    def _install(self, pkg_id: str, progress: Progress) -> None:
        package = self._packages.get(pkg_id)
        if package is None:
            raise PackageNotFound(f"package not found: {pkg_id}")
        progress("download", None, 0)
        for file in package.files:
            path = fetch(
                file,
                self._cache,
                self._downloaders,
                lambda done, file=file: progress(file.name, done, max(file.size, done)),  # type: ignore[misc]
            )
            size = path.stat().st_size
            progress(file.name, size, size)
        progress("install", None, 0)
        about = {**package.info, "depends": list(package.depends)}
        with self._work_directory(pkg_id) as work:
            self._installed.add(pkg_id, about, self._made(package, work))

    @contextmanager
    def _work_directory(self, pkg_id: str) -> Iterator[Path]:
        """Beside the cache, so that files are moved into place; a dead process leaves it behind."""
        work = self._cache / f".{pkg_id}.install"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _made(self, package: FirmwarePackage, work: Path) -> Path:
        """The tree that all steps together make."""
        nodes = {SOURCE: work / "source"}
        nodes[SOURCE].mkdir()
        for file in package.files:
            nodes[SOURCE].joinpath(file.name).symlink_to((self._cache / file.name).resolve())
        result = work / "result"
        result.mkdir()
        sources = {step.source for step in package.steps}
        allowance = Allowance()
        for number, step in enumerate(package.steps):
            target = work / f"node-{number}" if step.target in sources else result
            target.mkdir(exist_ok=True)
            nodes[step.target] = target
            arguments = arguments_of(step, package)
            filters.apply(step.command, nodes[step.source], target, arguments, allowance)
        return result


def _told(about: Mapping[str, Any]) -> dict[str, Any]:
    told = {key: value for key, value in about.items() if key not in _NOT_TOLD}
    return {"description": "", **told}
