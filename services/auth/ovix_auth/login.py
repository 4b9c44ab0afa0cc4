"""A login from its credentials to a token: throttle, proof, host, issue."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from typing import Any

import structlog
from ovix_bus import emit
from ovix_bus.catalogue import auth as events
from ovix_schema import RefreshToken, Token
from ovix_web import Sessions, hash_of
from ovix_web.database_errors import Repeat
from sqlalchemy.ext.asyncio import AsyncSession

from . import audit, holders, idp, refresh_tokens, tokens
from .access_lists import PASSWORD_EXPIRED, access_list
from .acl_templates import TooManyEntries
from .audit import Action
from .backends import Backend, LoginRequest, Refused
from .bodies import LDAP_USER, TokenRequest
from .credentials import Credentials
from .errors import AuthenticationFailed, InvalidExpiration, TooManyFailures, TooManySessions
from .holders import Holder
from .hosts import HostRestriction
from .refresh_tokens import OfferOutdated
from .settings import TEN_YEARS_S, AuthSettings
from .tally import Refusal, Tally
from .tenant_ldap import TenantDirectories
from .throttle import Attempt, Throttle
from .tokens import IssuedToken

log = structlog.get_logger(__name__)

OFFERS_MAX = 5
"""How often a refresh token is offered while other logins of the same client come first."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What a login gave."""

    token: IssuedToken
    refresh_token: str | None = None
    sessions_revoked: int = 0


