"""What plugin packages import as ``provd`` and as ``wazo_provd``.

Packages built for either project name their server's modules; this package is these modules, under
both names at once. Only the plugin host calls `install` (decision 0073). Nothing here knows of the
service: no database, no REST.
Source: reference/provd-plugin-surface.txt; reference/provd/plugins.md, 6 to 10.
"""

import sys
from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType

PACKAGE_NAMES = ("provd", "wazo_provd")


def install() -> None:
    """Make both package names resolve to these modules, in this process.

    They are the same objects under each name: otherwise a class derived from ``provd``'s Plugin
    would be none of ``wazo_provd``'s.
    """
    for name in (__name__, *(each.name for each in walk_packages(__path__, f"{__name__}."))):
        module = import_module(name)
        for package in PACKAGE_NAMES:
            sys.modules[package + name.removeprefix(__name__)] = module
    _offer_parse_version()


def _offer_parse_version() -> None:
    """Packages of 2020 take ``parse_version`` from setuptools, which no longer has it."""
    try:
        import_module("pkg_resources")
    except ImportError:
        from packaging.version import parse

        stand_in = ModuleType("pkg_resources", "What plugin packages use of setuptools.")
        stand_in.parse_version = parse  # type: ignore[attr-defined]
        sys.modules["pkg_resources"] = stand_in
