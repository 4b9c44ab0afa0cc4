"""``/asterisk/pjsip/doc``: the sections of pjsip.conf and their options, in Asterisk's own words.

They are read from the documentation that the installed Asterisk brings along, so that they are
those of its version.
"""

import asyncio
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from pydantic import RootModel

from ...kit import Operation, ResourceError, Schema, Work

Documentation = dict[str, dict[str, dict[str, str | None]]]


class OptionDocumentation(Schema):
    """An option of a section, and the value it has unless given."""

    name: str
    default: str | None
    synopsis: str
    description: str


class PjsipDocumentation(RootModel[dict[str, dict[str, OptionDocumentation]]]):
    """The options by name, by section."""


def _words(element: Any) -> str:
    return "" if element is None else " ".join("".join(element.itertext()).split())


@lru_cache(maxsize=1)
def _read(path: Path, _written_at: int) -> Documentation:
    # The file belongs to the installed Asterisk: nobody else writes it.
    root = ElementTree.parse(path).getroot()  # noqa: S314
    return {
        section.get("name", ""): {
            option.get("name", ""): {
                "name": option.get("name"),
                "default": option.get("default"),
                "synopsis": _words(option.find("synopsis")),
                "description": _words(option.find("description")),
            }
            for option in section.iterfind("configOption")
        }
        for file in root.iterfind(".//configInfo/configFile[@name='pjsip.conf']")
        for section in file.iterfind("configObject")
    }


def _documentation(path: Path) -> Documentation:
    return _read(path, path.stat().st_mtime_ns)


async def pjsip_doc(work: Work) -> object:
    """The documentation, or 400 where there is no Asterisk beside the service."""
    path: Path = work.request.app.state.settings.asterisk_documentation
    try:
        return await asyncio.to_thread(_documentation, path)
    except (OSError, ElementTree.ParseError) as error:
        raise ResourceError("Documentation of Asterisk is not available") from error


PJSIP_DOCUMENTATION = Operation(
    "GET",
    "/asterisk/pjsip/doc",
    "get_pjsip_doc",
    pjsip_doc,
    ("confd.asterisk.pjsip.doc.read",),
    answer=PjsipDocumentation,
)
