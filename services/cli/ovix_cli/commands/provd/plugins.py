"""``ovix provd plugins`` and ``ovix provd packages``, the firmware of a plugin."""

from typing import Annotated

import typer

from ovix_cli.commands.provd.session import session

application = typer.Typer(no_args_is_help=True, help="What knows the phones of a vendor.")
packages = typer.Typer(no_args_is_help=True, help="Firmware that plugins offer.")
Search = Annotated[str | None, typer.Argument(help="What id or description contains.")]
Ids = Annotated[list[str], typer.Argument(help="Ids of plugins.")]


@application.command()
def update(context: typer.Context) -> None:
    """Get the index of the plugin server."""
    with session(context) as console:
        console.plugins.update()


@application.command()
def installed(context: typer.Context, search: Search = None) -> None:
    """Installed plugins."""
    with session(context) as console:
        console.show(console.plugins.installed(search))


@application.command()
def installable(context: typer.Context, search: Search = None) -> None:
    """Plugins of the index."""
    with session(context) as console:
        console.show(console.plugins.installable(search))


@application.command()
def outdated(context: typer.Context) -> None:
    """Installed plugins of which the index has a newer version."""
    with session(context) as console:
        console.show(console.plugins.outdated())


@application.command()
def missing(context: typer.Context) -> None:
    """Plugins that devices name and that are not installed."""
    with session(context) as console:
        console.show(console.helpers.missing_plugins())


@application.command()
def unused(context: typer.Context) -> None:
    """Installed plugins that no device names."""
    with session(context) as console:
        console.show(console.helpers.unused_plugins())


@application.command()
def info(context: typer.Context, plugin: str) -> None:
    """What a plugin tells of itself."""
    with session(context) as console:
        console.show(console.plugins[plugin].info())


@application.command()
def install(context: typer.Context, plugins: Ids) -> None:
    """Install plugins of the index."""
    with session(context) as console:
        for plugin in plugins:
            console.plugins.install(plugin)


@application.command()
def upgrade(
    context: typer.Context,
    plugins: Annotated[list[str] | None, typer.Argument(help="All outdated ones if none.")] = None,
) -> None:
    """Upgrade plugins to what the index has."""
    with session(context) as console:
        for plugin in plugins or console.plugins.outdated():
            console.plugins.upgrade(plugin)


@application.command()
def uninstall(context: typer.Context, plugins: Ids) -> None:
    """Remove plugins and all their files."""
    with session(context) as console:
        for plugin in plugins:
            console.plugins.uninstall(plugin)


@application.command()
def reload(context: typer.Context, plugins: Ids) -> None:
    """Load anew what lies in the directories of plugins."""
    with session(context) as console:
        for plugin in plugins:
            console.plugins.reload(plugin)


@packages.command("installed")
def installed_packages(context: typer.Context, plugin: str, search: Search = None) -> None:
    """Installed firmware of a plugin."""
    with session(context) as console:
        console.show(console.plugins[plugin].installed(search))


@packages.command("installable")
def installable_packages(context: typer.Context, plugin: str, search: Search = None) -> None:
    """Firmware that a plugin offers."""
    with session(context) as console:
        console.show(console.plugins[plugin].installable(search))


Packages = Annotated[list[str] | None, typer.Argument(help="Ids of packages; all if none.")]


@packages.command("install")
def install_packages(context: typer.Context, plugin: str, ids: Packages = None) -> None:
    """Install firmware of a plugin."""
    with session(context) as console:
        chosen = console.plugins[plugin]
        if not ids:
            chosen.install_all()
        for package in ids or ():
            chosen.install(package)


@packages.command("upgrade")
def upgrade_packages(
    context: typer.Context, plugin: str, ids: Annotated[list[str], typer.Argument(help="Ids.")]
) -> None:
    """Uninstall and install firmware of a plugin."""
    with session(context) as console:
        for package in ids:
            console.plugins[plugin].upgrade(package)


@packages.command("uninstall")
def uninstall_packages(context: typer.Context, plugin: str, ids: Packages = None) -> None:
    """Remove firmware of a plugin."""
    with session(context) as console:
        chosen = console.plugins[plugin]
        if not ids:
            chosen.uninstall_all()
        for package in ids or ():
            chosen.uninstall(package)
