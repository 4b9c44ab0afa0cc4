"""``ovix db``: the schema of the database."""

import asyncio
import os
from typing import Annotated

import typer
from rich.console import Console

from ovix_cli import accounts, database
from ovix_cli.home import CliError, home

application = typer.Typer(
    no_args_is_help=True,
    help="The database: OVIX_DATABASE_URL, else the embedded PostgreSQL in .ovix/.",
)


@application.command()
def upgrade(
    first_administrator: Annotated[
        str | None,
        typer.Option(
            help="Where there is no administrator yet, create this one, with the password of"
            " OVIX_ADMIN_PASSWORD."
        ),
    ] = None,
) -> None:
    """Bring the database to the newest schema."""
    here = home()
    with database.server(here) as url:
        database.upgrade(here, url)
        typer.echo("The database has the newest schema.")
        if first_administrator and not asyncio.run(accounts.administrators(url)):
            password = os.environ.get("OVIX_ADMIN_PASSWORD")
            if not password:
                raise CliError("The first administrator needs OVIX_ADMIN_PASSWORD.")
            asyncio.run(
                accounts.create_administrator(
                    url, first_administrator, password, name=first_administrator
                )
            )
            typer.echo(f"Administrator '{first_administrator}' created.")


@application.command()
def check() -> None:
    """Try every migration up and down on a scratch database, and compare it with the models."""
    here = home()
    with database.scratch_server(here) as url:
        for step in database.check(here, url):
            Console().print(f"✓ {step}")
