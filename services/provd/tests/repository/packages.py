"""Packages of plugins, as strangers would build them, and worse ones."""

import bz2
import io
import tarfile
from collections.abc import Mapping

import orjson

ENTRY = "class Phone(object):\n    IS_PLUGIN = True\n"


def an_archive(members: Mapping[str, bytes | None]) -> bytes:
    """A tar.bz2 of files, and of directories where there is no content."""
    told = io.BytesIO()
    with tarfile.open(fileobj=told, mode="w") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            if content is None:
                member.type = tarfile.DIRTYPE
            else:
                member.size = len(content)
            tar.addfile(member, io.BytesIO(content or b""))
    return bz2.compress(told.getvalue())


def a_package(
    plugin_id: str = "acme-phone",
    version: str = "1.0",
    *,
    entry: str = ENTRY,
    template: str = "as shipped",
    **files: str,
) -> bytes:
    """A plugin as a stranger would pack it."""
    info = {
        "version": version,
        "description": "Acme's phones",
        "description_fr": "Les téléphones d'Acme",
        "capabilities": {"Acme, A1, 1.0": {"sip.lines": 2}},
    }
    members: dict[str, bytes | None] = {
        "plugin-info": orjson.dumps(info),
        "entry.py": entry.encode(),
        "templates/base.tpl": template.encode(),
    }
    members |= {f"var/{name}": None for name in ("cache", "installed", "templates", "tftpboot")}
    members |= {name.replace("__", "/"): content.encode() for name, content in files.items()}
    return an_archive({plugin_id: None} | {f"{plugin_id}/{k}": v for k, v in members.items()})
