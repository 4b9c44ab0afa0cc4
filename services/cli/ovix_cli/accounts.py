"""Administrators and programs: writes their accounts, for the time when no API can do it yet."""

from dataclasses import dataclass

import asyncpg

from .home import CliError

LOCAL_LOGIN = "ovix-local"
"""The account with which ``ovix`` itself asks for tokens, from this machine only."""


async def administrators(url: str) -> int:
    """How many administrators there are."""
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM accounts WHERE kind = 'admin'"))
    finally:
        await connection.close()


async def create_administrator(
    url: str, login: str, password: str, *, name: str, entity: str | None = None
) -> None:
    """An administrator, of one entity or of all. Raises when the login is taken."""
    await _insert(url, "admin", login, password, name=name, acl=[], host=None, entity=entity)


async def create_service(
    url: str,
    login: str,
    password: str,
    *,
    acl: list[str],
    host: str | None = None,
    entity: str | None = None,
) -> None:
    """A program's account with its own ACLs. Raises when the login is taken."""
    await _insert(url, "service", login, password, name=login, acl=acl, host=host, entity=entity)


@dataclass(frozen=True, slots=True)
class Program:
    """A program's account, as lists show it."""

    login: str
    enabled: bool
    has_password: bool
    host: str | None
    acl: list[str]


async def programs(url: str) -> list[Program]:
    """All of them, by login."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT login, enabled, password_hash IS NOT NULL AS has_password, host, acl"
            " FROM accounts WHERE kind = 'service' ORDER BY lower(login)"
        )
    finally:
        await connection.close()
    return [Program(**row) for row in rows]


async def set_password(url: str, login: str, password: str) -> str:
    """Give a program another password, which ends its tokens; its uuid. CliError for no account."""
    connection = await asyncpg.connect(url)
    try:
        uuid = await connection.fetchval(
            "UPDATE accounts SET password_hash = $2, password_expired = false"
            " WHERE kind = 'service' AND lower(login) = lower($1) RETURNING uuid",
            login,
            _hashed(password),
        )
    finally:
        await connection.close()
    if uuid is None:
        raise CliError(f"There is no program's account '{login}': 'ovix account list' names them.")
    return str(uuid)


async def ensure_local(url: str, password: str) -> None:
    """The account of ``ovix`` itself, with the password of this machine's secrets.

    It is left alone where it is right already: a new hash of the same password would be a changed
    password, and revoke the tokens that ``ovix token`` gave.
    """
    from ovix_web.passwords import verify_password_now

    connection = await asyncpg.connect(url)
    try:
        stored = await connection.fetchval(
            "SELECT password_hash FROM accounts"
            " WHERE kind = 'service' AND lower(login) = $1 AND enabled",
            LOCAL_LOGIN,
        )
        if stored is not None and verify_password_now(stored, password):
            return
        await connection.execute(
            """
            INSERT INTO accounts (kind, name, login, password_hash, host, acl)
            VALUES ('service', 'The ovix command', $1, $2, '127.0.0.1', '{#}')
            ON CONFLICT (kind, lower(login)) DO UPDATE
                SET password_hash = excluded.password_hash, enabled = true
            """,
            LOCAL_LOGIN,
            _hashed(password),
        )
    finally:
        await connection.close()


async def _insert(
    url: str,
    kind: str,
    login: str,
    password: str,
    *,
    name: str,
    acl: list[str],
    host: str | None,
    entity: str | None,
) -> None:
    connection = await asyncpg.connect(url)
    try:
        entity_id = None
        if entity is not None:
            entity_id = await connection.fetchval("SELECT id FROM entities WHERE name = $1", entity)
            if entity_id is None:
                raise CliError(f"There is no entity '{entity}'.")
        await connection.execute(
            """
            INSERT INTO accounts (kind, name, login, password_hash, host, acl, entity_id)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """,
            kind,
            name,
            login,
            _hashed(password),
            host,
            acl,
            entity_id,
        )
    except asyncpg.UniqueViolationError as error:
        raise CliError(f"The {kind} account '{login}' exists already.") from error
    finally:
        await connection.close()


def _hashed(password: str) -> str:
    # Here, because it brings the whole web stack and most commands need no password.
    from ovix_web.passwords import hash_password_now

    return hash_password_now(password)
