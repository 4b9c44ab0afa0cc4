"""``ovix token``: a token to try the APIs with."""

import asyncio
from typing import Annotated

import typer

from ovix_cli.home import home
from ovix_cli.rest import DEFAULT_LIFETIME_S, local_token


def token(
    lifetime: Annotated[
        int, typer.Option(help="Seconds until it expires.", min=1)
    ] = DEFAULT_LIFETIME_S,
) -> None:
    """Print a token with every right, valid from this machine: TOKEN=$(ovix token)."""
    typer.echo(asyncio.run(local_token(home(), lifetime)))
