"""``/pg_mgr/plugins``: the loaded plugins (reference/provd/rest-api.md, 5)."""

from typing import Annotated

from fastapi import APIRouter, Request
from ovix_web import still_at_work
from starlette.responses import Response

from ..access import Caller, granted
from ..errors import NoSuchResource
from ..plugins import Plugin
from ..repository.package import localized
from .exchange import ANY_OBJECT, BASE, add, answer, done, read_id, wrapped
from .links import LINKS, links_below

router = APIRouter(tags=["plugins"])
PLUGIN = "/pg_mgr/plugins/{plugin_id}"
NAMED = wrapped("id", {"type": "string"})


def loaded_plugin(request: Request, plugin_id: str) -> Plugin:
    """A plugin that runs here."""
    plugin: Plugin | None = request.app.state.plugins.get(plugin_id)
    if plugin is None:
        raise NoSuchResource
    return plugin


async def locale_of(request: Request) -> str | None:
    """The locale that descriptions are shown in."""
    given = await request.app.state.repository.sources.parameters()
    locale: str | None = given.get("locale")
    return locale


async def list_plugins(
    request: Request, _: Annotated[Caller, granted("provd.pg_mgr.plugins.read")]
) -> Response:
    named = {
        name: {"links": [{"rel": "pg.plugin", "href": f"{BASE}/pg_mgr/plugins/{name}"}]}
        for name in request.app.state.plugins
    }
    return answer(request, {"plugins": named})


async def get_plugin(
    request: Request,
    plugin_id: str,
    _: Annotated[Caller, granted("provd.pg_mgr.plugins.{plugin_id}.read")],
) -> Response:
    plugin = loaded_plugin(request, plugin_id)
    below = {"pg.info": "info"}
    if plugin.packages is not None:
        below["srv.install"] = "install"
    if plugin.parameters is not None:
        below["srv.configure"] = "configure"
    return answer(request, links_below(f"/pg_mgr/plugins/{plugin_id}", below))


async def get_plugin_info(
    request: Request,
    plugin_id: str,
    _: Annotated[Caller, granted("provd.pg_mgr.plugins.{plugin_id}.info.read")],
) -> Response:
    info = localized(dict(loaded_plugin(request, plugin_id).info), await locale_of(request))
    return answer(request, {"plugin_info": info})


async def reload_plugin(
    request: Request, _: Annotated[Caller, granted("provd.pg_mgr.reload.create")]
) -> Response:
    plugin_id = await read_id(request)
    await request.app.state.repository.reload(plugin_id, lambda: still_at_work(request))
    return done()


add(
    router, "GET", "/pg_mgr/plugins", list_plugins, "List loaded plugins",
    shows=wrapped("plugins", ANY_OBJECT),
)  # fmt: skip
add(router, "GET", PLUGIN, get_plugin, "What lies below a plugin", shows=LINKS)
add(
    router, "GET", f"{PLUGIN}/info", get_plugin_info, "What a plugin is",
    shows=wrapped("plugin_info", ANY_OBJECT),
)  # fmt: skip
add(
    router, "POST", "/pg_mgr/reload", reload_plugin, "Load anew what lies in its directory",
    status=204, body=NAMED, example={"id": "ovix-yealink"},
)  # fmt: skip
