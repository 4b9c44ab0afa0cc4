"""``ovix account``: the programs that may ask for tokens."""

import asyncio
import secrets
from typing import Annotated

import typer
from rich.console import Console

from ovix_cli import accounts, database
from ovix_cli.home import CliError, home

application = typer.Typer(no_args_is_help=True, help="Accounts of programs (auth's xivo_service).")


@application.command()
def create(
    service: Annotated[str, typer.Option(help="Login of the program.")],
    acl: Annotated[
        list[str], typer.Option(help="What it may do, such as 'confd.users.read'; repeatable.")
    ],
    host: Annotated[
        str | None,
        typer.Option(help="Address, network or name it must come from; anywhere if not given."),
    ] = None,
    entity: Annotated[
        str | None, typer.Option(help="Only this entity's objects; all when not given.")
    ] = None,
    password: Annotated[
        str | None,
        typer.Option(envvar="OVIX_ACCOUNT_PASSWORD", help="Made and printed when not given."),
    ] = None,
) -> None:
    """Create an account for a program, such as a CRM."""
    if not all(acl):
        raise CliError("An ACL can't be empty.")
    secret = password or secrets.token_urlsafe(18)
    with database.server(home()) as url:
        asyncio.run(
            accounts.create_service(url, service, secret, acl=acl, host=host, entity=entity)
        )
    console = Console()
    console.print(f"Account '{service}' created.", markup=False)
    if password is None:
        console.print(f"Password: {secret}", markup=False, highlight=False)
