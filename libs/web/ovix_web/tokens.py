"""The token guard: who is calling, from a cache that revocations empty, else by one query."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg
import structlog
from fastapi import Depends, Request
from fastapi.openapi.models import APIKey, APIKeyIn
from fastapi.security.base import SecurityBase
from ovix_schema import Token
from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from .acl import AccessList, compiled, scope_of
from .errors import Unauthorized

log = structlog.get_logger(__name__)

DELETED_CHANNEL = "ovix_token_deleted"
CACHE_SIZE = 20_000
HEARTBEAT_S = 0.4
"""How often the listener proves that it still hears; without proof the cache is not used."""
SILENCE_S = 0.9
"""Older proof is no proof: a revoked token must be refused everywhere within a second."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The holder of a token."""

    auth_id: str
    user_uuid: UUID | None
    entity_id: int | None
    acl: tuple[str, ...]
    session_uuid: UUID
    expires_at: datetime
    access: AccessList = field(repr=False, compare=False)

    def allows(self, scope: str) -> bool:
        """Whether the token holds this access."""
        return self.access.allows(scope)

    def require(self, scope: str) -> None:
        """Refuse the request unless the token holds this access."""
        if not self.access.allows(scope):
            raise Unauthorized(reason="missing_permission", required_access=scope)


def hash_of(token: str) -> bytes:
    """What is stored of a token."""
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


_LOOKUP = (
    select(
        Token.auth_id,
        Token.user_uuid,
        Token.entity_id,
        Token.acl,
        Token.session_uuid,
        Token.expires_at,
    )
    .where(Token.token_hash == bindparam("token_hash"))
    .where(Token.expires_at > func.now())
)


class TokenGuard:
    """Looks tokens up; `listen` keeps its cache true."""

    def __init__(
        self, engine: AsyncEngine, database_url: str, application: str = "ovix-tokens"
    ) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._database_url = database_url
        self._application = application
        self._cache: dict[bytes, tuple[Identity, float]] = {}
        self._heard_at = float("-inf")
        self._looked_up: dict[bytes, int] = {}
        self._deleted_meanwhile: set[bytes] = set()

    @property
    def listening(self) -> bool:
        """Whether revocations are heard now, so that the cache may be believed."""
        return time.monotonic() - self._heard_at < SILENCE_S

    async def identity(self, token: str) -> Identity | None:
        """The holder of a valid token."""
        token_hash = hash_of(token)
        cached = self._cache.get(token_hash)
        if cached is not None and self.listening:
            identity, expires = cached
            if time.time() < expires:
                return identity
            del self._cache[token_hash]
            return None
        return await self._looked_up_identity(token_hash)

    async def _looked_up_identity(self, token_hash: bytes) -> Identity | None:
        self._looked_up[token_hash] = self._looked_up.get(token_hash, 0) + 1
        try:
            async with self._engine.connect() as connection:
                result = await connection.execute(_LOOKUP, {"token_hash": token_hash})
                row = result.one_or_none()
            if row is None:
                return None
            acl = tuple(row.acl)
            identity = Identity(
                auth_id=row.auth_id,
                user_uuid=row.user_uuid,
                entity_id=row.entity_id,
                acl=acl,
                session_uuid=row.session_uuid,
                expires_at=row.expires_at,
                access=compiled(acl, row.auth_id, str(row.session_uuid)),
            )
            # The row may have been deleted, and that announced, since it was read.
            if self.listening and token_hash not in self._deleted_meanwhile:
                if len(self._cache) >= CACHE_SIZE:
                    del self._cache[next(iter(self._cache))]
                self._cache[token_hash] = (identity, row.expires_at.timestamp())
            return identity
        finally:
            self._looked_up[token_hash] -= 1
            if not self._looked_up[token_hash]:
                del self._looked_up[token_hash]
                self._deleted_meanwhile.discard(token_hash)

    def _hear(self, _connection: Any, _pid: int, _channel: str, payload: Any) -> None:
        self.forget(bytes.fromhex(payload))

    def forget(self, token_hash: bytes) -> None:
        """Drop a token from the cache at once, and what is being read of it."""
        self._cache.pop(token_hash, None)
        if token_hash in self._looked_up:
            self._deleted_meanwhile.add(token_hash)

    async def listen(self) -> None:
        """Hear revocations until cancelled; each (re)connection starts with an empty cache."""
        while True:
            try:
                connection = await asyncpg.connect(
                    self._database_url,
                    timeout=5,
                    server_settings={"application_name": self._application},
                )
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("token_listener_waits", cause=str(error))
                await asyncio.sleep(0.5)
                continue
            try:
                await connection.add_listener(DELETED_CHANNEL, self._hear)
                self._cache.clear()
                while True:
                    asked_at = time.monotonic()
                    await connection.execute("SELECT 1", timeout=SILENCE_S)
                    self._heard_at = asked_at
                    await asyncio.sleep(HEARTBEAT_S)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("token_listener_lost", cause=str(error))
            finally:
                self._heard_at = float("-inf")
                connection.terminate()


class Access(SecurityBase):
    """Demands a token that holds one of the scopes; shown in the API description."""

    def __init__(self, scopes: tuple[str, ...], *, in_query: bool) -> None:
        self.scopes = scopes
        self.in_query = in_query
        self.scheme_name = "token"
        self.model = APIKey(**{"in": APIKeyIn.header, "name": "X-Auth-Token"})

    async def __call__(self, request: Request) -> Identity:
        """The caller, or `Unauthorized`."""
        return await caller(request, self.scopes, in_query=self.in_query)


def token_of(headers: Mapping[str, str]) -> str | None:
    """The token of a request: ``X-Auth-Token``, else ``Authorization: Bearer`` (RFC 6750)."""
    token = headers.get("X-Auth-Token")
    if not token:
        scheme, _, credentials = headers.get("Authorization", "").partition(" ")
        token = credentials.strip() if scheme.lower() == "bearer" else None
    return token or None


async def caller(request: Request, scopes: tuple[str, ...], *, in_query: bool = False) -> Identity:
    """Who asks, with a token that grants one of the scopes; values of the URL are filled in."""
    token = token_of(request.headers)
    if token is None and in_query:
        token = request.query_params.get("token")
    filled = [scope_of(scope, request.path_params) for scope in scopes]
    identity = await authorized(request.app.state.guard, token, *filled)
    request.scope["ovix.auth_id"] = identity.auth_id  # for the log
    return identity


async def authorized(guard: TokenGuard, token: str | None, *scopes: str) -> Identity:
    """The holder of a token that grants one of the scopes (any valid token when none is named)."""
    if not token:
        raise Unauthorized(reason="missing_token", **_required(scopes))
    identity = await guard.identity(token)
    if identity is None:
        raise Unauthorized(reason="not_found_or_expired", invalid_token=token, **_required(scopes))
    if scopes and not any(identity.access.allows(scope) for scope in scopes):
        raise Unauthorized(reason="missing_permission", invalid_token=token, **_required(scopes))
    return identity


def _required(scopes: tuple[str, ...]) -> Mapping[str, str]:
    return {"required_access": " or ".join(scopes)} if scopes else {}


def access(*scopes: str, in_query: bool = False) -> Any:
    """A dependency giving the `Identity` of a caller who holds one of the scopes.

    ``access("confd.users.{id}.read")``: values of the URL are filled in. ``in_query`` also takes
    the token from ``?token=`` (exports, recordings, websockets: reference/auth.md, A9).
    """
    return Depends(Access(scopes, in_query=in_query))
