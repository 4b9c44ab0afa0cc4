"""The least a FastAGI server can do: one variable read, one ``SELECT 1``, one variable set, a word.

``python bench/agid_floor.py DATABASE_URL`` prints its port. It runs on the FastAGI server of agid
and on its connections, without anything of agid between them.
"""

import asyncio
import sys

import uvloop
from ovix_agid.database import Postgres
from ovix_asterisk.fastagi import Agi, FastAgiServer


async def _serve(url: str) -> None:
    database = Postgres(url)
    await database.open()

    async def answer(agi: Agi) -> None:
        await agi.get_variable("XIVO_USERID")
        await database.row("SELECT 1")
        await agi.set_variable("XIVO_ANSWER", "1")
        await agi.verbose("done")

    server = FastAgiServer(answer, port=0)
    await server.start()
    print(server.port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1]))
