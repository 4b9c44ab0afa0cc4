"""``ovix demo``: the small company to try things with."""

import asyncio

from rich.console import Console

from ovix_cli import company, directories
from ovix_cli.home import Home, home
from ovix_cli.rest import Rest, local_token
from ovix_cli.welcome import phone_table


def demo() -> None:
    """Create the small company where nothing is configured yet, and print its phones."""
    Console().print(phone_table(asyncio.run(_company(home()))))


async def _company(here: Home) -> list[company.Phone]:
    token = await local_token(here)
    async with Rest(token) as rest:
        if await company.found_once(rest, here):
            await directories.filled_once(token, here)
        return await company.phones(rest)
