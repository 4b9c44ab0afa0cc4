"""Follows Asterisk: AMI events in batches, through the machine, into one transaction each.

What is true of Asterisk and not yet committed is never lost: while the database is away events
wait here; if we die meanwhile, the next start compares Asterisk's channels with ``live_calls`` and
tells the difference (a call that ended unseen has reason_code 0).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import structlog
from ovix_asterisk.ami import Message
from ovix_asterisk.ami_client import AmiClient, AmiRefused
from ovix_bus import Event
from ovix_bus.database import DATABASE_ERRORS
from ovix_web import Sessions, Unavailable
from ovix_web.database_errors import translated
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from .announcements import event_of
from .calls import VARIABLES, Calls
from .changes import Change, ChannelEvent, Kind, coalesced
from .channels import HIDDEN_TECHNOLOGIES, Channel, Party, endpoint_of
from .errands import Errands, Whose, nobody_knows
from .filters import event_filters
from .parties import find_parties
from .storage import load_channels, record
from .turn import Turn, TurnLost

log = structlog.get_logger(__name__)
T = TypeVar("T")

GATHERING_S = 0.02
"""How long an event may wait for those that follow it."""
LARGEST_BATCH = 2000
RETRY_S = 0.5
SETTLE_S = 0.1
FAILURES_KEPT = 1000
DATABASE_AWAY = (DBAPIError, PoolTimeout, Unavailable, *DATABASE_ERRORS)


@dataclass(frozen=True, slots=True)
class _Heard:
    """Something AMI said, and when it reached us: one event, or all channels of a resync."""

    at: datetime
    event: ChannelEvent | None = None
    snapshot: tuple[ChannelEvent, ...] | None = None


class OriginateFailed(Exception):
    """Asterisk could not make the channel."""


class Follower:
    """One Asterisk's calls, kept in step with it."""

    def __init__(
        self,
        sessions: Sessions,
        turn: Turn,
        account: Mapping[str, Any],
        *,
        on_batch: Callable[[int, int], None],
        whose: Whose = nobody_knows,
    ) -> None:
        self._sessions = sessions
        self._turn = turn
        self._on_batch = on_batch
        self._calls = Calls()
        self._heard: asyncio.Queue[_Heard] = asyncio.Queue()
        self._held_back: list[_Heard] | None = []
        self._created: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._failures: OrderedDict[str, str] = OrderedDict()
        self._failed: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self.ami = AmiClient(
            **account,
            on_event=self._on_event,
            on_connected=self._on_connected,
            on_disconnected=self._on_disconnected,
        )
        self._errands = Errands(self.ami, self._hear, whose)

    @property
    def in_step(self) -> bool:
        """Whether what we know of calls is what Asterisk has."""
        return self.ami.connected and self._held_back is None

    @property
    def live_calls(self) -> int:
        return len(self._calls)

    async def run(self) -> None:
        """Wait for our turn and follow, until cancelled."""
        try:
            while True:
                await self._turn.wait()
                with suppress(TurnLost):
                    await self._follow()
                log.warning("turn_lost")
        finally:
            await self._turn.give_up()

    async def _follow(self) -> None:
        self._heard = asyncio.Queue()
        self._calls = Calls(await self._when_database_is_there(self._load))
        async with self.ami:
            while True:
                await self._take(await self._next_batch())

    # Click-to-call

    async def created(
        self,
        call_id: str,
        extension: str,
        originate: Callable[[], Awaitable[Message]],
        wait_s: float,
    ) -> dict[str, Any] | None:
        """Originate, and give the call as soon as its ``call_created`` is committed.

        None after ``wait_s`` without a word; `OriginateFailed` when Asterisk could not make it.
        """
        created: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._created[call_id] = created
        self._calls.expect(call_id, extension)
        action_id = ""
        try:
            action_id = (await originate()).action_id
            if action_id in self._failures:
                raise OriginateFailed(self._failures[action_id])
            self._failed[action_id] = created
            async with asyncio.timeout(wait_s):
                return await created
        except TimeoutError:
            return None
        finally:
            del self._created[call_id]
            self._failed.pop(action_id, None)
            if self._calls.channel(call_id) is None:
                self._calls.forget(call_id)

    # What AMI says

    def _on_event(self, message: Message) -> None:
        if message.event == "OriginateResponse":
            self._on_originate_response(message)
            return
        self._hear(_channel_event(message))

    def _hear(self, event: ChannelEvent) -> None:
        heard = _Heard(datetime.now(UTC), event=event)
        if self._held_back is not None:
            self._held_back.append(heard)
        else:
            self._heard.put_nowait(heard)

    def _on_originate_response(self, message: Message) -> None:
        if message.get("Response") != "Failure":
            return
        reason = message.get("Reason")
        self._failures[message.action_id] = reason
        if len(self._failures) > FAILURES_KEPT:
            self._failures.popitem(last=False)
        waiting = self._failed.get(message.action_id)
        if waiting is not None and not waiting.done():
            waiting.set_exception(OriginateFailed(reason))

    async def _on_connected(self) -> None:
        """Ask for all channels; what happens meanwhile is applied on top of the answer."""
        try:
            version = (await self.ami.send("CoreSettings")).get("AsteriskVersion")
            for headers in event_filters(version):
                await self.ami.send("Filter", Operation="Add", **headers)
        except AmiRefused as error:  # the account lacks write=system: everything is heard
            log.warning("ami_filter_refused", reason=str(error))
        channels = await self.ami.members("Status", Variables=",".join(VARIABLES))
        snapshot = tuple(
            _channel_event(channel, "Variable") for channel in channels if channel.get("Uniqueid")
        )
        self._heard.put_nowait(_Heard(datetime.now(UTC), snapshot=snapshot))
        held_back, self._held_back = self._held_back, None
        for heard in held_back or ():
            self._heard.put_nowait(heard)
        log.info("calls_resynced", channels=len(snapshot))

    async def _on_disconnected(self) -> None:
        self._held_back = []

    # Batches

    async def _next_batch(self) -> list[_Heard]:
        """All that is waiting, at least one; empty when a channel must be announced now."""
        try:
            async with asyncio.timeout(None if self._calls.is_settled else SETTLE_S):
                batch = [await self._heard.get()]
        except TimeoutError:
            return []
        # Asterisk tells of a call in many small events, just while agid and Asterisk are busy with
        # the same call: what follows shortly is one transaction with the first.
        await asyncio.sleep(GATHERING_S)
        while len(batch) < LARGEST_BATCH and not self._heard.empty():
            batch.append(self._heard.get_nowait())
        return batch

    async def _take(self, batch: Sequence[_Heard]) -> None:
        interfaces = _interfaces(batch)
        parties: dict[str, Party] = {}
        if interfaces:

            async def find() -> dict[str, Party]:
                async with self._sessions.begin() as session:
                    return await find_parties(session, interfaces)

            parties = await self._when_database_is_there(find)
        changes: list[Change] = []
        for heard in batch:
            if heard.snapshot is not None:
                changes += self._calls.resync(heard.snapshot, heard.at, parties)
            if heard.event is not None:
                changes += self._calls.apply(heard.event, heard.at, parties)
        changes += self._calls.settle(datetime.now(UTC))
        kept, gone = self._calls.take_dirty()
        told = coalesced(changes)
        events = [event_of(change) for change in told]
        if events or kept or gone:
            await self._commit(
                [(channel, self._calls.call(channel.call_id) or {}) for channel in kept],
                gone,
                events,
            )
        self._on_batch(len(batch), len(events))
        self._wake(told)

    async def _commit(
        self,
        kept: Sequence[tuple[Channel, dict[str, Any]]],
        gone: Sequence[str],
        events: Sequence[Event],
    ) -> None:
        async def write() -> None:
            await self._turn.confirm()
            async with self._sessions.begin() as session:
                await record(session, kept, gone, events)

        await self._when_database_is_there(write)

    def _wake(self, changes: Sequence[Change]) -> None:
        for change in changes:
            waiting = self._created.get(change.call_id)
            if waiting is not None and change.kind is Kind.CREATED and not waiting.done():
                waiting.set_result(dict(change.data))
            channel = self._calls.channel(change.call_id)
            if channel is not None:
                self._errands.run_for(change, channel)

    async def _load(self) -> list[Channel]:
        async with self._sessions.begin() as session:
            return await load_channels(session)

    async def _when_database_is_there(self, work: Callable[[], Awaitable[T]]) -> T:
        """Repeat one whole transaction until the database takes it."""
        while True:
            try:
                return await work()
            except DATABASE_AWAY as error:
                if not _is_outage(error):
                    raise
                log.warning("database_away", waiting=self._heard.qsize(), cause=str(error))
                await asyncio.sleep(RETRY_S)


def _is_outage(error: Exception) -> bool:
    """Whether repeating may help: a lost connection or server, not a refused statement."""
    return not isinstance(error, DBAPIError) or isinstance(translated(error, {}), Unavailable)


def _channel_event(message: Message, variables: str = "ChanVariable") -> ChannelEvent:
    return ChannelEvent(message.event, dict(message.fields), message.variables(variables))


def _interfaces(batch: Sequence[_Heard]) -> list[str]:
    """Endpoints of the channels that the batch may create."""
    names: set[str] = set()
    for heard in batch:
        if heard.event is not None and heard.event.name == "Newchannel":
            names.add(endpoint_of(heard.event.text("Channel")))
        for entry in heard.snapshot or ():
            names.add(endpoint_of(entry.text("Channel")))
    return [name for name in names if name.partition("/")[0] not in HIDDEN_TECHNOLOGIES]
