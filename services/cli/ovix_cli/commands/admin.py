"""``ovix admin``: the people who administer the platform."""

import asyncio
import secrets
from typing import Annotated

import typer
from rich.console import Console

from ovix_cli import accounts, database
from ovix_cli.home import home

application = typer.Typer(no_args_is_help=True, help="Administrators (auth's xivo_admin).")


@application.command()
def create(
    login: Annotated[str, typer.Argument(help="What the administrator logs in with.")],
    name: Annotated[str, typer.Option(help="Full name; the login when not given.")] = "",
    entity: Annotated[
        str | None, typer.Option(help="Only this entity's objects; all when not given.")
    ] = None,
    generate: Annotated[
        bool, typer.Option("--generate", help="Make a password and print it instead of asking.")
    ] = False,
) -> None:
    """Create an administrator, also the very first one, who no API could create."""
    if generate:
        password = secrets.token_urlsafe(12)
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    with database.server(home()) as url:
        asyncio.run(
            accounts.create_administrator(url, login, password, name=name or login, entity=entity)
        )
    console = Console()
    console.print(f"Administrator '{login}' created.", markup=False)
    if generate:
        console.print(f"Password: {password}", markup=False, highlight=False)