class Login:
    """Refusals look alike whatever their cause, which only the log tells."""

    def __init__(
        self, sessions: Sessions, settings: AuthSettings, backends: Mapping[str, Backend]
    ) -> None:
        self.backends = backends
        self._sessions = sessions
        self._settings = settings
        self._default_policies = dict(
            each.split("=", 1) for each in settings.default_policies if "=" in each
        )
        self._directories = TenantDirectories(sessions, settings)
        self.throttle = Throttle(settings)
        self.tally = Tally()
        self._hosts = HostRestriction()
        self._turns: dict[str, tuple[asyncio.Lock, int]] = {}

    async def token(
        self, credentials: Credentials, wanted: TokenRequest, request: LoginRequest
    ) -> Granted:
        """A new token, or the error to answer with."""
        if wanted.refresh_token is not None:
            return await self._refreshed(wanted, request)
        backend = wanted.backend or ""
        # Without a login (an identity provider's token) failures are those of the address alone.
        attempt = Attempt(
            *(backend, credentials.login or request.address, request.address),
            tenant="".join(wanted.tenant_named.values()),
        )
        if backend not in self.backends:
            await self._refuse(Refused("unknown_backend", is_guess=False), attempt, request)
            raise AuthenticationFailed
        if not credentials.possible:
            await self._refuse(Refused("impossible_login", is_guess=False), attempt, request)
            raise AuthenticationFailed
        async with self._turn(attempt.account_key) if credentials.login else nullcontext():
            try:
                holder = await self._proven_holder(attempt, credentials, request)
            except Refused as refusal:
                await self._refuse(refusal, attempt, request)
                raise AuthenticationFailed from refusal
            # Only now: a stranger must not learn by the order of errors (reference/auth.md, A2).
            lifetime_s = self._lifetime_s(wanted.expiration)
            try:
                return await self._granted(
                    holder, credentials.password, lifetime_s, attempt, wanted, request
                )
            except Refused as refusal:
                await self._refuse(refusal, attempt, request)
                raise AuthenticationFailed from refusal

    async def _granted(
        self,
        holder: Holder,
        password: str,
        lifetime_s: int,
        attempt: Attempt,
        wanted: TokenRequest,
        request: LoginRequest,
    ) -> Granted:
        """The token of a proven login, with the refresh token that an offline one asks for."""
        for _ in range(OFFERS_MAX):
            offer = None
            if wanted.access_type == "offline":
                offer = await self._offered(holder, password, wanted, request)
            try:
                async with self._sessions.begin() as session:
                    granted = await self._issued(
                        session, holder, lifetime_s, attempt, wanted, request, offer
                    )
                    await self.throttle.succeeded(session, attempt)
                    return granted
            except OfferOutdated:
                continue
        raise Repeat

    async def _refreshed(self, wanted: TokenRequest, request: LoginRequest) -> Granted:
        """A new token for a refresh token; guesses count against the address."""
        token = (wanted.refresh_token or "").lower()
        attempt = Attempt("refresh_token", hash_of(token).hex()[:16], request.address)
        await self._must_not_wait(attempt)
        try:
            known, holder = await self._known_refresh_token(token, wanted, request)
        except Refused as refusal:
            await self._refuse(refusal, attempt, request)
            raise AuthenticationFailed from refusal
        lifetime_s = self._lifetime_s(wanted.expiration)
        request = replace(request, mobile=known.mobile)
        try:
            async with self._sessions.begin() as session:
                await tokens.take_turn(session, holder, alone=False)
                # The row is held: a revocation either comes first or ends this token too.
                if (
                    await session.get(RefreshToken, known.id, with_for_update={"read": True})
                    is None
                ):
                    raise Refused("changed_meanwhile", is_guess=False)
                return await self._issued(
                    session, holder, lifetime_s, attempt, wanted, request, None, known.id
                )
        except Refused as refusal:
            await self._refuse(refusal, attempt, request)
            raise AuthenticationFailed from refusal

    async def renewed(self, token: str, lifetime_s: int, request: LoginRequest) -> Granted:
        """A new token for one that lives; that one lives on until its own end."""
        async with self._sessions() as session:
            old = await session.get(Token, hash_of(token))
            holder = old and await holders.again(
                session, account_id=old.account_id, user_uuid=old.user_uuid
            )
        if not old or not holder or not await self._hosts.admits(holder.host, request.address):
            raise AuthenticationFailed
        backend, _, name = (old.login_key or "").removeprefix("account:").partition(":")
        # A login that named a tenant is kept apart as "<back end>/<tenant>" by its key alone.
        holder = self._with_policy(holder, backend.partition("/")[0])
        attempt = Attempt(backend, name, request.address)
        try:
            async with self._sessions.begin() as session:
                await tokens.take_turn(session, holder, alone=False)
                # It may have been revoked while the host was looked up; now its row is held.
                held = await session.get(Token, old.token_hash, with_for_update={"read": True})
                if held is None:
                    raise Refused("changed_meanwhile", is_guess=False)
                return await self._issued(
                    session,
                    holder,
                    lifetime_s,
                    attempt,
                    TokenRequest(backend=backend),
                    request,
                    None,
                )
        except Refused as refusal:
            await self._refuse(refusal, attempt, request)
            raise AuthenticationFailed from refusal

    async def _known_refresh_token(
        self, token: str, wanted: TokenRequest, request: LoginRequest
    ) -> tuple[RefreshToken, Holder]:
        async with self._sessions() as session:
            known = await refresh_tokens.find(session, token, wanted.client_id or "")
            if known is None:
                raise Refused("unknown_refresh_token")
            holder = await holders.again(
                session, account_id=known.account_id, user_uuid=known.user_uuid
            )
        if holder is None:
            raise Refused("holder_disabled", is_guess=False)
        if not await self._hosts.admits(holder.host, request.address):
            raise Refused("wrong_host")
        return known, self._with_policy(holder, known.backend)

    def _with_policy(self, holder: Holder, backend: str) -> Holder:
        return replace(holder, policy=self._default_policies.get(backend, holder.policy))

    async def _offered(
        self, holder: Holder, password: str, wanted: TokenRequest, request: LoginRequest
    ) -> refresh_tokens.Offered:
        async with self._sessions() as session:
            known = await refresh_tokens.known_to_client(session, holder, wanted.client_id or "")
        return await refresh_tokens.offered(known, password, mobile=request.mobile)

    async def _issued(
        self,
        session: AsyncSession,
        holder: Holder,
        lifetime_s: int,
        attempt: Attempt,
        wanted: TokenRequest,
        request: LoginRequest,
        offer: refresh_tokens.Offered | None,
        refresh_token_id: int | None = None,
    ) -> Granted:
        """The token and the event that tells of it; `Refused` when the holder changed meanwhile."""
        revoked = 0
        if offer is not None:
            kept = await refresh_tokens.keep(
                session,
                holder,
                offer,
                client_id=wanted.client_id or "",
                backend=attempt.backend,
                request=request,
            )
            refresh_token_id, revoked = kept.id, kept.sessions_revoked
        most = self._settings.max_sessions
        if most and await tokens.living_sessions(session, holder.auth_id) >= most:
            self.tally.add(_tallied(Action.LOGIN_REFUSED, "too_many_sessions", attempt))
            raise TooManySessions(auth_id=holder.auth_id)
        try:
            acl = (
                PASSWORD_EXPIRED if holder.password_expired else await access_list(session, holder)
            )
        except TooManyEntries:
            raise Refused("too_many_accesses", is_guess=False) from None
        token = await tokens.issue(
            session,
            replace(holder, acl=acl),
            lifetime_s,
            login_key=attempt.account_key,
            request=request,
            refresh_token_id=refresh_token_id,
        )
        if token is None:
            raise Refused("changed_meanwhile", is_guess=False)
        await emit(
            session,
            events.auth_session_created(
                uuid=token.session_uuid,
                user_uuid=token.auth_id,
                tenant_uuid=token.tenant_uuid,
                mobile=token.mobile,
            ),
        )
        await audit.record(
            session,
            Action.GRANTED,
            **_described(attempt, request),
            auth_id=holder.auth_id,
            entity_id=holder.entity_id,
            details={
                "session_uuid": str(token.session_uuid),
                "expires_at": token.expires_at.isoformat(),
            },
        )
        return Granted(token, offer.token if offer else None, revoked)

    async def must_hold_key(self, is_right: bool, request: LoginRequest) -> None:
        """Raise unless the key of the first start is right; guesses count against the address."""
        attempt = Attempt("init", "", request.address)
        async with self._turn(attempt.account_key):
            await self._must_not_wait(attempt)
            if not is_right:
                await self._refuse(Refused("wrong_init_key"), attempt, request)
                raise AuthenticationFailed

    async def _must_not_wait(self, attempt: Attempt) -> None:
        async with self._sessions() as session:
            wait_s = await self.throttle.wait_s(session, attempt)
        if wait_s:
            # Not logged one by one: `login_blocked` was, when the wait began.
            self.tally.add(_tallied(Action.LOGIN_HELD_BACK, "blocked", attempt))
            raise TooManyFailures(seconds=wait_s)

    async def _proven_holder(
        self, attempt: Attempt, credentials: Credentials, request: LoginRequest
    ) -> Holder:
        """The holder, or `Refused`."""
        await self._must_not_wait(attempt)
        backend = self.backends[attempt.backend]
        if attempt.backend == LDAP_USER and self._directories.named_by(request):
            backend = self._directories
        holder = await backend.verify(*credentials, request)
        if not idp.proves(attempt.backend, holder.authentication_method):
            raise Refused("other_authentication_method")
        if not await self._hosts.admits(holder.host, attempt.address):
            raise Refused("wrong_host")
        return self._with_policy(holder, attempt.backend)

    async def _refuse(self, refusal: Refused, attempt: Attempt, request: LoginRequest) -> None:
        """One line per failed login, with the address for tools like fail2ban."""
        told = {**_described(attempt, request), "login": (_login_of(attempt) or "")[:80]}
        log.warning("login_failed", cause=refusal.cause, **_for_the_log(told))
        if not refusal.is_guess:
            self.tally.add(_tallied(Action.LOGIN_REFUSED, refusal.cause, attempt))
            return
        async with self._sessions.begin() as session:
            blocks = await self.throttle.failed(session, attempt)
            await audit.record(
                session,
                Action.LOGIN_REFUSED,
                cause=refusal.cause,
                **_described(attempt, request),
            )
            for block in blocks:
                await audit.record(
                    session,
                    Action.LOGIN_BLOCKED,
                    cause=f"{block.of}_failures",
                    **_described(attempt, request),
                    details={"failures": block.failures, "wait_s": block.wait_s},
                )
        for block in blocks:
            log.warning("login_blocked", **asdict(block), **_for_the_log(told))

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


def _described(attempt: Attempt, request: LoginRequest) -> dict[str, Any]:
    return {
        "backend": attempt.backend,
        "login": _login_of(attempt),
        "address": attempt.address,
        "user_agent": request.user_agent,
    }


def _login_of(attempt: Attempt) -> str | None:
    """None where an attempt has something else in its place, which tells its guesses apart."""
    replaced = attempt.backend == "refresh_token" or attempt.login == attempt.address
    return None if replaced else attempt.login


def _for_the_log(told: Mapping[str, Any]) -> dict[str, Any]:
    return {("client" if name == "address" else name): value for name, value in told.items()}


def _tallied(action: Action, cause: str, attempt: Attempt) -> Refusal:
    login = (_login_of(attempt) or "")[:254]
    return Refusal(action, cause, attempt.backend[:64], login, attempt.address)
