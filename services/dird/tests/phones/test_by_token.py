"""16.16's routes at dird's own port (reference/dird.md, A2): a front asks them for its phones."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4
from xml.etree import ElementTree

import pytest_asyncio
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from ovix_schema import Token
from ovix_web import Sessions, hash_of
from sqlalchemy import text

from .conftest import WrittenDirectory

FRONT = "http://front.example:9498/0.1/directories/lookup/default/aastra"


@pytest_asyncio.fixture(loop_scope="session")
async def front(
    dird: FastAPI, sessions: Sessions
) -> AsyncIterator[Callable[..., Awaitable[AsyncClient]]]:
    """A client with a token of these accesses."""
    clients = []

    async def client(*acl: str, entity_id: int | None = None) -> AsyncClient:
        token = str(uuid4())
        async with sessions.begin() as session:
            expires_at = await session.scalar(text("SELECT now() + interval '1 hour'"))
            session.add(
                Token(
                    token_hash=hash_of(token),
                    auth_id="front",
                    acl=list(acl),
                    entity_id=entity_id,
                    expires_at=expires_at,
                )
            )
        made = AsyncClient(
            transport=ASGITransport(dird, raise_app_exceptions=False),
            base_url="http://dird:9489/0.1/directories",
            headers={"X-Auth-Token": token, "Accept-Language": "fr"},
        )
        clients.append(made)
        return made

    yield client
    for client_made in clients:
        await client_made.aclose()


def url_of(content: bytes, path: str) -> str:
    return str(ElementTree.fromstring(content).findtext(path))


async def test_links_lead_through_the_front(
    front: Callable[..., Awaitable[AsyncClient]],
    directory: WrittenDirectory,
    user_uuid: UUID,
) -> None:
    directory.contacts = [{"name": f"Martin {n}", "phone": str(n)} for n in range(20)]
    client = await front("dird.directories.*.*.*.read")
    headers = {"Proxy-URL": FRONT}
    search = await client.get(f"/input/default/{user_uuid}/aastra", headers=headers)
    assert url_of(search.content, "URL") == f"{FRONT}?xivo_user_uuid={user_uuid}"
    found = await client.get(
        f"/lookup/default/{user_uuid}/aastra", params={"term": "mart"}, headers=headers
    )
    items = ElementTree.fromstring(found.content).findall("MenuItem")
    assert items[-1].findtext("Prompt") == "Page suivante"
    assert items[-1].findtext("URI") == (
        f"{FRONT}?xivo_user_uuid={user_uuid}&term=mart&limit=16&offset=16"
    )
    menu = await client.get(f"/menu/default/{user_uuid}/cisco")
    assert url_of(menu.content, "MenuItem/URL") == (
        f"http://dird:9489/0.1/directories/input/default/{user_uuid}/cisco"
        f"?xivo_user_uuid={user_uuid}"
    )


async def test_a_token_reaches_what_its_accesses_name(
    front: Callable[..., Awaitable[AsyncClient]], user_uuid: UUID
) -> None:
    lookups = await front(f"dird.directories.lookup.default.{user_uuid}.read")

    async def status(path: str) -> int:
        return (await lookups.get(path, params={"term": "x"})).status_code

    assert await status(f"/lookup/default/{user_uuid}/yealink") == 200
    assert await status(f"/lookup/other/{user_uuid}/yealink") == 401
    assert await status(f"/lookup/default/{uuid4()}/yealink") == 401
    assert await status(f"/input/default/{user_uuid}/aastra") == 401
    del lookups.headers["X-Auth-Token"]
    assert await status(f"/lookup/default/{user_uuid}/yealink") == 401


async def test_an_entitys_token_asks_for_its_own_users_alone(
    front: Callable[..., Awaitable[AsyncClient]],
    user: Callable[..., Awaitable[UUID]],
    sessions: Sessions,
) -> None:
    mine, foreign = await user(), await user()
    async with sessions() as session:
        entity_id = await session.scalar(
            text("SELECT entity_id FROM users WHERE uuid = :uuid"), {"uuid": mine}
        )
    client = await front("#", entity_id=entity_id)

    async def answer(user_uuid: UUID) -> Any:
        return await client.get(f"/lookup/default/{user_uuid}/yealink", params={"term": "x"})

    assert (await answer(mine)).status_code == 200
    assert (await answer(UUID(int=0))).status_code == 200
    refused = await answer(foreign)
    assert refused.status_code == 404
    assert refused.json()["error_id"] == "unknown-user"


async def test_errors_are_dirds(
    front: Callable[..., Awaitable[AsyncClient]], user_uuid: UUID
) -> None:
    client = await front("#")
    unknown = await client.get(f"/lookup/sales/{user_uuid}/yealink", params={"term": "x"})
    assert unknown.status_code == 404
    assert unknown.json()["reason"] == ["The profile `sales` does not exist"]
    for path, headers in (
        (f"/lookup/default/{user_uuid}/yealink", {}),
        (f"/input/default/{user_uuid}/aastra", {"Proxy-URL": "javascript:alert(1)"}),
    ):
        assert (await client.get(path, headers=headers)).status_code == 400
    assert (await client.get(f"/menu/default/{user_uuid}/aastra")).status_code == 404
