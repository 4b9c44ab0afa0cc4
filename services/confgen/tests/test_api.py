"""What confgen answers about itself."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest_asyncio
from httpx import ASGITransport, AsyncClient
from ovix_confgen.app import build
from ovix_confgen.settings import ConfgenSettings
from ovix_schema import EndpointSip, Token
from ovix_web import hash_of, running
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker


async def a_token(
    sessions: async_sessionmaker[AsyncSession], *acl: str, entity_id: int | None = None
) -> dict[str, str]:
    """The header of a token with these rights."""
    text = str(uuid4())
    now = datetime.now(UTC)
    async with sessions.begin() as session:
        session.add(
            Token(
                token_hash=hash_of(text),
                auth_id="test",
                acl=list(acl),
                entity_id=entity_id,
                issued_at=now,
                expires_at=now + timedelta(hours=1),
            )
        )
    return {"X-Auth-Token": text}


@pytest_asyncio.fixture(loop_scope="session")
async def client(
    settings: ConfgenSettings, company: Any, sessions: async_sessionmaker[AsyncSession]
) -> AsyncIterator[AsyncClient]:
    """A client of a service that has written its files; alice has an option PJSIP lacks."""
    async with sessions.begin() as session:
        await session.execute(
            update(EndpointSip)
            .where(EndpointSip.username == "alice")
            .values(extra_options=[["call-limit", "3"]])
        )
    app = build(settings)
    async with running(app):
        await app.state.regeneration.complete.wait()
        transport = ASGITransport(app)
        async with AsyncClient(transport=transport, base_url="http://confgen") as client:
            yield client


async def test_every_file_is_told_with_what_asterisk_has_not_read(
    client: AsyncClient, sessions: async_sessionmaker[AsyncSession]
) -> None:
    answer = await client.get("/1.0/files", headers=await a_token(sessions, "confgen.files.read"))
    assert answer.status_code == 200
    body = answer.json()
    lines = next(file for file in body["items"] if file["name"] == "pjsip_lines.conf")
    assert lines["size"] > 0
    assert lines["unsupported"] == 1
    assert "res_pjsip.so" in body["pending_reloads"]
    assert body["asterisk_connected"] is False


async def test_what_has_no_effect_is_told_with_the_reason(
    client: AsyncClient, sessions: async_sessionmaker[AsyncSession]
) -> None:
    token = await a_token(sessions, "confgen.unsupported.read")
    body = (await client.get("/1.0/unsupported", headers=token)).json()
    assert {
        "file": "pjsip_lines.conf",
        "object": "endpoint alice",
        "option": "call-limit",
        "value": "3",
        "reason": "is unknown to PJSIP",
    } in body["items"]


async def test_rendering_can_be_asked_for(
    client: AsyncClient, sessions: async_sessionmaker[AsyncSession]
) -> None:
    token = await a_token(sessions, "confgen.render")
    assert (await client.post("/1.0/render", headers=token)).status_code == 202


async def test_nothing_is_told_without_the_right_to_it(
    client: AsyncClient, sessions: async_sessionmaker[AsyncSession]
) -> None:
    for headers in ({}, await a_token(sessions, "confd.#")):
        assert (await client.get("/1.0/files", headers=headers)).status_code == 401
        assert (await client.get("/1.0/unsupported", headers=headers)).status_code == 401
        assert (await client.post("/1.0/render", headers=headers)).status_code == 401


async def test_a_token_of_one_entity_does_not_see_what_others_have(
    client: AsyncClient, sessions: async_sessionmaker[AsyncSession], company: Any
) -> None:
    token = await a_token(sessions, "confgen.#", entity_id=company.entity)
    assert (await client.get("/1.0/unsupported", headers=token)).status_code == 401


async def test_a_service_that_has_written_its_files_is_ready(client: AsyncClient) -> None:
    answer = await client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["checks"]["files"] == {"status": "ok"}
    assert b"ovix_confgen_render_seconds" in (await client.get("/metrics")).content
