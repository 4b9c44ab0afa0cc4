"""Running a package, and finding the plugin in it (reference/provd/plugins.md, 5)."""

import builtins
from typing import Any

from ...surface.plugin import Plugin
from .packages import LoadError, Package
from .python2_values import BUILTINS


def plugin_class(package: Package) -> type[Plugin]:
    """The class that ``entry.py`` defines; what running it raises passes through."""
    names = BUILTINS if package.python2 else vars(builtins)
    namespace: dict[str, Any] = {"__builtins__": names}

    def execfile_(filename: str, globals: dict[str, Any] | None = None) -> None:
        into = namespace if globals is None else globals
        into.setdefault("__builtins__", names)
        into["execfile_"] = execfile_
        exec(package.code(filename), into)  # noqa: S102  # what plugins are

    execfile_("entry.py")
    for value in namespace.values():
        # Order matters: of several, the first to be defined is meant.
        if isinstance(value, type) and issubclass(value, Plugin) and value.IS_PLUGIN:
            return value
    raise LoadError("entry.py defines no class derived from Plugin with IS_PLUGIN")
