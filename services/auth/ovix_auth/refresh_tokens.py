"""Refresh tokens: what a client gets new tokens for without a password (reference/auth.md, C2).

A client that logs in again gets the token it had, though only its hash is stored: it is made of the
password and a stored seed (docs/decisions/0032).
"""

from dataclasses import dataclass
from secrets import token_bytes
from uuid import UUID, uuid4

from ovix_bus import emit
from ovix_bus.catalogue import auth as events
from ovix_schema import Entity, RefreshToken, Token
from ovix_web import hash_of
from ovix_web.passwords import derived_bytes
from sqlalchemy import delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from .backends import LoginRequest
from .holders import Holder
from .tokens import origin_of, take_turn

SEED_BYTES = 16


class OfferOutdated(Exception):
    """Another login or a revocation came first: what the client has is not what it was."""


@dataclass(frozen=True, slots=True)
class Offered:
    """The refresh token a login shall get; it is stored only when the login succeeds."""

    token: str
    seed: bytes | None
    is_known: bool
    """Whether it is the one that the client has already."""
    seen: bytes | None = None
    """The hash of the one that the client had when this was offered."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The stored refresh token, and how many sessions ended with those it replaces."""

    id: int
    sessions_revoked: int


async def known_to_client(
    session: AsyncSession, holder: Holder, client_id: str
) -> RefreshToken | None:
    """What the client of this holder has."""
    return (
        await session.scalars(
            select(RefreshToken).where(
                RefreshToken.auth_id == holder.auth_id,
                func.md5(RefreshToken.client_id) == func.md5(client_id),
                RefreshToken.client_id == client_id,
            )
        )
    ).one_or_none()


async def offered(known: RefreshToken | None, password: str, *, mobile: bool) -> Offered:
    """The client's own token again where the password makes it; else a new one.

    Costs a password hash: call it outside of any transaction.
    """
    seen = None if known is None else known.token_hash
    if not password:
        return Offered(str(uuid4()), None, False, seen)
    if known is not None and known.seed is not None and not mobile:
        again = await _made_of(password, known.seed)
        if hash_of(again) == known.token_hash:
            return Offered(again, known.seed, True, seen)
    seed = token_bytes(SEED_BYTES)
    return Offered(await _made_of(password, seed), seed, False, seen)


async def _made_of(password: str, seed: bytes) -> str:
    return str(UUID(bytes=await derived_bytes(password, seed, 16), version=4))


async def keep(
    session: AsyncSession,
    holder: Holder,
    offer: Offered,
    *,
    client_id: str,
    backend: str,
    request: LoginRequest,
) -> Kept:
    """Store the token; those it replaces end, with their sessions.

    One per client; a holder has one mobile client at a time. Raises `OfferOutdated` where another
    replica gave the client a token meanwhile, which this login shall get too, or where the known
    one was revoked, which must not come back.
    """
    await take_turn(session, holder, alone=True)
    current = await known_to_client(session, holder, client_id)
    has = None if current is None else current.token_hash
    if has != offer.seen and offer.seed is not None and not request.mobile:
        raise OfferOutdated
    if offer.is_known and current is not None:
        return Kept(current.id, 0)
    of_same_client = (func.md5(RefreshToken.client_id) == func.md5(client_id)) & (
        RefreshToken.client_id == client_id
    )
    replaced = select(RefreshToken.id).where(
        RefreshToken.auth_id == holder.auth_id,
        or_(of_same_client, RefreshToken.mobile) if request.mobile else of_same_client,
    )
    ended = await session.scalar(
        select(func.count())
        .select_from(Token)
        .where(Token.refresh_token_id.in_(replaced), Token.expires_at > func.now())
    )
    await session.execute(
        delete(RefreshToken)
        .where(RefreshToken.id.in_(replaced))
        .execution_options(synchronize_session=False)
    )
    row = RefreshToken(
        token_hash=hash_of(offer.token),
        seed=offer.seed,
        client_id=client_id,
        backend=backend,
        auth_id=holder.auth_id,
        account_id=holder.account_id,
        user_uuid=holder.user_uuid,
        entity_id=holder.entity_id,
        mobile=request.mobile,
        **origin_of(request),
    )
    session.add(row)
    await session.flush()
    await emit(
        session,
        events.auth_refresh_token_created(
            client_id=client_id,
            mobile=request.mobile,
            user_uuid=holder.auth_id,
            tenant_uuid=await session.scalar(
                select(Entity.uuid).where(Entity.id == holder.entity_id)
            ),
        ),
    )
    return Kept(row.id, ended or 0)


async def find(session: AsyncSession, token: str, client_id: str) -> RefreshToken | None:
    """The stored token of this text, if it is this client's."""
    return (
        await session.scalars(
            select(RefreshToken).where(
                RefreshToken.token_hash == hash_of(token), RefreshToken.client_id == client_id
            )
        )
    ).one_or_none()
