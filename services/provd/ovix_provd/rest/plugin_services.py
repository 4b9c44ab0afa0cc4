"""What a plugin offers beside its phones: firmware packages, and parameters of its own.

Source: reference/provd/rest-api.md, 5 and 7.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Request
from ovix_web import ApiError
from starlette.responses import Response

from ..access import Caller, granted
from ..errors import NoSuchResource, PluginFailed, Refused
from ..operations import Operation, Operations
from ..plugins import PackageInstaller, PluginError, PluginParameters
from ..repository import packages
from ..repository.package import localized
from .exchange import ANY_OBJECT, BASE, add, answer, created, done, read_id, read_wrapped, wrapped
from .links import LINKS, links_below
from .operations import add_operations
from .plugins import NAMED, PLUGIN, loaded_plugin, locale_of

router = APIRouter(tags=["plugins"])
PKGS = wrapped("pkgs", ANY_OBJECT)
PARAM = wrapped("param", {"type": "object", "required": ["value"]})
EXAMPLE = {"id": "firmware"}
_PACKAGE_KEYS = ("version", "description", "dsize")
_PACKAGE_SERVICES = ("install", "uninstall", "installed", "installable", "upgrade")


def _packages(request: Request, plugin_id: str) -> PackageInstaller:
    found = loaded_plugin(request, plugin_id).packages
    if found is None:
        raise NoSuchResource
    return found


def _parameters(request: Request, plugin_id: str) -> PluginParameters:
    found = loaded_plugin(request, plugin_id).parameters
    if found is None:
        raise NoSuchResource
    return found


@contextmanager
def _asked(failure: Callable[[str], ApiError]) -> Iterator[None]:
    """What a plugin raises as REST answers it: 404 for what it doesn't know, else ``failure``."""
    try:
        yield
    except KeyError as error:
        raise NoSuchResource from error
    except (ValueError, PluginError) as error:
        raise failure(str(error) or "invalid value") from error


def _untold(reason: str) -> ApiError:
    return PluginFailed(reason=reason)


# ---- packages of a plugin ------------------------------------------------------------------------


async def get_plugin_packages(
    request: Request,
    plugin_id: str,
    _: Annotated[Caller, granted("provd.pg_mgr.plugins.{plugin_id}.install.read")],
) -> Response:
    _packages(request, plugin_id)
    below = {f"srv.install.{name}": name for name in _PACKAGE_SERVICES}
    return answer(request, links_below(f"/pg_mgr/plugins/{plugin_id}/install", below))


async def _shown(request: Request, known: Mapping[str, Mapping[str, Any]]) -> Response:
    locale = await locale_of(request)
    shown = {}
    for name, package in known.items():
        told = localized(dict(package), locale)
        shown[name] = {key: told[key] for key in _PACKAGE_KEYS if key in told}
    return answer(request, {"pkgs": shown})


async def list_installable_packages(
    request: Request,
    plugin_id: str,
    _: Annotated[Caller, granted("provd.pg_mgr.plugins.{plugin_id}.install.installable.read")],
) -> Response:
    with _asked(_untold):
        known = await _packages(request, plugin_id).installable()
    return await _shown(request, known)


async def list_installed_packages(
    request: Request,
    plugin_id: str,
    _: Annotated[Caller, granted("provd.pg_mgr.plugins.{plugin_id}.install.installed.read")],
) -> Response:
    with _asked(_untold):
        known = await _packages(request, plugin_id).installed()
    return await _shown(request, known)


async def install_package(
    request: Request,
    plugin_id: str,
    _: Annotated[Caller, granted("provd.pg_mgr.plugins.{plugin_id}.install.install.create")],
) -> Response:
    return await _start_package(request, plugin_id, "install")


async def upgrade_package(
    request: Request,
    plugin_id: str,
    _: Annotated[Caller, granted("provd.pg_mgr.plugins.{plugin_id}.install.upgrade.create")],
) -> Response:
    return await _start_package(request, plugin_id, "upgrade")


async def _start_package(request: Request, plugin_id: str, verb: str) -> Response:
    installer = _packages(request, plugin_id)
    package_id, operation = await read_id(request), Operation("install_pkg")
    change = await packages.begun(
        request.app.state.changes, plugin_id, package_id, installer, there=verb == "upgrade"
    )

    async def work() -> None:
        async with change:
            do = installer.install if verb == "install" else installer.upgrade
            await do(package_id, packages.PackageProgress(operation))

    path = f"/pg_mgr/plugins/{plugin_id}/install/{verb}"
    number = request.app.state.operations[path].start(work(), operation)
    return created(request, f"{path}/{number}")


