"""cas: telephony users that a CAS server vouches for (CAS Protocol 3.0, 2.5).

Its ticket comes as ``ticket``, with the ``service`` that it was given for: by XUC's
``/auth/cas``, or in the body of ``POST /token``.
"""

import asyncio
import re
import time
from urllib.parse import urlencode

import httpx
import structlog
from ovix_schema import User
from ovix_web import Sessions, authorities
from sqlalchemy import func

from .. import holders
from ..holders import Holder
from ..identity_provider import is_protected
from ..safe_xml import BadXml, parsed, text_of
from ..xuc_settings import XucSettings
from . import LoginRequest, NotConfigured, Refused, Surroundings

log = structlog.get_logger(__name__)

ANSWER_MAX_BYTES = 64 * 1024
AWAY_FOR_S = 2.0
"""After a failure the server is left alone for so long."""
NAME_MAX = 254
_CAS = "{http://www.yale.edu/tp/cas}"
_TICKET = re.compile(r"[A-Za-z0-9._-]{1,512}")


class _ServerFailed(Exception):
    """Away, or out of order."""


class Cas:
    """Asks the server whom a ticket was given to."""

    def __init__(self, sessions: Sessions, settings: XucSettings) -> None:
        """ValueError when a setting is missing or can't be."""
        if settings.cas_url is None:
            raise NotConfigured("OVIX_AUTH_CAS_URL")
        if not is_protected(settings.cas_url):
            raise ValueError("OVIX_AUTH_CAS_URL must begin with https://")
        if not settings.cas_services:
            # Whoever has a ticket for any other service could log in with that here.
            raise ValueError("set OVIX_AUTH_CAS_SERVICES")
        self._sessions = sessions
        self._settings = settings
        self._url = f"{settings.cas_url.rstrip('/')}/serviceValidate"
        self._http = httpx.AsyncClient(
            timeout=settings.cas_timeout_s,
            verify=authorities.trusted(settings.cas_ca_file or True),
            limits=httpx.Limits(max_connections=20, max_keepalive_connections=0),
        )
        self._away_until = float("-inf")

    async def verify(self, login: str, password: str, request: LoginRequest) -> Holder:
        """The telephony user; login and password are not looked at."""
        ticket, service = request.extras.get("ticket"), request.extras.get("service")
        if not isinstance(ticket, str) or not isinstance(service, str) or not ticket:
            raise Refused("no_credentials", is_guess=False)
        if not self._is_ours(service):
            raise Refused("wrong_service", is_guess=False)
        if not _TICKET.fullmatch(ticket):
            raise Refused("not_proven")
        name = await self._proven_name(ticket, service)
        column = {"username": User.username, "email": User.email}[self._settings.cas_user_field]
        async with self._sessions() as session:
            holder = await holders.user_where(
                session, func.lower(column) == name.lower(), by_password=False
            )
        if holder is None:
            raise Refused("no_such_user", is_guess=False)
        return holder

    def _is_ours(self, service: str) -> bool:
        return (
            len(service) <= 2048
            and service.isascii()
            and any(
                service == each or (each.endswith("/") and service.startswith(each))
                for each in self._settings.cas_services
            )
        )

    async def _proven_name(self, ticket: str, service: str) -> str:
        if time.monotonic() < self._away_until:
            raise Refused("provider_away", is_guess=False)
        try:
            async with asyncio.timeout(self._settings.cas_timeout_s):
                return _name_in(await self._answer(ticket, service))
        except (_ServerFailed, TimeoutError) as error:
            self._away_until = time.monotonic() + AWAY_FOR_S
            cause = str(error) or f"silent for {self._settings.cas_timeout_s:g} s"
            log.error("cas_failed", url=self._url, cause=cause)
            raise Refused("provider_away", is_guess=False) from error

    async def _answer(self, ticket: str, service: str) -> bytes:
        """What the server says, bounded; redirects are not followed."""
        query = urlencode({"service": service, "ticket": ticket})
        try:
            async with self._http.stream("GET", f"{self._url}?{query}") as answer:
                content = bytearray()
                async for part in answer.aiter_bytes():
                    content += part
                    if len(content) > ANSWER_MAX_BYTES:
                        raise _ServerFailed(f"it answers more than {ANSWER_MAX_BYTES} bytes")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise _ServerFailed(str(error) or type(error).__name__) from error
        if answer.status_code != 200:
            raise _ServerFailed(f"it answers {answer.status_code}")
        return bytes(content)


def _name_in(content: bytes) -> str:
    """The user of a success (CAS Protocol, appendix A); `Refused` for a failure."""
    try:
        root = parsed(content)
        if root.tag != f"{_CAS}serviceResponse":
            raise _ServerFailed("it answers something else than a serviceResponse")
        success, failure = (
            root.findall(f"{_CAS}authentication{end}") for end in ("Success", "Failure")
        )
        users = success[0].findall(f"{_CAS}user") if len(success) == 1 and not failure else []
        name = text_of(users[0]) if len(users) == 1 else ""
    except BadXml as error:
        raise _ServerFailed(str(error)) from error
    if not name or len(name) > NAME_MAX or "\x00" in name:
        code = failure[0].get("code", "") if failure else ""
        log.warning("cas_ticket_refused", code=code[:80])
        raise Refused("not_proven")
    return name


def cas(surroundings: Surroundings) -> Cas:
    """The back end that the settings describe."""
    return Cas(surroundings.sessions, surroundings.settings)
