"""Logins at SAML providers in the database, so that every replica knows them."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from ovix_schema import EntityDomain, RefreshToken, SamlConfig, SamlDomain, SamlLogin, Token
from ovix_web import ApiError, hash_of
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ..throttle import is_of_backend
from .messages import new_id
from .responses import Proven

BACKEND = "saml"
WAITING_MAX = 1000
"""Logins of one address that were asked for and not proven: an office behind one address."""
ADDRESS_MAX = 45


class TooManyLogins(ApiError):
    """One address asked for more logins than people there can be busy with."""

    status = 429
    template = "Too many logins were asked for, and not finished"

    def headers(self) -> Mapping[str, str]:
        """When to come back."""
        return {"Retry-After": "60"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A login that was begun."""

    request_id: str
    session_id: str
    """The secret that its token is asked for with."""


async def config_of_domain(session: AsyncSession, domain: str | None) -> SamlConfig | None:
    """The configuration of a domain, its or its tenant's; without one, the only one there is."""
    wanted = select(SamlConfig)
    if domain is not None:
        own = select(SamlDomain.config_uuid).where(SamlDomain.name == domain.lower())
        of_tenant = select(EntityDomain.entity_id).where(EntityDomain.name == domain.lower())
        wanted = wanted.where(
            or_(
                SamlConfig.uuid.in_(own),
                ~own.exists() & SamlConfig.entity_id.in_(of_tenant),
            )
        )
    found = (await session.scalars(wanted.limit(2))).all()
    return found[0] if len(found) == 1 else None


async def begin(
    session: AsyncSession, config: SamlConfig, redirect_url: str, address: str, lifetime_s: int
) -> Asked:
    """Note that somebody at the address wants to log in."""
    address = address[:ADDRESS_MAX]
    waiting = await session.scalar(
        select(func.count())
        .select_from(SamlLogin)
        .where(
            SamlLogin.address == address,
            SamlLogin.proven_at.is_(None),
            SamlLogin.expires_at > func.now(),
        )
    )
    if (waiting or 0) >= WAITING_MAX:
        raise TooManyLogins
    asked = Asked(new_id(), secrets.token_urlsafe(32))
    session.add(
        SamlLogin(
            request_id=asked.request_id,
            session_hash=hash_of(asked.session_id),
            config_uuid=config.uuid,
            redirect_url=redirect_url,
            address=address,
            expires_at=func.now() + timedelta(seconds=lifetime_s),
        )
    )
    await session.flush()
    return asked


async def waiting_for(
    session: AsyncSession, request_id: str
) -> tuple[SamlLogin, SamlConfig] | None:
    """The login that a response says it answers, while it may be answered."""
    found = await session.execute(
        select(SamlLogin, SamlConfig)
        .join(SamlConfig, SamlConfig.uuid == SamlLogin.config_uuid)
        .where(
            SamlLogin.request_id == request_id,
            SamlLogin.proven_at.is_(None),
            SamlLogin.expires_at > func.now(),
        )
    )
    row = found.one_or_none()
    return None if row is None else (row[0], row[1])


async def prove(session: AsyncSession, request_id: str, proven: Proven) -> bool:
    """Note who it is; False when another response has done so: each is believed once."""
    done = await session.execute(
        update(SamlLogin)
        .where(
            SamlLogin.request_id == request_id,
            SamlLogin.proven_at.is_(None),
            SamlLogin.expires_at > func.now(),
        )
        .values(proven_at=func.now(), subject=proven.subject, name_id=dict(proven.name_id) or None)
        .returning(SamlLogin.request_id)
    )
    return done.scalar_one_or_none() is not None


async def take(session: AsyncSession, session_id: str) -> tuple[SamlLogin, SamlConfig] | None:
    """The proven login of this secret, which is used up by that."""
    taken = await session.scalar(
        update(SamlLogin)
        .where(
            SamlLogin.session_hash == hash_of(session_id),
            SamlLogin.proven_at.is_not(None),
            SamlLogin.used_at.is_(None),
            SamlLogin.expires_at > func.now(),
        )
        .values(used_at=func.now())
        .returning(SamlLogin.request_id)
    )
    if taken is None:
        return None
    found = await session.execute(
        select(SamlLogin, SamlConfig)
        .join(SamlConfig, SamlConfig.uuid == SamlLogin.config_uuid)
        .where(SamlLogin.request_id == taken)
    )
    login, config = found.one()
    return login, config


async def belongs_to(
    session: AsyncSession, login: SamlLogin, auth_id: str, lifetime_s: int
) -> None:
    """Keep a login that was used for as long as the provider may end it."""
    await session.execute(
        update(SamlLogin)
        .where(SamlLogin.request_id == login.request_id)
        .values(auth_id=auth_id, expires_at=func.now() + timedelta(seconds=lifetime_s))
    )


async def of_holder(session: AsyncSession, auth_id: str) -> list[tuple[SamlLogin, SamlConfig]]:
    """The logins that somebody's tokens came by, the newest first."""
    found = await session.execute(
        select(SamlLogin, SamlConfig)
        .join(SamlConfig, SamlConfig.uuid == SamlLogin.config_uuid)
        .where(
            SamlLogin.auth_id == auth_id,
            SamlLogin.logout_id.is_(None),
            SamlLogin.expires_at > func.now(),
        )
        .order_by(SamlLogin.used_at.desc())
        .limit(100)
    )
    return [(login, config) for login, config in found]


async def end_tokens(session: AsyncSession, auth_id: str) -> list[bytes]:
    """Delete what a holder got by SAML: refresh tokens, and tokens, whose hashes are told."""
    await session.execute(
        delete(RefreshToken)
        .where(RefreshToken.auth_id == auth_id, RefreshToken.backend == BACKEND)
        .execution_options(synchronize_session=False)
    )
    gone = await session.scalars(
        delete(Token)
        .where(Token.auth_id == auth_id, is_of_backend(Token.login_key.expression, BACKEND))
        .returning(Token.token_hash)
        .execution_options(synchronize_session=False)
    )
    return list(gone)


async def forget_old(session: AsyncSession) -> None:
    """Delete logins that are over."""
    await session.execute(delete(SamlLogin).where(SamlLogin.expires_at < func.now()))
