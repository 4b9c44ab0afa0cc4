"""Against guessing: failures counted per account and per address, each followed by longer waits."""

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_network

from ovix_schema import LoginFailure, Token
from ovix_web.addresses import parsed
from sqlalchemy import and_, delete, exists, extract, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from .settings import AuthSettings

_LONGEST_LOGIN_IN_KEY = 300

# While failures are free, blocked_until is the time of the last one. The exponent is bounded so
# that the power can't overflow; waits go 1, 2, 4 … seconds.
_COUNT_FAILURE = text(
    """
    INSERT INTO login_failures AS known (key, failures, blocked_until)
    VALUES (CAST(:key AS varchar), 1, now())
    ON CONFLICT (key) DO UPDATE SET (failures, blocked_until) = (
        SELECT counted.failures,
               now() + make_interval(secs =>
                   CASE WHEN counted.failures > CAST(:free AS int)
                        THEN least(CAST(:longest_s AS int),
                                   2 ^ least(counted.failures - CAST(:free AS int) - 1, 20))
                        ELSE 0 END)
        FROM (SELECT CASE WHEN known.blocked_until
                               < now() - make_interval(secs => CAST(:forgotten_after_s AS int))
                          THEN 1 ELSE known.failures + 1 END AS failures) AS counted
    )
    """
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A login on its way: which account, from where."""

    backend: str
    login: str
    address: str

    @property
    def account_key(self) -> str:
        """The same for every spelling of the login, whether it exists or not."""
        return f"account:{self.backend}:{self.login.lower()[:_LONGEST_LOGIN_IN_KEY]}"

    @property
    def address_key(self) -> str:
        """An IPv6 client owns a whole /64, so that is what counts."""
        address = parsed(self.address)
        if isinstance(address, IPv6Address):
            return f"address:{ip_network(f'{address}/64', strict=False)}"
        return f"address:{address or self.address}"


class Throttle:
    """Keeps the counters in PostgreSQL, so that they hold for every replica and over restarts."""

    def __init__(self, settings: AuthSettings) -> None:
        self._settings = settings

    async def wait_s(self, session: AsyncSession, attempt: Attempt, auth_id: str | None) -> int:
        """Seconds this login must wait; 0 when it may go on.

        A block of the account does not hold where the account has a living token from the same
        address: a stranger's guesses must not keep a running program out.
        """
        is_known_here = exists().where(
            Token.auth_id == auth_id,
            Token.remote_addr == attempt.address,
            Token.expires_at > func.now(),
        )
        remaining = func.ceil(extract("epoch", LoginFailure.blocked_until - func.now()))
        longest = await session.scalar(
            select(func.max(remaining)).where(
                LoginFailure.blocked_until > func.now(),
                (LoginFailure.key == attempt.address_key)
                | and_(LoginFailure.key == attempt.account_key, ~is_known_here),
            )
        )
        return int(longest or 0)

    async def failed(self, session: AsyncSession, attempt: Attempt) -> None:
        """Count a failure of both; past the free ones each doubles the wait, up to its bound."""
        settings = self._settings
        for key, free, longest_s in (
            (attempt.account_key, settings.account_failures_free, settings.account_block_max_s),
            (attempt.address_key, settings.address_failures_free, settings.address_block_max_s),
        ):
            await session.execute(
                _COUNT_FAILURE,
                {
                    "key": key,
                    "free": free,
                    "longest_s": longest_s,
                    "forgotten_after_s": settings.failures_forgotten_after_s,
                },
            )

    async def succeeded(self, session: AsyncSession, attempt: Attempt) -> None:
        """Forget the account's failures; the address keeps its own, which only time forgets."""
        await session.execute(delete(LoginFailure).where(LoginFailure.key == attempt.account_key))
