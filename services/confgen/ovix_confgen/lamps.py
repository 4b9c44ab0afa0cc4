"""Keeps the lamps of keys that switch something true, whoever switched it (docs/decisions/0053).

The state of such a key is a device state that Asterisk keeps in its own database. Events say whose
may have changed; after each (re)connection, and when the keys themselves have changed, all that
Asterisk remembers is compared with what ought to be.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from typing import Protocol
from uuid import UUID

import structlog
from ovix_asterisk.ami import AmiError, Message
from ovix_asterisk.ami_client import AmiRefused
from ovix_bus import Message as BusMessage
from ovix_bus import topic_matches
from ovix_telephony.forwards import Programmed
from ovix_telephony.func_key_lamps import (
    DARK,
    LIT,
    Switches,
    filter_lamp,
    shows_a_switch,
    state_of,
)
from ovix_telephony.func_key_values import FORWARD_CODES, is_watchable, value_of
from ovix_telephony.func_keys import InvalidFunctionKey
from ovix_web import ApiError
from sqlalchemy import RowMapping, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ovix_confgen.figures import Figures
from ovix_confgen.source import FEATURES, ROWS_AT_ONCE, WATCHED

log = structlog.stdlib.get_logger(__name__)

RETRY_S = 0.5
FAMILY = "CustomDevstate"
"""Of Asterisk's database, where func_devstate keeps the states of ``Custom:`` devices."""

EVENTS = (
    "config.user.edited",
    "config.users.*.services.#",
    "config.users.*.forwards.#",
    "config.users.*.voicemails.#",
)
"""Routing keys of what a user may have switched; they name him."""
FILTER_EVENTS = ("config.callfilters.surrogates.updated",)
"""A secretary was switched; it names her membership."""

SERVICES = {
    "enablednd": "u.dnd_enabled",
    "incallfilter": "u.incallfilter_enabled",
    "enablevm": "u.voicemail_enabled",
    "callrecord": """u.call_record_outgoing_external_enabled
        AND u.call_record_outgoing_internal_enabled AND u.call_record_incoming_external_enabled
        AND u.call_record_incoming_internal_enabled""",
}
_SWITCHES = ", ".join(
    [f"{condition} AS {service}" for service, condition in SERVICES.items()]
    + [f"u.{forward}_enabled, u.{forward}_destination" for forward in FORWARD_CODES]
)
SWITCHES = f"""{WATCHED}
SELECT w.user_id, w.destination, {_SWITCHES}
FROM watched w JOIN users u ON u.id = w.user_id
WHERE w.destination ->> 'type' IN ('service', 'forward')
"""  # noqa: S608 - no value of a caller is in it
OF_USERS = f"{SWITCHES} AND w.user_uuid = ANY(:users)"
_SWITCHES_ON = [*SERVICES.values(), *(f"u.{forward}_enabled" for forward in FORWARD_CODES)]
OF_USERS_WITH_ONE_ON = f"{SWITCHES} AND ({' OR '.join(f'({each})' for each in _SWITCHES_ON)})"
"""Few have: the lamps of all others are dark."""
MEMBERS = "SELECT id, active FROM call_filter_members WHERE id = ANY(:members)"
ACTIVE_MEMBERS = "SELECT id, active FROM call_filter_members WHERE active"
"""The lamp of a membership is the same for boss and secretary, whoever has a key that shows it."""


class Manager(Protocol):
    """What is needed of the AMI client."""

    @property
    def connected(self) -> bool:
        """Whether actions can be sent."""

    async def send(self, action: str, **headers: str) -> Message:
        """Do an action."""

    async def members(self, action: str, **headers: str) -> list[Message]:
        """Do an action that answers with a list."""


