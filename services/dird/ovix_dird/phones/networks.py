"""Which addresses may use the phones' directory: phones have no token (reference/phoned.md, A2)."""

import asyncio
import time
from ipaddress import ip_network

import structlog
from ovix_schema import AccessFeature
from ovix_web import ApiError, Sessions
from ovix_web.addresses import is_in, parsed
from ovix_web.settings import Network
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

log = structlog.get_logger(__name__)

REMEMBERED_S = 2.0
"""How long what the database told is believed: a change holds after that, without a restart."""
READ_WITHIN_S = 1.0
"""How long a phone waits for that; then what was told before holds."""
TOLD_AGAIN_AFTER_S = 60.0
"""How long the log is silent about an address that was refused."""
MOST_TOLD = 1000

_STORED = (
    select(AccessFeature.host)
    .where(AccessFeature.feature == "phonebook", AccessFeature.enabled)
    .order_by(AccessFeature.id)
)


class AuthorizedNetworks:
    """Loopback, the networks of the settings, and those that confd's ``/access_features`` keep."""

    def __init__(self, given: tuple[Network, ...], sessions: Sessions) -> None:
        self._given = given
        self._sessions = sessions
        self._stored: tuple[Network, ...] = ()
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()
        self._told: dict[str, float] = {}

    async def admit(self, client: str) -> bool:
        """Whether a client at this address may ask. Who may not is told to the log."""
        address = parsed(client)
        if address is not None and address.is_loopback:
            return True
        # Those of the settings need no database.
        if is_in(address, self._given) or is_in(address, await self._of_database()):
            return True
        self._tell(client)
        return False

    async def in_force(self) -> list[str]:
        """All of them but loopback, as they are written."""
        stored = await self._of_database()
        return [str(each) for each in dict.fromkeys((*self._given, *stored))]

    async def _of_database(self) -> tuple[Network, ...]:
        async with self._reading:
            if time.monotonic() - self._read_at >= REMEMBERED_S:
                try:
                    async with asyncio.timeout(READ_WITHIN_S), self._sessions() as session:
                        hosts = (await session.scalars(_STORED)).all()
                    self._stored = tuple(filter(None, map(_network, hosts)))
                except (SQLAlchemyError, ApiError, OSError, TimeoutError) as error:
                    # Phones that were let in stay in: what they ask for may need no database.
                    log.warning("phone_networks_unread", cause=str(error))
                self._read_at = time.monotonic()
        return self._stored

    def _tell(self, client: str) -> None:
        now = time.monotonic()
        if now - self._told.get(client, float("-inf")) < TOLD_AGAIN_AFTER_S:
            return
        if len(self._told) >= MOST_TOLD:
            self._told.clear()
        self._told[client] = now
        log.warning(
            "phone_refused",
            address=client,
            hint="add its network by POST confd /1.1/access_features, or OVIX_DIRD_PHONES_NETWORKS",
        )


def _network(host: str) -> Network | None:
    try:
        return ip_network(host, strict=False)
    except ValueError:
        log.warning("phone_network_ignored", host=host)
        return None
