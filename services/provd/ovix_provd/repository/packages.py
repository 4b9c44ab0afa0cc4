"""Firmware packages of plugins: one operation at a time on each, and how it goes."""

from ..errors import Refused
from ..operations import Operation, State
from ..plugins import PackageInstaller, PluginError
from .changes import Change, Changes

STAGES = ("download", "install")


class PackageProgress:
    """What a plugin tells while it installs, as parts of an operation.

    ``install_pkg|progress(download|progress(progress;4096/29252))``: stages have labels, and the
    files of a download are parts of it without any.
    """

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._stages: dict[str, Operation] = {}
        self._files: dict[str, Operation] = {}

    def __call__(self, part: str, done: int | None, of: int) -> None:
        if part in STAGES:
            self._stage(part)
            return
        stage = self._stage("download")
        if part not in self._files:
            stage.end_parts(State.SUCCESS)
            self._files[part] = stage.part(end=of)
        file = self._files[part]
        file.current = done
        if done is not None and of and done >= of:
            file.state = State.SUCCESS

    def _stage(self, label: str) -> Operation:
        if label not in self._stages:
            self._operation.end_parts(State.SUCCESS)
            self._stages[label] = self._operation.part(label)
        return self._stages[label]


async def begun(
    changes: Changes, plugin_id: str, package_id: str, packages: PackageInstaller, *, there: bool
) -> Change:
    """The package, which nobody else changes meanwhile, or `Refused`."""
    try:
        known = await (packages.installed() if there else packages.installable())
    except PluginError as error:
        raise Refused(str(error)) from error
    if package_id not in known:
        raise Refused(f"package not {'installed' if there else 'found'}: {package_id[:200]!r}")
    change = await changes.package_taken(plugin_id, package_id)
    if change is None:
        raise Refused(f"an operation on this package is in progress: {package_id}")
    return change
