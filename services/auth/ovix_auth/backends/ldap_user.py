"""ldap_user: telephony users whose passwords a directory keeps (reference/auth.md, A4)."""

import asyncio
import time

import structlog
from ovix_schema import User
from ovix_web import Sessions
from sansldap import FilterEquality, LDAPFilter
from sqlalchemy import ColumnElement, func

from .. import holders
from ..holders import Holder
from ..ldap import Conversation, Entry, LdapFailed, LdapRefused, Server, escaped
from ..ldap_settings import LdapSettings
from . import LoginRequest, NotConfigured, Refused, Surroundings

log = structlog.get_logger(__name__)

AWAY_FOR_S = 2.0
"""After a failure the directory is left alone for so long: logins that queue must not each wait."""
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
            settings.ldap_uri, starttls=settings.ldap_starttls, ca_file=settings.ldap_ca_file
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
                Conversation.with_server(self._server) as conversation,
            ):
                entry = await self._proven_entry(conversation, login, password)
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

    async def _proven_entry(self, conversation: Conversation, login: str, password: str) -> Entry:
        found = await self._found(conversation, login) if self._searches else None
        # An unknown login is bound too, as nobody, so that it takes as long as a wrong password.
        by_rule = f"{self._login_attribute}={escaped(login)},{self._base}"
        proven = await conversation.bind(found.dn if found else by_rule, password)
        if self._searches and found is None:
            raise Refused("unknown_login")
        if not proven:
            raise Refused("wrong_password")
        if found is not None and self._email_attribute.lower() in found.attributes:
            return found
        # Whoever searched did not see the address, or nobody searched: the user may see his own.
        own = await conversation.read(found.dn if found else by_rule, self._email_attribute)
        return own or Entry(by_rule, {})

    def condition(self, login: str) -> LDAPFilter:
        """What the login's entry must be like."""
        return FilterEquality(self._login_attribute, login.encode(errors="replace"))

    async def _found(self, conversation: Conversation, login: str) -> Entry | None:
        if not await conversation.bind(self._bind_dn, self._bind_password):
            raise LdapRefused(f"does not take the bind of {self._bind_dn or 'nobody'!r}")
        found = await conversation.search(
            self._base, self.condition(login), self._email_attribute, limit=1
        )
        if len(found) > 1:
            log.warning("login_ambiguous", login=login[:80], base=self._base)
            return None
        return found[0] if found else None


def ldap_user(surroundings: Surroundings) -> LdapUser:
    """The back end that the settings describe."""
    return LdapUser(surroundings.sessions, surroundings.settings)
