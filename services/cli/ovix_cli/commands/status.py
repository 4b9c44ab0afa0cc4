"""``ovix status``: what every service says about itself."""

import asyncio
import re
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.table import Table

from ovix_cli.addresses import HTTP_PORTS, base_url

RESIDENT = re.compile(r"^process_resident_memory_bytes ([0-9.e+]+)$", re.MULTILINE)
MIB = 1024 * 1024


def status(
    host: Annotated[str, typer.Option(help="Where the services listen.")] = "127.0.0.1",
) -> None:
    """Ask every service whether it is ready, what it depends on, and how much memory it holds."""
    states = asyncio.run(_ask_all(host))
    table = Table("Service", "Address", "Ready", "Depends on", "Memory", box=None)
    for service, state in states.items():
        table.add_row(
            service,
            f"{host}:{HTTP_PORTS[service].number}",
            "[green]yes[/]" if state["ready"] else "[red]no[/]",
            state["details"],
            f"{state['memory'] / MIB:.0f} MiB" if state["memory"] else "",
        )
    Console().print(table)
    if not all(state["ready"] for state in states.values()):
        raise typer.Exit(1)


async def _ask_all(host: str) -> dict[str, dict[str, Any]]:
    async with httpx.AsyncClient(timeout=5) as client:
        answers = await asyncio.gather(
            *(_ask(client, base_url(service, host)) for service in HTTP_PORTS)
        )
    return dict(zip(HTTP_PORTS, answers, strict=True))


async def _ask(client: httpx.AsyncClient, url: str) -> dict[str, Any]:
    try:
        ready = await client.get(f"{url}/health/ready")
        state = await client.get(f"{url}/status")
        metrics = await client.get(f"{url}/metrics")
    except httpx.TransportError:
        return {"ready": False, "details": "does not answer", "memory": None}
    resident = RESIDENT.search(metrics.text)
    return {
        "ready": ready.is_success,
        "details": _details(state),
        "memory": float(resident[1]) if resident else None,
    }


def _details(answer: httpx.Response) -> str:
    """``{"database": {"status": "ok"}, …}`` or ``{"database": "ok"}`` as words."""
    try:
        body = answer.json()
    except ValueError:
        return ""
    parts = []
    for name, value in body.items() if isinstance(body, dict) else ():
        said = value.get("status") if isinstance(value, dict) else value
        if isinstance(said, str | bool | int):
            parts.append(f"{name} {said}")
    return ", ".join(parts)
