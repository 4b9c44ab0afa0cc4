"""The ``ovix`` command line."""

import sys

import typer
from rich.console import Console

from .commands import account, admin, asterisk, db, demo, events, provd, status, token, up
from .home import CliError

application = typer.Typer(
    name="ovix",
    help="Runs and looks after Ovix: REST services in front of an Asterisk.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
application.command("up")(up.up)
application.command("status")(status.status)
application.command("token")(token.token)
application.command("events")(events.events)
application.command("demo")(demo.demo)
application.command("asterisk")(asterisk.asterisk)
application.add_typer(db.application, name="db")
application.add_typer(admin.application, name="admin")
application.add_typer(account.application, name="account")
application.add_typer(provd.application, name="provd")


def main() -> None:
    """Run the command line; expected failures are one readable message and exit status 1."""
    try:
        application()
    except CliError as error:
        console = Console(stderr=True, soft_wrap=True)
        console.print(f"ovix: {error}", style="red", markup=False, highlight=False)
        sys.exit(1)
