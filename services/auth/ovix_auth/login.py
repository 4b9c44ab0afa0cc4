"""A login from its credentials to a token: throttle, password, host, issue."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from ovix_web import Sessions
from ovix_web.passwords import verify_password

from .credentials import Credentials
from .errors import AuthenticationFailed, InvalidExpiration, TooManyFailures
from .holders import BACKENDS, Holder
from .hosts import HostRestriction
from .settings import TEN_YEARS_S, AuthSettings
from .throttle import Attempt, Throttle
from .tokens import IssuedToken, issue

log = structlog.get_logger(__name__)


class Login:
    """Refusals look alike whatever their cause, which only the log tells."""

    def __init__(self, sessions: Sessions, settings: AuthSettings) -> None:
        self._sessions = sessions
        self._settings = settings
        self._throttle = Throttle(settings)
        self._hosts = HostRestriction()
        self._turns: dict[str, tuple[asyncio.Lock, int]] = {}

    async def token(
        self,
        credentials: Credentials,
        backend: str,
        expiration: object,
        *,
        address: str,
        user_agent: str | None,
    ) -> IssuedToken:
        """A new token, or the error to answer with."""
        attempt = Attempt(backend, credentials.login, address)
        if backend not in BACKENDS:
            self._log_refusal("unknown_backend", attempt, user_agent)
            raise AuthenticationFailed
        if not credentials.possible:
            self._log_refusal("no_credentials", attempt, user_agent)
            raise AuthenticationFailed
        async with self._turn(attempt.account_key):
            holder, cause = await self._proven_holder(attempt, credentials.password)
            if holder is None:
                await self._count_failure(attempt, cause, user_agent)
                raise AuthenticationFailed
            # Only now: a stranger must not learn by the order of errors (reference/auth.md, A2).
            lifetime_s = self._lifetime_s(expiration)
            async with self._sessions.begin() as session:
                token = await issue(
                    session, holder, lifetime_s, address=address, user_agent=user_agent
                )
                if token is not None:
                    await self._throttle.succeeded(session, attempt)
        if token is None:
            self._log_refusal("changed_meanwhile", attempt, user_agent)
            raise AuthenticationFailed
        return token

    async def _proven_holder(self, attempt: Attempt, password: str) -> tuple[Holder | None, str]:
        """The holder, or None with the cause. No connection is held while a hash is computed."""
        async with self._sessions.begin() as session:
            holder = await BACKENDS[attempt.backend](session, attempt.login)
            auth_id = holder.auth_id if holder else None
            wait_s = await self._throttle.wait_s(session, attempt, auth_id)
        if wait_s:
            log.warning("login_throttled", **_described(attempt), wait_s=wait_s)
            raise TooManyFailures(seconds=wait_s)
        if not await verify_password(holder.password_hash if holder else None, password):
            return None, "wrong_password" if holder else "unknown_login"
        assert holder is not None, "no password is right for nobody"
        if not await self._hosts.admits(holder.host, attempt.address):
            return None, "wrong_host"
        return holder, ""

    async def _count_failure(self, attempt: Attempt, cause: str, user_agent: str | None) -> None:
        self._log_refusal(cause, attempt, user_agent)
        async with self._sessions.begin() as session:
            await self._throttle.failed(session, attempt)

    @asynccontextmanager
    async def _turn(self, key: str) -> AsyncIterator[None]:
        """One login per account at a time: guesses sent together must not all see a clean count."""
        lock, waiting = self._turns.get(key, (asyncio.Lock(), 0))
        self._turns[key] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._turns[key]
            if waiting == 1:
                del self._turns[key]
            else:
                self._turns[key] = (lock, waiting - 1)

    def _lifetime_s(self, expiration: object) -> int:
        """XiVO takes a positive whole number; the bound of ten years is wazo's."""
        if expiration is None:
            return self._settings.default_token_lifetime
        if type(expiration) is not int or not 1 <= expiration <= TEN_YEARS_S:
            raise InvalidExpiration
        return expiration

    def _log_refusal(self, cause: str, attempt: Attempt, user_agent: str | None) -> None:
        """One line per failed login, with the address for tools like fail2ban."""
        log.warning("login_failed", cause=cause, **_described(attempt), user_agent=user_agent)


def _described(attempt: Attempt) -> dict[str, str]:
    return {"backend": attempt.backend, "login": attempt.login[:80], "client": attempt.address}
