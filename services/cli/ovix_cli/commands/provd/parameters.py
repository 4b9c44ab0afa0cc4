"""``ovix provd parameters``: of provd itself, or of a plugin."""

from typing import Annotated

import typer

from ovix_cli.commands.provd.arguments import value_of
from ovix_cli.commands.provd.session import session
from ovix_cli.provd.console import Console
from ovix_cli.provd.parameters import Parameters

application = typer.Typer(no_args_is_help=True, help="Parameters of provd and of plugins.")
Of = Annotated[
    str | None, typer.Option("--plugin", help="Of this plugin; of provd itself when not given.")
]


def _of(console: Console, plugin: str | None) -> Parameters:
    return console.parameters if plugin is None else console.plugins[plugin].parameters()


@application.command("list")
def list_parameters(context: typer.Context, plugin: Of = None) -> None:
    """All parameters and their values."""
    with session(context) as console:
        console.show(_of(console, plugin).infos())


@application.command()
def get(context: typer.Context, name: str, plugin: Of = None) -> None:
    """Show a value."""
    with session(context) as console:
        console.show(_of(console, plugin).get(name))


@application.command("set")
def set_value(context: typer.Context, name: str, value: str, plugin: Of = None) -> None:
    """Set a value."""
    with session(context) as console:
        _of(console, plugin).set(name, value_of(value) if plugin else value)


@application.command()
def unset(context: typer.Context, name: str, plugin: Of = None) -> None:
    """Back to the default."""
    with session(context) as console:
        _of(console, plugin).unset(name)
