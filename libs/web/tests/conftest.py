"""A small service on a real database, and clients of it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from fastapi import APIRouter, FastAPI, Request
from httpx import ASGITransport, AsyncClient
from ovix_schema import Entity, Token
from ovix_web import (
    ApiError,
    DbSession,
    Identity,
    ServiceSettings,
    Sessions,
    access,
    confd_errors,
    create_app,
    hash_of,
    page_of,
    running,
    still_at_work,
)
from pydantic import BaseModel, Field
from sqlalchemy import func, select, text
from starlette.responses import StreamingResponse


def small_app(settings: ServiceSettings) -> FastAPI:
    return create_app(
        settings,
        name="small",
        version="1.1",
        title="Small",
        routers=[small_router()],
        render=confd_errors,
        constraints={"uq_entities_name": NameTaken},
    )


def client_of(app: FastAPI) -> AsyncClient:
    transport = ASGITransport(app, raise_app_exceptions=False)
    return AsyncClient(transport=transport, base_url="http://small")


class NameTaken(ApiError):
    status = 400
    template = "Resource Error - Entity already exists"


class EntityBody(BaseModel):
    name: Annotated[str, Field(max_length=100_000)]
    country: str = "FR"


def small_router() -> APIRouter:
    router = APIRouter(prefix="/1.1")

    @router.post("/entities", status_code=201)
    async def create_entity(body: EntityBody, session: DbSession) -> Any:
        entity = Entity(name=body.name, country=body.country)
        session.add(entity)
        await session.flush()
        return {"id": entity.id}

    @router.get("/entities")
    async def list_entities(request: Request) -> Any:
        page = page_of(request.query_params, {"id", "name"}, "id")
        return {"limit": page.limit, "offset": page.offset, "order": page.order}

    @router.get("/entities/{entity_id}")
    async def get_entity(
        entity_id: int, session: DbSession, who: Annotated[Identity, access("t.{entity_id}.read")]
    ) -> Any:
        return {"found": await session.scalar(select(Entity.id).where(Entity.id == entity_id))}

    @router.get("/users/{login}")
    async def get_user(who: Annotated[Identity, access("t.users.{login}.read")]) -> Any:
        return {"auth_id": who.auth_id}

    @router.get("/boom")
    async def crash() -> Any:
        raise RuntimeError("secret detail")

    @router.get("/slow")
    async def slow(session: DbSession) -> Any:
        await session.execute(text("SELECT pg_sleep(100)"))

    @router.get("/parts")
    async def in_parts(request: Request) -> Any:
        deadline: asyncio.Timeout = request.scope["ovix.deadline"]
        deadlines = [deadline.when()]
        for _ in range(3):
            await asyncio.sleep(0.01)
            still_at_work(request)
            deadlines.append(deadline.when())
        return deadlines

    @router.get("/stream")
    async def stream(request: Request) -> Any:
        async def deadlines() -> AsyncIterator[str]:
            for _ in range(3):
                yield f"{request.scope['ovix.deadline'].when()} "
                await asyncio.sleep(0.01)

        return StreamingResponse(deadlines(), media_type="text/plain")

    @router.get("/number/{number}")
    async def number(number: int, session: DbSession) -> Any:
        return await session.scalar(select(func.count()).where(Entity.id == number))

    return router


@pytest.fixture(scope="session")
def settings(database_url: str) -> ServiceSettings:
    return ServiceSettings(
        database_url=database_url,
        bus_url=database_url,
        max_body_bytes=100_000,
        access_log=True,
    )


# No longer than the module: its relay would take the events that other tests wait for.
@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def app(settings: ServiceSettings) -> AsyncIterator[FastAPI]:
    async with running(small_app(settings)) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def hasty_client(settings: ServiceSettings) -> AsyncIterator[AsyncClient]:
    """A client of a service that gives requests little time."""
    hasty = settings.model_copy(update={"request_timeout_s": 0.5})
    async with running(small_app(hasty)) as started:
        yield client_of(started)


@pytest.fixture
def client(app: FastAPI) -> AsyncClient:
    return client_of(app)


@pytest.fixture
def a_token(sessions: Sessions, clean_database: str) -> Any:
    """Store a token that holds the access given; its text."""

    async def made(
        *acl: str, auth_id: str = "somebody", lifetime_s: int = 100, user: UUID | None = None
    ) -> str:
        token = str(uuid4())
        async with sessions.begin() as session:
            session.add(
                Token(
                    token_hash=hash_of(token),
                    auth_id=auth_id,
                    user_uuid=user,
                    acl=list(acl),
                    expires_at=func.now() + func.make_interval(0, 0, 0, 0, 0, 0, lifetime_s),
                )
            )
        return token

    return made
