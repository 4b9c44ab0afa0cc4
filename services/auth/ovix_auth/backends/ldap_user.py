"""ldap_user: telephony users whose passwords a directory keeps (reference/auth.md, A4)."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from ovix_ldap import (
    Connection,
    Entry,
    LdapFailed,
    LdapRefused,
    PasswordRefused,
    Server,
    dn_value,
)
from ovix_schema import User
from ovix_web import Sessions
from sansldap import FilterEquality, LDAPFilter
from sqlalchemy import ColumnElement, func

from .. import holders
from ..holders import Holder
from ..ldap_settings import LdapSettings
from . import LoginRequest, NotConfigured, Refused, Surroundings

log = structlog.get_logger(__name__)

AWAY_FOR_S = 2.0
"""After a failure the directory is left alone for so long: logins that queue must not each wait."""
ANSWER_MAX = 256 * 1024
"""Bytes that one request may bring: a login reads one entry with one attribute."""
AT_ONCE = 20
"""Connections to the directory at a time; more logins wait, within their own time-out."""


class LdapUser:
    """Finds the login's entry, binds as it, and takes the telephony user with the same e-mail."""

    users: tuple[ColumnElement[bool], ...] = ()
    """What the telephony user must be beside."""

    def __init__(self, sessions: Sessions, settings: LdapSettings) -> None:
        """ValueError when a setting is missing or can't be: the back end is then not loaded."""
        if settings.ldap_uri is None:
            raise NotConfigured("OVIX_AUTH_LDAP_URI")
        if not settings.ldap_user_base_dn or not settings.ldap_user_login_attribute:
            raise ValueError(
                "set OVIX_AUTH_LDAP_USER_BASE_DN and OVIX_AUTH_LDAP_USER_LOGIN_ATTRIBUTE"
            )
        self._sessions = sessions
        self._server = Server.at(
            settings.ldap_uri,
            starttls=settings.ldap_starttls,
            verify=settings.ldap_ca_file or True,
        )
        self._base = settings.ldap_user_base_dn
        self._login_attribute = settings.ldap_user_login_attribute
        self._email_attribute = settings.ldap_user_email_attribute
        self._searches = settings.ldap_bind_anonymous or settings.ldap_bind_dn is not None
        self._bind_dn = settings.ldap_bind_dn or ""
        password = settings.ldap_bind_password
        self._bind_password = password.get_secret_value() if password else ""
        self._timeout_s = settings.ldap_timeout_s
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._away_until = float("-inf")

    async def verify(self, login: str, password: str, request: LoginRequest) -> Holder:
        """The telephony user, once the directory took the password."""
        if not login or not password:
            raise Refused("no_credentials", is_guess=False)
        addresses = await self._proven_addresses(login, password)
        async with self._sessions() as session:
            holder = await holders.user_where(
                session, func.lower(User.email).in_(addresses), *self.users, by_password=False
            )
        if holder is None:
            raise Refused("no_user_of_that_email", is_guess=False)
        return holder

    async def _proven_addresses(self, login: str, password: str) -> list[str]:
        """The e-mail addresses of the entry, in lower case; `Refused` if nothing is proven."""
        if time.monotonic() < self._away_until:
            raise Refused("directory_away", is_guess=False)
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._turns,
                self._connected() as connection,
            ):
                entry = await self._proven_entry(connection, login, password)
        except LdapRefused as error:
            # What one login brings about must not keep the others out.
            log.error("directory_refused", cause=str(error))
            raise Refused("directory_refused", is_guess=False) from error
        except (LdapFailed, TimeoutError) as error:
            self._away_until = time.monotonic() + AWAY_FOR_S
            log.error("directory_failed", cause=str(error) or f"silent for {self._timeout_s:g} s")
            raise Refused("directory_away", is_guess=False) from error
        values = entry.attributes.get(self._email_attribute.lower(), ())
        return [value.decode("utf-8", "replace").strip().lower() for value in values]

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Connection]:
        connection = await Connection.open(
            self._server,
            connect_s=self._timeout_s,
            answer_s=self._timeout_s,
            answer_max=ANSWER_MAX,
        )
        try:
            yield connection
        finally:
            connection.end()

    async def _proven_entry(self, connection: Connection, login: str, password: str) -> Entry:
        found = await self._found(connection, login) if self._searches else None
        # An unknown login is bound too, as nobody, so that it takes as long as a wrong password.
        by_rule = f"{self._login_attribute}={dn_value(login)},{self._base}"
        try:
            await connection.bind(found.dn if found else by_rule, password)
            proven = True
        except PasswordRefused:
            proven = False
        if self._searches and found is None:
            raise Refused("unknown_login")
        if not proven:
            raise Refused("wrong_password")
        if found is not None and self._email_attribute.lower() in found.attributes:
            return found
        # Whoever searched did not see the address, or nobody searched: the user may see his own.
        own = await connection.read(found.dn if found else by_rule, [self._email_attribute])
        return own or Entry(by_rule, {}, {})

    def condition(self, login: str) -> LDAPFilter:
        """What the login's entry must be like."""
        return FilterEquality(self._login_attribute, login.encode(errors="replace"))

    async def _found(self, connection: Connection, login: str) -> Entry | None:
        try:
            await connection.bind(self._bind_dn, self._bind_password)
        except PasswordRefused as error:
            raise LdapRefused(f"does not take the bind of {self._bind_dn or 'nobody'!r}") from error
        condition = self.condition(login)
        # Two, to see that there is no second one.
        found = await connection.search(self._base, condition, [self._email_attribute], limit=2)
        if len(found.entries) > 1 or not found.complete:
            log.warning("login_ambiguous", login=login[:80], base=self._base)
            return None
        return found.entries[0] if found.entries else None


def ldap_user(surroundings: Surroundings) -> LdapUser:
    """The back end that the settings describe."""
    return LdapUser(surroundings.sessions, surroundings.settings)
