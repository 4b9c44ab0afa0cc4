"""Auth under test: the application on a real database, and clients at addresses of choice."""

from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
import pytest_asyncio
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from ovix_auth import keeping
from ovix_auth.app import create_auth_app
from ovix_auth.settings import AuthSettings
from ovix_schema import Account, LoginFailure, Table
from ovix_testkit.builders import a_user
from ovix_web import Sessions, running
from ovix_web.passwords import hash_password_now
from sqlalchemy import func, update

PASSWORD = "correct horse"
HASH = hash_password_now(PASSWORD)
_numbers = count(1)

Save = Callable[..., Awaitable[Any]]
LogIn = Callable[..., Awaitable[Response]]


@pytest.fixture(scope="session")
def settings(database_url: str) -> AuthSettings:
    return AuthSettings(database_url=database_url, bus_url=database_url, access_log=False)


# No longer than the module: its relay would take the events that other tests wait for.
@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def app(settings: AuthSettings) -> AsyncIterator[FastAPI]:
    with pytest.MonkeyPatch.context() as patched:
        # What one test makes it count must not be written while the tables are emptied for another.
        patched.setattr(keeping, "WRITE_EVERY_S", 3600.0)
        async with running(create_auth_app(settings)) as started:
            yield started


@pytest.fixture
def client_at(app: FastAPI) -> Callable[[str], AsyncClient]:
    """A client whose connection comes from the address given."""

    def client(address: str) -> AsyncClient:
        transport = ASGITransport(app, client=(address, 40000), raise_app_exceptions=False)
        return AsyncClient(transport=transport, base_url="http://auth")

    return client


@pytest.fixture
def client(client_at: Callable[[str], AsyncClient]) -> AsyncClient:
    """A client at an address that no other test uses, so that no other test's failures count."""
    number = next(_numbers)
    return client_at(f"192.0.{number // 250}.{number % 250 + 1}")


@pytest.fixture
def save(sessions: Sessions, clean_database: str) -> Save:
    async def saved(row: Table) -> Table:
        async with sessions.begin() as session:
            session.add(row)
        return row

    return saved


@pytest.fixture
def an_account(save: Save) -> Save:
    """A stored account whose password is PASSWORD."""

    async def made(**fields: Any) -> Any:
        number = next(_numbers)
        return await save(
            Account(
                **{
                    "kind": "service",
                    "name": f"program{number}",
                    "login": f"program{number}",
                    "password_hash": HASH,
                    "acl": ["confd.users.read"],
                    **fields,
                }
            )
        )

    return made


@pytest.fixture
def prolong(sessions: Sessions) -> Callable[[], Awaitable[None]]:
    """Makes the waits that failures began outlast the test, however slow the machine is."""

    async def prolonged() -> None:
        async with sessions.begin() as session:
            await session.execute(
                update(LoginFailure)
                .where(LoginFailure.failures > 5)
                .values(blocked_until=func.now() + timedelta(hours=1))
            )

    return prolonged


@pytest.fixture
def password_hash() -> str:
    """What is stored of PASSWORD."""
    return HASH


@pytest.fixture
def alice(save: Save) -> Awaitable[Any]:
    """A telephony user who may log in as alice."""
    return save(a_user(username="alice", password_hash=HASH, cti_enabled=True))


@pytest.fixture
def log_in(client: AsyncClient) -> LogIn:
    """POST /token as a script does it."""

    async def post(
        backend: str,
        login: str,
        password: str = PASSWORD,
        *,
        through: AsyncClient | None = None,
        encoding: str = "utf-8",
        **body: Any,
    ) -> Response:
        basic = b64encode(f"{login}:{password}".encode(encoding)).decode()
        return await (through or client).post(
            "/0.1/token",
            json={"backend": backend, **body},
            headers={"Authorization": f"Basic {basic}"},
        )

    return post
