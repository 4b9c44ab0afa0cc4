"""A bare endpoint to compare dird with: one SELECT by an index, its rows as JSON.

``python -m bench.dird_floor DATABASE_URL PORT PHONEBOOK_ID``: FastAPI, asyncpg and orjson, no more.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import orjson
import uvicorn
from fastapi import FastAPI, Request
from starlette.responses import Response

SEARCH = (
    "SELECT uuid::text, fields::text FROM phonebook_contacts"
    " WHERE phonebook_id = $1 AND search_text LIKE $2 LIMIT 1000"
)


def application(database_url: str, phonebook_id: int) -> FastAPI:
    """The endpoint, at ``/?term=…``; other paths only say that it runs."""

    @asynccontextmanager
    async def pool(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(
            database_url, min_size=10, max_size=10, server_settings={"jit": "off"}
        ) as app.state.pool:
            yield

    app = FastAPI(lifespan=pool)

    @app.get("/health/ready")
    async def ready() -> Response:
        return Response("ok")

    @app.get("/")
    async def search(request: Request) -> Response:
        pattern = f"%{request.query_params['term']}%"
        rows = await request.app.state.pool.fetch(SEARCH, phonebook_id, pattern)
        found = [{"id": uuid, "fields": orjson.Fragment(fields)} for uuid, fields in rows]
        return Response(orjson.dumps(found), media_type="application/json")

    return app


if __name__ == "__main__":
    uvicorn.run(
        application(sys.argv[1], int(sys.argv[3])),
        host="127.0.0.1",
        port=int(sys.argv[2]),
        loop="uvloop",
        http="httptools",
        log_level="warning",
    )
