"""Access tokens that are fresh: renewed when they are over, by one at a time."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from ovix_schema import ExternalAccount
from ovix_web import Sessions
from ovix_web.work import Work
from sqlalchemy import func, or_, update

from ..errors import ExternalProviderFailed, UnknownConfig, UnknownExternalAuth
from ..everybody import user_in_path
from .accounts import stored
from .configs import config_for, type_in_path
from .consents import expiry
from .providers import ConsentGone, ProviderFailed, Providers

log = structlog.get_logger(__name__)

EARLY = timedelta(seconds=60)
"""How long before its end a token is given away no more: whoever gets it wants to use it."""
LOOK_AGAIN_S = 0.1


class Renewal:
    """Works in transactions of its own: none is open while a provider is asked.

    Who renews says so in the row, for as long as the provider may take; the others, of whichever
    replica, look again until it is done.
    """

    def __init__(self, sessions: Sessions, providers: Providers, timeout_s: float) -> None:
        self._sessions, self._providers = sessions, providers
        self._lease = timedelta(seconds=timeout_s + 2)
        self._patience_s = timeout_s + 4

    async def access_token(self, work: Work) -> dict[str, Any]:
        """What reaches the account of whom the path names."""
        service = type_in_path(work)
        deadline = time.monotonic() + self._patience_s
        while True:
            async with self._sessions() as session:
                own = Work(work.request, session, work.identity, work.base_url, work.entity_id)
                somebody = await user_in_path(own)
                account = await stored(session, somebody, service)
                entity_id = somebody.row.entity_id
            if account is None:
                raise UnknownExternalAuth(type=service)
            if account.expires_at is None or account.expires_at - EARLY > datetime.now(UTC):
                return _shown(account.data["access_token"], account.scope, account.expires_at)
            if account.data.get("refresh_token") is None:
                raise UnknownExternalAuth(type=service)
            if await self._claimed(account):
                return await self._renewed(account, service, entity_id)
            if time.monotonic() > deadline:
                raise ExternalProviderFailed(type=service)
            await asyncio.sleep(LOOK_AGAIN_S)

    async def _claimed(self, account: ExternalAccount) -> bool:
        """Whether the account is ours to renew, as it was read."""
        async with self._sessions.begin() as session:
            claimed = await session.execute(
                update(ExternalAccount)
                .where(
                    ExternalAccount.uuid == account.uuid,
                    ExternalAccount.expires_at == account.expires_at,
                    or_(
                        ExternalAccount.renewing_until.is_(None),
                        ExternalAccount.renewing_until < func.now(),
                    ),
                )
                .values(renewing_until=func.now() + self._lease)
                .returning(ExternalAccount.uuid)
                .execution_options(synchronize_session=False)
            )
            return claimed.scalar_one_or_none() is not None

    async def _renewed(
        self, account: ExternalAccount, service: str, entity_id: int | None
    ) -> dict[str, Any]:
        """What the provider gives, which is kept; however short its life is, it is given away."""
        known = account.data["refresh_token"]
        try:
            async with self._sessions() as session:
                config = await config_for(session, service, entity_id)
            granted = await self._providers.refreshed(service, config, known)
        except ConsentGone as error:
            # Withdrawn there: there is nothing to renew until the user consents again.
            log.info("external_consent_gone", type=service, account=str(account.uuid))
            await self._keep(account.uuid, known, data={**account.data, "refresh_token": None})
            raise UnknownExternalAuth(type=service) from error
        except (ProviderFailed, UnknownConfig) as error:
            log.warning("external_provider_failed", type=service, cause=str(error))
            await self._keep(account.uuid, known)
            raise ExternalProviderFailed(type=service) from error
        refresh_token = granted.refresh_token or known
        data = {"access_token": granted.access_token, "refresh_token": refresh_token}
        ends = expiry(granted)
        await self._keep(account.uuid, known, data=data, expires_at=ends)
        return _shown(granted.access_token, account.scope, ends)

    async def _keep(self, uuid: UUID, refresh_token: str, **values: Any) -> None:
        """End the renewal; a consent that was given anew meanwhile is left as it is."""
        async with self._sessions.begin() as session:
            await session.execute(
                update(ExternalAccount)
                .where(
                    ExternalAccount.uuid == uuid,
                    ExternalAccount.data["refresh_token"].astext == refresh_token,
                )
                .values(renewing_until=None, **values)
                .execution_options(synchronize_session=False)
            )


def _shown(access_token: str, scope: list[str], ends: datetime | None) -> dict[str, Any]:
    return {
        "access_token": access_token,
        "scope": scope,
        "token_expiration": None if ends is None else int(ends.timestamp()),
    }
