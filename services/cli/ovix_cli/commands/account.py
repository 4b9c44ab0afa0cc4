"""``ovix account``: the programs that may ask for tokens."""

import asyncio
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

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


@application.command("list")
def list_() -> None:
    """Show the accounts of programs; those without a password can't log in."""
    with database.server(home()) as url:
        found = asyncio.run(accounts.programs(url))
    table = Table("Login", "Logs in", "Host", "ACL", box=None)
    for each in found:
        state = "no password" if not each.has_password else "yes" if each.enabled else "disabled"
        table.add_row(each.login, state, each.host or "anywhere", "\n".join(each.acl))
    Console().print(table)


@application.command()
def password(
    login: Annotated[str, typer.Argument(help="Login of the program, such as 'xivo-agid'.")],
    key_file: Annotated[
        Path | None,
        typer.Option(
            help="Write service_id and service_key into this file, as XiVO's daemons read them, "
            "and print nothing."
        ),
    ] = None,
    password: Annotated[
        str | None,
        typer.Option(envvar="OVIX_ACCOUNT_PASSWORD", help="Made and printed when not given."),
    ] = None,
) -> None:
    """Give a program a password, a random one by default. Its tokens end."""
    secret = password or secrets.token_urlsafe(18)
    with database.server(home()) as url:
        if key_file is None:
            asyncio.run(accounts.set_password(url, login, secret))
        else:
            _with_key_file(key_file, url, login, secret)
    console = Console()
    console.print(f"Account '{login}' has a new password.", markup=False)
    if key_file is not None:
        console.print(f"It is in {key_file}, for its owner alone.", markup=False)
    elif password is None:
        console.print(f"Password: {secret}", markup=False, highlight=False)


def _with_key_file(path: Path, url: str, login: str, secret: str) -> None:
    """The file is there before the password changes, and replaces an older one after it."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        new.touch(mode=0o600, exist_ok=False)
        with new.open("w") as file:
            file.write(f"service_id: {_quoted(login)}\nservice_key: {_quoted(secret)}\n")
        asyncio.run(accounts.set_password(url, login, secret))
        new.replace(path)
    except OSError as error:
        raise CliError(f"{path} can't be written: {error.strerror}.") from error
    finally:
        with suppress(OSError):
            new.unlink()


def _quoted(value: str) -> str:
    """A YAML scalar between single quotes."""
    return "'" + value.replace("'", "''") + "'"
