"""``/pg_mgr/install``: which plugins are there (reference/provd/rest-api.md, 5)."""

import asyncio
from pathlib import Path
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Request
from ovix_web import still_at_work
from starlette.responses import Response

from ..access import Caller, granted
from ..errors import Refused, WrongArchiveType
from ..operations import Operation, Operations
from ..repository.package import localized
from ..repository.repository import Repository, Work
from .exchange import ANY_OBJECT, add, answer, created, done, read_body, read_id, wrapped
from .operations import CollectionOf, add_operations

router = APIRouter(tags=["plugins"])
INSTALL, UPGRADE, UPDATE, UPLOAD = (
    f"/pg_mgr/install/{name}" for name in ("install", "upgrade", "update", "upload")
)
ARCHIVE_TYPES = ("application/x-bzip2", "application/octet-stream")
NAMED = wrapped("id", {"type": "string"})
PKGS = wrapped("pkgs", ANY_OBJECT)
EXAMPLE = {"id": "ovix-yealink"}


def _repository(request: Request) -> Repository:
    found: Repository = request.app.state.repository
    return found


def _started(request: Request, path: str, work: Work, operation: Operation) -> Response:
    number = request.app.state.operations[path].start(work, operation)
    return created(request, f"{path}/{number}")


async def list_installed(
    request: Request, _: Annotated[Caller, granted("provd.pg_mgr.install.installed.read")]
) -> Response:
    repository = _repository(request)
    locale = (await repository.sources.parameters()).get("locale")
    infos = await repository.installed()
    return answer(request, {"pkgs": {id: localized(info, locale) for id, info in infos.items()}})


async def list_installable(
    request: Request, _: Annotated[Caller, granted("provd.pg_mgr.install.installable.read")]
) -> Response:
    """What the server's index has, when it was downloaded, and what provd is shipped with."""
    return answer(request, {"pkgs": await _repository(request).sources.installable()})


async def update_index(
    request: Request, _: Annotated[Caller, granted("provd.pg_mgr.install.update.create")]
) -> Response:
    await read_body(request)
    sources, operation = _repository(request).sources, Operation("update")
    return _started(request, UPDATE, await sources.update(operation), operation)


async def install_plugin(
    request: Request, _: Annotated[Caller, granted("provd.pg_mgr.install.install.create")]
) -> Response:
    plugin_id, operation = await read_id(request), Operation("install")
    work = await _repository(request).install(plugin_id, operation)
    return _started(request, INSTALL, work, operation)


async def upgrade_plugin(
    request: Request, _: Annotated[Caller, granted("provd.pg_mgr.install.upgrade.create")]
) -> Response:
    plugin_id, operation = await read_id(request), Operation("install")
    work = await _repository(request).upgrade(plugin_id, operation)
    return _started(request, UPGRADE, work, operation)


async def upload_plugin(
    request: Request, _: Annotated[Caller, granted("provd.pg_mgr.install.upload.create")]
) -> Response:
    """Install the archive of the body, in the place of a plugin of that id."""
    if request.headers.get("content-type", "").partition(";")[0].strip() not in ARCHIVE_TYPES:
        raise WrongArchiveType(types=" or ".join(ARCHIVE_TYPES))
    repository, operation = _repository(request), Operation("install")
    archive = repository.cache / f".upload.{uuid4().hex}"
    try:
        await _received(request, archive)
        work = await repository.put_in_archive(archive)
    except BaseException:
        await asyncio.to_thread(archive.unlink, missing_ok=True)
        raise
    return _started(request, INSTALL, work, operation)


async def _received(request: Request, archive: Path) -> None:
    with await asyncio.to_thread(archive.open, "wb") as file:
        async for part in request.stream():
            file.write(part)
        if not file.tell():
            raise Refused("the body is empty: an archive is needed")


async def uninstall_plugin(
    request: Request, _: Annotated[Caller, granted("provd.pg_mgr.install.uninstall.create")]
) -> Response:
    plugin_id = await read_id(request)
    await _repository(request).uninstall(plugin_id, lambda: still_at_work(request))
    return done()


add(
    router, "GET", "/pg_mgr/install/installed", list_installed, "List installed plugins",
    shows=PKGS,
)  # fmt: skip
add(
    router, "GET", "/pg_mgr/install/installable", list_installable,
    "List plugins that can be installed", shows=PKGS, errors=(500,),
)  # fmt: skip
add(
    router, "POST", UPDATE, update_index, "Get the index of the server", status=201,
    body=ANY_OBJECT, example={}, errors=(500,),
)  # fmt: skip
add(
    router, "POST", INSTALL, install_plugin, "Install a plugin", status=201, body=NAMED,
    example=EXAMPLE, errors=(500,),
)  # fmt: skip
add(
    router, "POST", UPGRADE, upgrade_plugin, "Install what the index has now in a plugin's place",
    status=201, body=NAMED, example=EXAMPLE, errors=(500,),
)  # fmt: skip
add(
    router, "POST", UPLOAD, upload_plugin, "Install the archive of the body", status=201,
    body={"type": "string", "format": "binary"}, body_types=ARCHIVE_TYPES,
)  # fmt: skip
add(
    router, "POST", "/pg_mgr/install/uninstall", uninstall_plugin,
    "Remove a plugin and all its files", status=204, body=NAMED, example=EXAMPLE,
)  # fmt: skip


def _operations(path: str) -> CollectionOf:
    def collection(request: Request) -> Operations:
        found: Operations = request.app.state.operations[path]
        return found

    return collection


for _path, _name in (
    (INSTALL, "plugin_installation"),
    (UPGRADE, "plugin_upgrade"),
    (UPDATE, "index_update"),
):
    add_operations(router, _path, _name, _operations(_path))
