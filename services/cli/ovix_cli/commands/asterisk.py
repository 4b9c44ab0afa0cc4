"""``ovix asterisk``: one command of the console of the Asterisk that ``ovix up`` runs."""

import asyncio
from typing import Annotated

import typer
from ovix_engines.asterisk import Asterisk, AsteriskError
from ovix_engines.asterisk_installation import AsteriskMissing

from ovix_cli.asterisk import installed
from ovix_cli.home import CliError, home


def asterisk(
    command: Annotated[list[str], typer.Argument(help="Such as: core show channels")],
) -> None:
    """Run one command of Asterisk's console, such as: ovix asterisk core show channels."""
    here = home()
    try:
        found = Asterisk(here.asterisk_run, here.asterisk_run / "etc", installation=installed(here))
        typer.echo(asyncio.run(found.cli(" ".join(command))).rstrip("\n"))
    except AsteriskMissing as missing:
        raise CliError(str(missing)) from missing
    except AsteriskError as error:
        raise CliError(str(error)) from error
