"""Against guessing: failures counted per account and per address, each followed by longer waits."""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_network
from typing import Any

from ovix_schema import KnownLogin, LoginFailure
from ovix_web.addresses import parsed
from sqlalchemy import ColumnElement, and_, delete, exists, extract, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from .settings import AuthSettings

_LONGEST_LOGIN_IN_KEY = 300
_ADDRESS_MAX = 45

# While failures are free, blocked_until is the time of the last one. The exponent is bounded so
# that the power can't overflow; waits go 1, 2, 4 … seconds.
_COUNT_FAILURE = text(
    """
    INSERT INTO login_failures AS known (key, backend, login, address, failures, blocked_until)
    VALUES (CAST(:key AS varchar), CAST(:backend AS varchar), CAST(:login AS varchar),
            CAST(:address AS varchar), 1, now())
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
    RETURNING failures, ceil(extract(epoch FROM blocked_until - now()))::int AS wait_s
    """
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A login on its way: which account, from where."""

    backend: str
    login: str
    address: str
    tenant: str = ""
    """By which the login named its tenant: the same login is somebody else in another one."""

    @property
    def account_key(self) -> str:
        """The same for every spelling of the login, whether it exists or not.

        Without a login the address stands for it, or strangers would share one count.
        """
        login = self.login.lower()[:_LONGEST_LOGIN_IN_KEY] or f"@{self.address}"
        tenant = f"/{sha256(self.tenant.lower().encode()).hexdigest()[:16]}" if self.tenant else ""
        return f"account:{self.backend}{tenant}:{login}"

    @property
    def address_key(self) -> str:
        """An IPv6 client owns a whole /64, so that is what counts."""
        return f"address:{self.network}"

    @property
    def network(self) -> str:
        """The address, or its /64."""
        address = parsed(self.address)
        if isinstance(address, IPv6Address):
            return str(ip_network(f"{address}/64", strict=False))
        return str(address or self.address)


def is_of_backend(account_key: ColumnElement[Any], backend: str) -> ColumnElement[bool]:
    """Whether a stored `Attempt.account_key` is of this back end, with a tenant or without."""
    starts = (f"account:{backend}{end}" for end in ":/")
    return or_(*(account_key.startswith(each, autoescape=True) for each in starts))


@dataclass(frozen=True, slots=True)
class Block:
    """A wait that a failure has just begun."""

    of: str
    """``account`` or ``address``."""
    failures: int
    wait_s: int


class Throttle:
    """Keeps the counters in PostgreSQL, so that they hold for every replica and over restarts."""

    def __init__(self, settings: AuthSettings) -> None:
        self._settings = settings

    async def wait_s(self, session: AsyncSession, attempt: Attempt) -> int:
        """Seconds this login must wait; 0 when it may go on.

        A block of the account does not hold where the account has logged in lately: strangers'
        guesses must not keep its owner out.
        """
        is_known_here = exists().where(
            KnownLogin.login_key == attempt.account_key,
            KnownLogin.address == attempt.address[:_ADDRESS_MAX],
            KnownLogin.seen_at > func.now() - timedelta(days=self._settings.address_known_days),
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

    async def failed(self, session: AsyncSession, attempt: Attempt) -> list[Block]:
        """Count a failure of both; past the free ones each doubles the wait, up to its bound."""
        settings = self._settings
        account = {"key": attempt.account_key, "backend": attempt.backend, "login": attempt.login}
        address = {"key": attempt.address_key, "address": attempt.network}
        blocks = []
        for of, who, free, longest_s in (
            ("account", account, settings.account_failures_free, settings.account_block_max_s),
            ("address", address, settings.address_failures_free, settings.address_block_max_s),
        ):
            counted = await session.execute(
                _COUNT_FAILURE,
                {
                    "backend": None,
                    "login": None,
                    "address": None,
                    **who,
                    "free": free,
                    "longest_s": longest_s,
                    "forgotten_after_s": settings.failures_forgotten_after_s,
                },
            )
            row = counted.one()
            if row.wait_s > 0:
                blocks.append(Block(of, row.failures, row.wait_s))
        return blocks

    async def succeeded(self, session: AsyncSession, attempt: Attempt) -> None:
        """Forget the account's failures, and know the address for its owner's from now on.

        The address keeps its own failures, which only time forgets.
        """
        forgotten = (
            delete(LoginFailure).where(LoginFailure.key == attempt.account_key).cte("forgotten")
        )
        await session.execute(
            insert(KnownLogin)
            .values(login_key=attempt.account_key, address=attempt.address[:_ADDRESS_MAX])
            .on_conflict_do_update(
                index_elements=["login_key", "address"], set_={"seen_at": func.now()}
            )
            .add_cte(forgotten)
        )
