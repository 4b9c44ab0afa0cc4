"""Intermediate paths: what lies below them (reference/provd/rest-api.md, 1)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from ..access import Caller, granted
from .exchange import BASE, add, answer, wrapped

router = APIRouter(tags=["links"])
LINK = {
    "type": "object",
    "required": ["rel", "href"],
    "properties": {"rel": {"type": "string"}, "href": {"type": "string"}},
}
LINKS = wrapped("links", {"type": "array", "items": LINK})
_BELOW: tuple[tuple[str, str, str, Mapping[str, str]], ...] = (
    (
        "",
        "get_root",
        "provd.read",
        {
            "dev": "dev_mgr",
            "cfg": "cfg_mgr",
            "pg": "pg_mgr",
            "srv.configure": "configure",
            "status": "status",
        },
    ),
    (
        "/dev_mgr",
        "get_dev_mgr",
        "provd.dev_mgr.read",
        {
            f"dev.{name}": name
            for name in ("synchronize", "reconfigure", "dhcpinfo", "devices", "selections")
        },
    ),
    (
        "/cfg_mgr",
        "get_cfg_mgr",
        "provd.cfg_mgr.read",
        {"cfg.configs": "configs", "cfg.autocreate": "autocreate"},
    ),
    (
        "/pg_mgr",
        "get_pg_mgr",
        "provd.pg_mgr.read",
        {"srv.install": "install", "pg.plugins": "plugins", "pg.reload": "reload"},
    ),
    (
        "/pg_mgr/install",
        "get_install",
        "provd.pg_mgr.install.read",
        {
            f"srv.install.{name}": name
            for name in ("install", "uninstall", "installed", "installable", "upgrade", "update")
        },
    ),
)


def links_below(path: str, names: Mapping[str, str]) -> dict[str, Any]:
    """The ``links`` of a path."""
    return {"links": [{"rel": rel, "href": f"{BASE}{path}/{name}"} for rel, name in names.items()]}


def _handler(
    name: str, path: str, scope: str, below: Mapping[str, str]
) -> Callable[..., Awaitable[Response]]:
    async def shown(request: Request, _: Annotated[Caller, granted(scope)]) -> Response:
        return answer(request, links_below(path, below))

    shown.__name__ = name
    return shown


async def get_status(
    request: Request, _: Annotated[Caller, granted("provd.status.read")]
) -> Response:
    """That of the process itself; ``/status`` of the service tells more."""
    return answer(request, {"rest_api": {"status": "ok"}})


for _path, _name, _scope, _names in _BELOW:
    add(
        router, "GET", _path or "/", _handler(_name, _path, _scope, _names),
        f"What lies below {BASE}{_path}", shows=LINKS,
    )  # fmt: skip
add(
    router, "GET", "/status", get_status, "Whether the service works",
    shows=wrapped("rest_api", {"type": "object"}),
)  # fmt: skip
