"""``ovix demo``: the small company to try things with."""

import asyncio

from rich.console import Console

from ovix_cli import company
from ovix_cli.home import Home, home
from ovix_cli.rest import Rest, local_token
from ovix_cli.welcome import phone_table


def demo() -> None:
    """Create the small company where nothing is configured yet, and print its phones."""
    Console().print(phone_table(asyncio.run(_company(home()))))


async def _company(here: Home) -> list[company.Phone]:
    async with Rest(await local_token(here)) as rest:
        await company.found_once(rest, here)
        return await company.phones(rest)
