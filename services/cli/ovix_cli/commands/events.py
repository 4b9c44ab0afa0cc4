"""``ovix events``: watches calld's websocket."""

import asyncio
import json
from typing import Annotated, Any

import typer
from rich.console import Console
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from ovix_cli.addresses import WEBSOCKET
from ovix_cli.home import CliError, home
from ovix_cli.rest import local_token

MEANING = {
    4001: "no token was given",
    4002: "the token is not valid, or lacks the ACL 'websocketd'",
    4003: "the token expired or was revoked",
}


def events(
    name: Annotated[
        list[str] | None, typer.Argument(help="Event names, such as call_created; all if none.")
    ] = None,
    token: Annotated[
        str | None, typer.Option(envvar="TOKEN", help="A token; a new one when not given.")
    ] = None,
    host: Annotated[str, typer.Option(help="Where calld listens.")] = "127.0.0.1",
    whole: Annotated[
        bool, typer.Option("--whole", help="Print each event whole, one JSON object per line.")
    ] = False,
) -> None:
    """Print events as they happen, until Ctrl-C."""
    try:
        asyncio.run(_watch(name or ["*"], token, host, whole))
    except KeyboardInterrupt:
        return


async def _watch(names: list[str], token: str | None, host: str, whole: bool) -> None:
    url = f"ws://{host}:{WEBSOCKET.number}/"
    token = token or await local_token(home())
    try:
        async with connect(url, additional_headers={"X-Auth-Token": token}) as socket:
            for name in names:
                await socket.send(json.dumps({"op": "subscribe", "data": {"event_name": name}}))
            await socket.send(json.dumps({"op": "start"}))
            async for message in socket:
                _print(json.loads(message), whole)
    except ConnectionClosed as closed:
        code = closed.rcvd.code if closed.rcvd else 1006
        raise CliError(f"calld ended the connection: {MEANING.get(code, code)}.") from closed
    except (OSError, InvalidHandshake) as error:
        raise CliError(f"calld does not answer at {url}: {error}") from error


def _print(message: dict[str, Any], whole: bool) -> None:
    if "op" in message:
        return
    if whole:
        typer.echo(json.dumps(message, ensure_ascii=False))
        return
    console = Console()
    at = str(message.get("timestamp", ""))[11:19]
    data = json.dumps(message.get("data"), ensure_ascii=False)
    console.print(f"[dim]{at}[/] [bold]{message.get('name')}[/]", end=" ", highlight=False)
    console.print(data, markup=False, highlight=False, soft_wrap=True)
