"""The console: provd's objects by the names that expressions give them."""

import asyncio
import json
import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import typer
from rich.console import Console as Terminal
from rich.table import Column, Table

from ovix_cli.addresses import AUTH, PROVD
from ovix_cli.home import CliError, home
from ovix_cli.rest import local_token

from .client import Options, Provd
from .configs import Configs
from .devices import Devices
from .display import on_terminal
from .exposed import Exposed, exposed_names
from .helpers import Helpers
from .parameters import Parameters
from .plugins import Plugins

TIMEOUT_S = 120.0
"""XiVO's provd uninstalls and reconfigures within the request."""
TOKEN_LIFETIME_S = 3600
DEVICE_COLUMNS = ("id", "mac", "ip", "vendor", "model", "version", "plugin", "configured")
PACKAGE_COLUMNS = ("id", "version", "description")
WIDEST = 500


@dataclass
class Console:
    """One provd, spoken to."""

    provd: Provd
    confirm: Callable[[str], bool] = typer.confirm
    as_json: bool = False
    names: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.devices, self.configs = Devices(self.provd), Configs(self.provd)
        self.plugins, self.parameters = Plugins(self.provd), Parameters(self.provd)
        self.helpers = Helpers(self.devices, self.configs, self.plugins, self.confirm)
        self.names = {
            "devices": self.devices,
            "configs": self.configs,
            "plugins": self.plugins,
            "parameters": self.parameters,
            "helpers": self.helpers,
            "options": self.provd.options,
        }

    def show(self, value: Any) -> None:
        """Print a result: for people, or as JSON for programs."""
        if value is None:
            return
        if isinstance(value, Exposed):
            # The end of a chain that changed something, or an object that was named alone.
            value = exposed_names(value)
        if self.as_json:
            typer.echo(json.dumps(value, ensure_ascii=False))
        elif isinstance(value, str | int | float | Options):
            typer.echo(value)
        elif (table := _table_of(value)) is not None:
            _terminal().print(table)
        else:
            _terminal().print_json(json.dumps(value))


@contextmanager
def opened(
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    token: str | None = None,
    login: tuple[str, str] | None = None,
    options: Options | None = None,
    as_json: bool = False,
    assume_yes: bool = False,
    transport: httpx.BaseTransport | None = None,
) -> Iterator[Console]:
    """A console of the provd there.

    Authenticated by a token; else by login and password, for which auth gives a token, and where
    there is no auth by HTTP Digest, as XiVO's provd asks for them; else by this installation's key
    for provd, or by a token of the local account.
    """
    auth = None
    if token is None and login is not None:
        token = _token_of(login, host)
        auth = httpx.DigestAuth(*login) if token is None else None
    elif token is None:
        token = os.environ.get("OVIX_PROVD_KEY") or _own_token()
    headers = {} if token is None else {"X-Auth-Token": token}
    url = f"http://{host}:{port or PROVD.number}"
    client = httpx.Client(
        base_url=url,
        headers=headers,
        auth=auth,
        timeout=TIMEOUT_S,
        transport=transport,
        # Plain HTTP: reading the machine's certificates would take longer than most commands.
        verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    )
    with client:
        provd = Provd(client, options or Options(), on_terminal)
        confirm = (lambda question: True) if assume_yes else typer.confirm
        yield Console(provd, confirm, as_json)


def _token_of(login: tuple[str, str], host: str) -> str | None:
    """What auth gives an administrator or a program; None where there is no auth."""
    url = f"http://{host}:{AUTH.number}/0.1/token"
    for backend in ("xivo_admin", "xivo_service"):
        body = {"backend": backend, "expiration": TOKEN_LIFETIME_S}
        try:
            answer = httpx.post(url, auth=login, json=body, timeout=15)
        except httpx.TransportError:
            return None
        if answer.is_success:
            return str(answer.json()["data"]["token"])
    raise CliError(f"auth gave {login[0]} no token ({answer.status_code})")


def _own_token() -> str:
    try:
        return asyncio.run(local_token(home()))
    except (CliError, KeyError, OSError) as error:
        raise CliError(f"no token for provd: give one by --token or TOKEN ({error})") from error


def _table_of(value: Any) -> Table | None:
    """Lists of devices and of packages, as tables; anything else is none."""
    if isinstance(value, list) and _are_all(value, "configured"):
        return _table(DEVICE_COLUMNS, value)
    if isinstance(value, dict) and _are_all(list(value.values()), "version"):
        rows = [{**each, "id": name} for name, each in value.items()]
        return _table(PACKAGE_COLUMNS, rows)
    return None


def _are_all(values: list[Any], key: str) -> bool:
    return bool(values) and all(isinstance(each, dict) and key in each for each in values)


def _table(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> Table:
    table = Table(*(Column(name, no_wrap=name == "id") for name in columns), box=None)
    for each in rows:
        table.add_row(*("" if each.get(key) is None else str(each[key]) for key in columns))
    return table


def _terminal() -> Terminal:
    """Where no terminal says how wide it is, nothing is cut off."""
    terminal = Terminal(soft_wrap=True)
    return terminal if terminal.is_terminal else Terminal(soft_wrap=True, width=WIDEST)
