"""The REST of provd, below ``/provd``. Source: reference/provd/rest-api.md."""

from . import configs, configure, devices, installing, links, plugin_services, plugins, selections

ROUTERS = (
    links.router,
    devices.router,
    selections.router,
    configs.router,
    installing.router,
    plugins.router,
    plugin_services.router,
    configure.router,
)

__all__ = ["ROUTERS"]
