"""What a plugin package tells of itself (reference/provd/plugins.md, 1 to 3)."""

import re
from itertools import zip_longest
from typing import Any

import orjson

from ..media import is_too_deep

Document = dict[str, Any]
LARGEST_INFO = 1024 * 1024
INFO_NAME = "plugin-info"
INDEX_NAME = "plugins.db"
_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}")
_FILENAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.+~-]{0,199}")


class BadPackage(Exception):
    """A package, an index or an archive that can't be used; the reason is for operators."""


def is_plugin_id(text: object) -> bool:
    """Whether it can name a plugin, and its directory: nothing hidden, no path."""
    return isinstance(text, str) and text != INDEX_NAME and _ID.fullmatch(text) is not None


def is_archive_name(text: object) -> bool:
    """Whether it can name an archive in the cache: nothing hidden, no path."""
    return isinstance(text, str) and _FILENAME.fullmatch(text) is not None


def read_info(content: bytes) -> Document:
    """What ``plugin-info`` holds; its version is a text, its capabilities, if any, an object."""
    if len(content) > LARGEST_INFO:
        raise BadPackage(f"{INFO_NAME} is larger than {LARGEST_INFO} bytes")
    try:
        info = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise BadPackage(f"{INFO_NAME} is no JSON: {error}") from error
    if not isinstance(info, dict) or is_too_deep(info):
        raise BadPackage(f"{INFO_NAME} is no object")
    if not isinstance(info.get("version"), str) or not 0 < len(info["version"]) <= 128:
        raise BadPackage(f"{INFO_NAME} tells no version")
    if not isinstance(info.get("capabilities", {}), dict):
        raise BadPackage(f"the capabilities in {INFO_NAME} are no object")
    return info


def version_order(version: str) -> tuple[Any, ...]:
    """What versions of packages sort by, as XiVO's builder does: parts are compared as text."""
    number, dash, suffix = version.rpartition("-")
    if not dash:
        number, suffix = version, ""
    kind = 0 if suffix.startswith("dev") else 2 if not suffix else 1
    return (_Parts(number.split(".")), kind, suffix)


class _Parts(list[str]):
    """A missing part is ``0``."""

    def __lt__(self, other: list[str]) -> bool:
        for mine, its in zip_longest(self, other, fillvalue="0"):
            if mine != its:
                return mine < its
        return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, list) and not any(
            mine != its for mine, its in zip_longest(self, other, fillvalue="0")
        )


def localized(info: Document, locale: str | None) -> Document:
    """With the description of the locale, else of its language; without the others."""
    told = {key: value for key, value in info.items() if not key.startswith("description_")}
    if locale:
        for each in (locale, locale.partition("_")[0]):
            if isinstance(text := info.get(f"description_{each}"), str):
                return told | {"description": text}
    return told
