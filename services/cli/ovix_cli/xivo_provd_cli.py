"""``xivo-provd-cli``: as documentation and scripts of XiVO start it (reference/provd/cli.md)."""

import sys
from typing import Annotated

import typer
from rich.console import Console as Terminal

from ovix_cli.home import CliError
from ovix_cli.provd.console import opened
from ovix_cli.provd.expressions import run
from ovix_cli.provd.prompt import converse

application = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@application.command()
def console(
    host: Annotated[str, typer.Argument(help="Where provd listens.")] = "localhost",
    command: Annotated[
        str | None, typer.Option("-c", "--command", help="Run this expression, and end.")
    ] = None,
    port: Annotated[int, typer.Option("--port", help="Of provd's REST API.")] = 8666,
    user: Annotated[
        str, typer.Option("-u", "--user", help="An administrator or a program.")
    ] = "admin",
    password: Annotated[
        str | None, typer.Option("-p", "--password", help="Of that user; none: a token is used.")
    ] = None,
    token: Annotated[
        str | None, typer.Option(envvar="TOKEN", help="A token; a new one when not given.")
    ] = None,
) -> None:
    """Tell provd by expressions: devices.using_plugin("xivo-yealink-v86").reconfigure()."""
    login = None if password is None else (user, password)
    with opened(host=host, port=port, token=token, login=login) as opened_console:
        if command is None:
            converse(opened_console)
        else:
            opened_console.show(run(command, opened_console.names))


def main() -> None:
    """Run; expected failures are one readable message and exit status 1."""
    try:
        application()
    except CliError as error:
        terminal = Terminal(stderr=True, soft_wrap=True)
        terminal.print(f"xivo-provd-cli: {error}", style="red", markup=False, highlight=False)
        sys.exit(1)
