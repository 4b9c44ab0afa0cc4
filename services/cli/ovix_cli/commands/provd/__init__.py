"""``ovix provd``: phones, what they are configured from, and the plugins that know them."""

from typing import Annotated

import typer

from ovix_cli.commands.provd import configs, devices, parameters, plugins
from ovix_cli.commands.provd.session import Session, session
from ovix_cli.provd.client import Options
from ovix_cli.provd.expressions import run as run_expression
from ovix_cli.provd.prompt import converse

application = typer.Typer(
    no_args_is_help=True,
    help="Phones: devices, their configs, plugins and their firmware, parameters.",
)
application.add_typer(devices.application, name="devices")
application.add_typer(configs.application, name="configs")
application.add_typer(plugins.application, name="plugins")
application.add_typer(plugins.packages, name="packages")
application.add_typer(parameters.application, name="parameters")


@application.callback()
def connection(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Where provd listens.")] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help="Its port; 8666 when not given.")] = None,
    token: Annotated[
        str | None, typer.Option(envvar="TOKEN", help="A token; a new one when not given.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print results as JSON.")] = False,
    wait: Annotated[
        bool, typer.Option(help="Wait until what was begun is over, and fail if it fails.")
    ] = True,
    progress: Annotated[bool, typer.Option(help="Show how it goes, on standard error.")] = True,
    yes: Annotated[bool, typer.Option("--yes", help="Answer all questions with yes.")] = False,
) -> None:
    """Which provd, and how to tell."""
    options = Options(op_async=not wait, op_progress=progress)
    context.obj = Session(
        host=host, port=port, token=token, options=options, as_json=as_json, assume_yes=yes
    )


@application.command()
def run(
    context: typer.Context,
    expression: Annotated[
        str, typer.Argument(help="Such as 'devices.using_plugin(\"x\").reconfigure()'.")
    ],
) -> None:
    """Run an expression of xivo-provd-cli."""
    with session(context) as console:
        console.show(run_expression(expression, console.names))


@application.command()
def prompt(context: typer.Context) -> None:
    """Read expressions of xivo-provd-cli, one after the other."""
    with session(context) as console:
        converse(console)


@application.command()
def info(
    context: typer.Context,
    detailed: Annotated[bool, typer.Option("--detailed", help="Name them.")] = False,
) -> None:
    """How many devices, configs and plugins there are."""
    with session(context) as console:
        helpers = console.helpers
        console.show(helpers.detailed_system_info() if detailed else helpers.system_info())
