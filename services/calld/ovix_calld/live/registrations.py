"""Which devices are registered: asked of Asterisk, and noted now and then for whoever clears up."""

import asyncio
import re

import structlog
from ovix_asterisk.ami_client import AmiClient, AmiDisconnected, AmiRefused, AmiTimeout
from ovix_web import Sessions
from sqlalchemy import text

from .follower import DATABASE_AWAY

log = structlog.get_logger(__name__)

_AOR = re.compile(r"(.+?)[;@]@")
# The browser of a unique account has a name of its own (ovix_telephony.line_devices).
_NOTE = text(
    """
    INSERT INTO line_registrations (line_id, seen_at)
    SELECT lines.id, now() FROM lines
    JOIN endpoints_sip AS sip ON sip.id = lines.endpoint_sip_id
    WHERE sip.username = ANY(:devices)
        OR sip.native_options ->> 'webrtc' = 'ua' AND sip.username || '_w' = ANY(:devices)
    ORDER BY lines.id
    ON CONFLICT (line_id) DO UPDATE SET seen_at = excluded.seen_at
    """
)


async def registered_devices(ami: AmiClient) -> set[str]:
    """Names of the devices that can be reached, as far as Asterisk knows.

    Raises `AmiDisconnected` and `AmiTimeout`.
    """
    try:
        contacts = await ami.members("PJSIPShowContacts")
    except AmiRefused:  # there is none at all
        return set()
    return {
        found[1]
        for contact in contacts
        if (found := _AOR.match(contact.get("ObjectName")))
        and contact.get("Status") != "Unreachable"
    }


async def note(sessions: Sessions, devices: set[str]) -> None:
    """The lines of these devices are registered now."""
    if devices:
        async with sessions.begin() as session:
            await session.execute(_NOTE, {"devices": sorted(devices)})


async def keep_noting(ami: AmiClient, sessions: Sessions, every_s: float) -> None:
    """Note it every so often, until cancelled; what can't be asked or stored is left out.

    Not by events: a phone that registers once and stays would look as if it were gone.
    """
    while True:
        await asyncio.sleep(every_s)
        try:
            await note(sessions, await registered_devices(ami))
        except (AmiDisconnected, AmiTimeout, *DATABASE_AWAY) as error:
            log.warning("registrations_not_noted", reason=str(error))
