"""confd under test: the application on a real database, without a relay, so that events stay."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
import structlog
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from ovix_confd.app import create_confd_app
from ovix_confd.settings import ConfdSettings
from ovix_schema import (
    Entity,
    OutboxMessage,
    Table,
    Token,
    Voicemail,
)
from ovix_web import Sessions, hash_of
from sqlalchemy import delete, insert, select

BASE = "http://confd:9486/1.1"

Save = Callable[..., Awaitable[Any]]
Client = Callable[..., Awaitable[AsyncClient]]


@pytest.fixture(scope="session")
def settings(database_url: str) -> ConfdSettings:
    return ConfdSettings(database_url=database_url, bus_url=database_url, access_log=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def app(settings: ConfdSettings) -> AsyncIterator[FastAPI]:
    """The service, of whose lifespan only tokens are heard of: nobody publishes what it says."""
    made = create_confd_app(settings)
    listener = asyncio.create_task(made.state.guard.listen())
    yield made
    listener.cancel()
    await asyncio.wait([listener])
    await made.state.engine.dispose()


@pytest.fixture
def save(sessions: Sessions, clean_database: str) -> Save:
    """Stores rows, in order, each in the same transaction; gives the last one."""

    async def saved(*rows: Table) -> Table:
        async with sessions.begin() as session:
            for row in rows:
                session.add(row)
                await session.flush()
        return rows[-1]

    return saved


@pytest_asyncio.fixture
async def entity(save: Save) -> Entity:
    """The default entity."""
    made: Entity = await save(Entity(name="first"))
    return made


@pytest.fixture
def client(app: FastAPI, save: Save) -> Client:
    """Makes clients: ``await client("confd.users.read", entity_id=1)``; no scope is no token."""

    async def made(
        *acl: str, entity_id: int | None = None, user_uuid: UUID | None = None
    ) -> AsyncClient:
        token = str(uuid4())
        if acl:
            await save(
                Token(
                    token_hash=hash_of(token),
                    auth_id=str(user_uuid or uuid4()),
                    user_uuid=user_uuid,
                    entity_id=entity_id,
                    acl=list(acl),
                    expires_at=datetime.now(UTC) + timedelta(hours=1),
                )
            )
        transport = ASGITransport(app, raise_app_exceptions=False)
        headers = {"X-Auth-Token": token} if acl else {}
        return AsyncClient(transport=transport, base_url=BASE, headers=headers)

    return made


@pytest_asyncio.fixture
async def api(client: Client, entity: Entity) -> AsyncClient:
    """A client who may do anything, in an installation with one entity."""
    return await client("confd.#")


@pytest_asyncio.fixture
async def as_installed(sessions: Sessions, clean_database: str) -> AsyncIterator[None]:
    """The settings that migrations put there, put back when the test is over."""
    names = ("settings", "installation", "voicemail_zones")
    tables = [Table.metadata.tables[name] for name in names]
    async with sessions() as session:
        rows = [(await session.execute(select(each))).mappings().all() for each in tables]
    yield
    async with sessions.begin() as session:
        await session.execute(delete(Voicemail))
        for table, installed in zip(tables, rows, strict=True):
            await session.execute(delete(table))
            await session.execute(insert(table), [dict(row) for row in installed])


@pytest.fixture
def announced(sessions: Sessions, clean_database: str) -> Callable[[], Awaitable[list[str]]]:
    """The names of the events announced so far, in order, but for the platform's own."""

    async def names() -> list[str]:
        heard = OutboxMessage.body["required_acl"].is_not(None)
        async with sessions() as session:
            found = select(OutboxMessage.name).where(heard).order_by(OutboxMessage.id)
            return list(await session.scalars(found))

    return names


@pytest.fixture(scope="session", autouse=True)
def _plain_logs() -> None:
    """A traceback drawn with all its locals takes seconds; a test that fails says enough."""
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()]
    )


class Requests:
    """Requests whose outcome is known beforehand."""

    def __init__(self, api: AsyncClient) -> None:
        self._api = api
        self._numbers = count(1000)

    async def make(self, path: str, **body: Any) -> dict[str, Any]:
        """POST, 201, what was made."""
        answer = await self._api.post(path, json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def read(self, path: str) -> Any:
        """GET, 200."""
        answer = await self._api.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def do(self, method: str, path: str, **body: Any) -> None:
        """PUT or DELETE, 204."""
        answer = await self._api.request(method, path, json=body or None)
        assert answer.status_code == 204, answer.text

    async def refused(
        self, method: str, path: str, because: str, *, status: int = 400, **body: Any
    ) -> None:
        """Any method, an error that begins like this."""
        answer = await self._api.request(method, path, json=body or None)
        assert answer.status_code == status, answer.text
        (told,) = answer.json()
        assert told.startswith(because), told

    async def at_once(self, method: str, *requests: tuple[str, Any]) -> list[str]:
        """All of them concurrently; "" for each that succeeded, else what was told."""
        answers = await asyncio.gather(
            *(self._api.request(method, path, json=body) for path, body in requests)
        )
        assert all(each.status_code in (201, 204, 400, 404) for each in answers), answers
        return [each.json()[0] if each.is_error else "" for each in answers]

    async def user(self, **body: Any) -> dict[str, Any]:
        return await self.make("/users", **{"firstname": "Zoé", **body})

    async def line(self, **body: Any) -> dict[str, Any]:
        return await self.make("/lines", **{"context": "default", **body})

    async def extension(self, **body: Any) -> dict[str, Any]:
        given = {"exten": str(next(self._numbers)), "context": "default", **body}
        return await self.make("/extensions", **given)

    async def line_with_endpoint(self) -> dict[str, Any]:
        line, endpoint = await self.line(), await self.make("/endpoints/sip")
        await self.do("PUT", f"/lines/{line['id']}/endpoints/sip/{endpoint['id']}")
        return line | {"endpoint": endpoint["id"]}

    async def phone(self, user: dict[str, Any] | None = None) -> dict[str, Any]:
        """A line with endpoint and number, of that user."""
        line, extension = await self.line_with_endpoint(), await self.extension()
        await self.do("PUT", f"/lines/{line['id']}/extensions/{extension['id']}")
        if user is not None:
            await self.do("PUT", f"/users/{user['id']}/lines/{line['id']}")
        return line | {"extension": extension["id"], "exten": extension["exten"]}


@pytest_asyncio.fixture
async def confd(api: AsyncClient) -> Requests:
    """Requests, in an installation whose context ``default`` offers 1000 to 1999."""
    requests = Requests(api)
    ranges = [{"start": "1000", "end": "1999"}]
    await requests.make("/contexts", name="default", user_ranges=ranges)
    return requests