async def uninstall_package(
    request: Request,
    plugin_id: str,
    _: Annotated[Caller, granted("provd.pg_mgr.plugins.{plugin_id}.install.uninstall.create")],
) -> Response:
    installer = _packages(request, plugin_id)
    package_id = await read_id(request)
    changes = request.app.state.changes
    async with await packages.begun(changes, plugin_id, package_id, installer, there=True):
        with _asked(Refused):
            await installer.uninstall(package_id)
    return done()


# ---- parameters of a plugin ----------------------------------------------------------------------


async def list_plugin_parameters(
    request: Request,
    plugin_id: str,
    _: Annotated[Caller, granted("provd.pg_mgr.plugins.{plugin_id}.configure.read")],
) -> Response:
    locale = await locale_of(request)
    with _asked(_untold):
        known = await _parameters(request, plugin_id).all()
    path = f"{BASE}/pg_mgr/plugins/{plugin_id}/configure"
    shown = [
        {
            **localized(dict(each), locale),
            "links": [{"rel": "srv.configure.param", "href": f"{path}/{each['id']}"}],
        }
        for each in known
    ]
    return answer(request, {"params": shown})


async def get_plugin_parameter(
    request: Request,
    plugin_id: str,
    param: str,
    _: Annotated[Caller, granted("provd.pg_mgr.plugins.{plugin_id}.configure.{param}.read")],
) -> Response:
    with _asked(_untold):
        value = await _parameters(request, plugin_id).get(param)
    return answer(request, {"param": {"value": value}})


async def update_plugin_parameter(
    request: Request,
    plugin_id: str,
    param: str,
    _: Annotated[Caller, granted("provd.pg_mgr.plugins.{plugin_id}.configure.{param}.update")],
) -> Response:
    parameters = _parameters(request, plugin_id)
    given = await read_wrapped(request, "param")
    if "value" not in given:
        raise Refused("Wrong information in entity")
    with _asked(Refused):
        await parameters.set(param, given["value"])
    return done()


add(
    router, "GET", f"{PLUGIN}/install", get_plugin_packages, "What lies below its packages",
    shows=LINKS,
)  # fmt: skip
add(
    router, "GET", f"{PLUGIN}/install/installable", list_installable_packages,
    "List packages of a plugin", shows=PKGS, errors=(500,),
)  # fmt: skip
add(
    router, "GET", f"{PLUGIN}/install/installed", list_installed_packages,
    "List installed packages of a plugin", shows=PKGS, errors=(500,),
)  # fmt: skip
add(
    router, "POST", f"{PLUGIN}/install/install", install_package, "Install a package",
    status=201, body=NAMED, example=EXAMPLE,
)  # fmt: skip
add(
    router, "POST", f"{PLUGIN}/install/upgrade", upgrade_package, "Uninstall, then install it",
    status=201, body=NAMED, example=EXAMPLE,
)  # fmt: skip
add(
    router, "POST", f"{PLUGIN}/install/uninstall", uninstall_package,
    "Remove the files of a package", status=204, body=NAMED, example=EXAMPLE,
)  # fmt: skip
add(
    router, "GET", f"{PLUGIN}/configure", list_plugin_parameters, "List parameters of a plugin",
    shows=wrapped("params", {"type": "array", "items": ANY_OBJECT}), errors=(500,),
)  # fmt: skip
add(
    router, "GET", f"{PLUGIN}/configure/{{param}}", get_plugin_parameter,
    "Get a parameter of a plugin", shows=PARAM, errors=(500,),
)  # fmt: skip
add(
    router, "PUT", f"{PLUGIN}/configure/{{param}}", update_plugin_parameter,
    "Set a parameter of a plugin", status=204, body=PARAM, example={"param": {"value": "admin"}},
)  # fmt: skip


def _package_operations(verb: str) -> Any:
    def collection(request: Request) -> Operations:
        plugin_id = request.path_params["plugin_id"]
        _packages(request, plugin_id)
        path = f"/pg_mgr/plugins/{plugin_id}/install/{verb}"
        found: Operations = request.app.state.operations[path]
        return found

    return collection


for _verb, _name in (("install", "package_installation"), ("upgrade", "package_upgrade")):
    add_operations(router, f"{PLUGIN}/install/{_verb}", _name, _package_operations(_verb))