class Lamps:
    """One task sets them, one user or all at a time."""

    def __init__(self, engine: AsyncEngine, figures: Figures) -> None:
        self._engine = engine
        self._figures = figures
        self._everything = False
        self._users: set[UUID] = set()
        self._members: set[int] = set()
        self._asked = asyncio.Event()

    async def on_event(self, message: BusMessage) -> None:
        """A user may have switched something. At once: a start of ours compares everything."""
        if topic_matches(FILTER_EVENTS, message.routing_key):
            self._members.add(int(message.data["member_id"]))
            self._asked.set()
        if topic_matches(EVENTS, message.routing_key):
            given = message.data.get("user_uuid") or message.data.get("uuid")
            try:
                self._users.add(UUID(str(given)))
            except ValueError:
                self._everything = True
            self._asked.set()

    def ask_for_all(self) -> None:
        """Have all lamps compared soon."""
        self._everything = True
        self._asked.set()

    async def run(self, ami: Manager) -> None:
        """Set what is asked for while Asterisk is there, until cancelled."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            if not ami.connected:
                continue  # everything is compared once it is back
            everything, self._everything = self._everything, False
            users, self._users = self._users, set()
            members, self._members = self._members, set()
            try:
                if everything:
                    await self._compare_all(ami)
                else:
                    await self._show(ami, await self._of(users, members))
            except (SQLAlchemyError, ApiError, OSError, AmiError) as error:
                log.warning("lamps_wait", reason=str(error))
                self._everything |= everything
                self._users |= users
                self._members |= members
                await asyncio.sleep(RETRY_S)
                self._asked.set()

    async def _of(self, users: Collection[UUID], members: Collection[int]) -> dict[str, str]:
        """The states of all lamps of these users, and of these secretaries of filters."""
        found: dict[str, str] = {}
        async with self._engine.connect() as connection:
            codes = await _codes(connection)
            if users:
                states = _states(connection, codes, OF_USERS, {"users": list(users)})
                found = {device: state async for device, state in states}
            if members:
                values: dict[str, object] = {"members": list(members)}
                found |= await _states_of_filters(connection, codes, MEMBERS, values)
        return found

    async def _compare_all(self, ami: Manager) -> None:
        shown = await _remembered(ami)
        async with self._engine.connect() as connection:
            codes = await _codes(connection)
            statement = SWITCHES if shown is None else OF_USERS_WITH_ONE_ON
            wrong = {
                device: state
                async for device, state in _states(connection, codes, statement, {})
                if shown is None or shown.pop(device, DARK) != state
            }
            switched = await _states_of_filters(connection, codes, ACTIVE_MEMBERS, {})
            wrong |= {
                device: state
                for device, state in switched.items()
                if shown is None or shown.pop(device, DARK) != state
            }
        # Those of keys that are gone too: whoever gets such a key later must find its lamp dark.
        wrong |= {
            device: DARK
            for device, state in (shown or {}).items()
            if state != DARK and shows_a_switch(device, codes)
        }
        await self._show(ami, wrong)
        log.info("lamps_compared", corrected=len(wrong))

    async def _show(self, ami: Manager, states: Mapping[str, str]) -> None:
        for device, state in states.items():
            try:
                await ami.send("Setvar", Variable=f"DEVICE_STATE(Custom:{device})", Value=state)
            except AmiRefused as error:
                log.warning("lamp_refused", device=device, reason=str(error))
            else:
                self._figures.lamps.inc()


async def _codes(connection: AsyncConnection) -> dict[str, str]:
    rows = await connection.execute(text(FEATURES))
    return {row.feature: row.exten for row in rows}


async def _states(
    connection: AsyncConnection, codes: Mapping[str, str], statement: str, values: dict[str, object]
) -> AsyncIterator[tuple[str, str]]:
    """The name and state of each lamp."""
    result = await connection.stream(
        text(statement), values, execution_options={"yield_per": ROWS_AT_ONCE}
    )
    async for row in result.mappings():
        try:
            device = value_of(row["destination"], user_id=row["user_id"], codes=codes)
        except InvalidFunctionKey:
            continue  # it has no hint either, and is listed for that
        state = state_of(row["destination"], _switches(row))
        if device is not None and state is not None and is_watchable(device):
            yield device, state


async def _states_of_filters(
    connection: AsyncConnection, codes: Mapping[str, str], statement: str, values: dict[str, object]
) -> dict[str, str]:
    """The name and state of the lamp of each secretary."""
    rows = await connection.execute(text(statement), values)
    states = ((filter_lamp(row.id, codes), LIT if row.active else DARK) for row in rows)
    return {device: state for device, state in states if device is not None}


def _switches(row: RowMapping) -> Switches:
    return Switches(
        services=frozenset(service for service in SERVICES if row[service]),
        forwards={
            forward: Programmed(row[f"{forward}_enabled"], row[f"{forward}_destination"])
            for forward in FORWARD_CODES
        },
    )


async def _remembered(ami: Manager) -> dict[str, str] | None:
    """The states that Asterisk keeps; None where it can't be asked for them."""
    try:
        entries = await ami.members("DBGetTree", Family=FAMILY)
    except AmiRefused:
        return None
    return {entry.get("Key").removeprefix(f"/{FAMILY}/"): entry.get("Val") for entry in entries}
