"""What happens to calls, from what happens to channels: AMI events in, changes out, no I/O.

Theory of operation. The machine holds every channel. Integrators see some of them (never Local
channels) as calls, and each visible difference is one ``Change`` carrying the whole Call and the
next ``seq`` of that call. Events that change nothing visible give nothing. A call is announced at
``Newchannel`` when its endpoint is known to the configuration; else at the channel's next event
that is not ``VarSet``, since ``set_var = XIVO_USERUUID=…`` only follows ``Newchannel``.

Rules: reference/calls.md 4.1 and 6.1, reference/events.md 6. Event fields: Asterisk's
"AMI Events" documentation, the same in 16 and 22.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from ovix_asterisk.channel_variables import (
    BASE_EXTENSION,
    ENTRY_EXTENSION,
    ON_HOLD,
    USER_UUID,
)

from .changes import Change, ChannelEvent, Kind
from .channels import SIP_CALL_ID, UP, Channel, Party, call_of, endpoint_of, real_extension
from .missed import abandoned_call, missed_call, user_uuid_of
from .registry import Registry

CHANNEL_EVENTS = (
    "Newchannel",
    "Newstate",
    "NewCallerid",
    "NewConnectedLine",
    "Rename",
    "BridgeEnter",
    "BridgeLeave",
    "Hold",
    "Unhold",
    "Hangup",
)
"""Events that carry one channel's snapshot and are read for it."""

OTHER_EVENTS = ("DialBegin", "DialEnd", "BridgeDestroy")

VARIABLES = (USER_UUID, BASE_EXTENSION, ENTRY_EXTENSION, ON_HOLD)
"""Variables whose ``VarSet`` is read."""

SETTLE = timedelta(milliseconds=100)
"""How long a channel of an unknown endpoint may wait for its user before it is announced."""

NOBODY = Party(external=True)

ANSWERED_ELSEWHERE = 26
"""Q.850 cause of a phone that stops ringing because another one was lifted."""


class Calls:
    """Every channel of one Asterisk."""

    def __init__(self, channels: Iterable[Channel] = ()) -> None:
        self._channels = Registry(channels)
        self._shown: dict[str, dict[str, Any]] = {}
        self._pending: set[str] = set()
        self._expected: dict[str, str] = {}
        self._changes: list[Change] = []
        self._dirty: set[str] = set()
        for channel in self._channels:
            self._shown[channel.call_id] = self._call(channel)

    # What the shell asks

    def apply(
        self, event: ChannelEvent, at: datetime, parties: Mapping[str, Party]
    ) -> tuple[Change, ...]:
        """Take one AMI event; ``parties`` knows the endpoints of the channels it may create."""
        match event.name:
            case "UserEvent":
                self._user_event(event)
            case "BridgeDestroy":
                for channel in self._channels.bridge(event.text("BridgeUniqueid")):
                    self._move(channel, None)
            case "DialBegin" | "DialEnd":
                self._dial(event, at)
            case _ if event.name in CHANNEL_EVENTS:
                self._channel_event(event, at, parties)
            case "VarSet":
                self._variable_set(event)
            case "Contact":
                self._contact(event)
        return self._take_changes()

    def expect(self, call_id: str, extension: str) -> None:
        """A click-to-call is about to ring under this id, to reach this extension."""
        self._expected[call_id] = extension

    def forget(self, call_id: str) -> None:
        """The expected call did not come about."""
        self._expected.pop(call_id, None)

    def resync(
        self, snapshot: Iterable[ChannelEvent], at: datetime, parties: Mapping[str, Party]
    ) -> tuple[Change, ...]:
        """Take all channels Asterisk has (its answer to ``Status``): tell what was missed."""
        entries = {entry.text("Uniqueid"): entry for entry in snapshot}
        for held in self._channels:
            if held.call_id not in entries:
                self._end(held, at, reason_code=0)
        for call_id, entry in entries.items():
            known = self._channels.get(call_id)
            if known is None:
                seconds = entry.text("Seconds")
                age = timedelta(seconds=int(seconds) if seconds.isdigit() else 0)
                known = self._create(entry, at - age, parties)
                known.is_caller = known.is_caller or call_id == known.linkedid
            else:
                self._read(known, entry, at)
            self._channels.move(known, entry.text("BridgeID") or None)
        for call_id in entries:
            channel = self._channels.get(call_id)
            if channel is not None:
                self._announce(channel)
                self._publish_difference(channel)
        return self._take_changes()

    def settle(self, at: datetime) -> tuple[Change, ...]:
        """Announce the channels that waited long enough for a user."""
        for call_id in list(self._pending):
            channel = self._channels.get(call_id)
            if channel is not None and at - channel.created_at >= SETTLE:
                self._announce(channel)
        return self._take_changes()

    @property
    def is_settled(self) -> bool:
        """No channel waits for ``settle``."""
        return not self._pending

    def channel(self, call_id: str) -> Channel | None:
        return self._channels.get(call_id)

    def call(self, call_id: str) -> dict[str, Any] | None:
        """The Call as it was last told."""
        return self._shown.get(call_id)

    def __len__(self) -> int:
        return len(self._shown)

    def take_dirty(self) -> tuple[list[Channel], list[str]]:
        """Channels to keep and ids to forget, of those that changed since this was last asked."""
        known = [self._channels.get(call_id) for call_id in self._dirty]
        gone = [call_id for call_id in self._dirty if call_id not in self._channels]
        self._dirty.clear()
        return [channel for channel in known if channel is not None and channel.announced], gone

    # What events do

    def _channel_event(
        self, event: ChannelEvent, at: datetime, parties: Mapping[str, Party]
    ) -> None:
        channel = self._channels.get(event.text("Uniqueid"))
        if channel is None:
            if event.name == "Newchannel" and event.text("Uniqueid"):
                channel = self._create(event, at, parties)
                if channel.user_uuid is not None or channel.endpoint in parties:
                    self._announce(channel)
            return
        self._announce(channel)
        self._read(channel, event, at)
        match event.name:
            case "BridgeEnter":
                self._move(channel, event.text("BridgeUniqueid"))
            case "BridgeLeave":
                self._move(channel, None)
            case "Hold" | "Unhold":
                self._hold(channel, on_hold=event.name == "Hold")
            case "Rename":
                self._channels.rename(channel, event.text("Newname") or channel.name)
                self._dirty.add(channel.call_id)
            case "Hangup":
                cause = event.text("Cause")
                self._end(channel, at, reason_code=int(cause) if cause.isdigit() else 0)
                return
        self._publish_difference(channel)

    def _variable_set(self, event: ChannelEvent) -> None:
        channel = self._channels.get(event.text("Uniqueid"))
        if channel is not None:
            self._variable(channel, event.text("Variable"), event.text("Value"))
            if channel.user_uuid is not None:
                self._announce(channel)
            self._publish_difference(channel)

    def _create(
        self, event: ChannelEvent, created_at: datetime, parties: Mapping[str, Party]
    ) -> Channel:
        name, call_id = event.text("Channel"), event.text("Uniqueid")
        party = parties.get(endpoint_of(name), NOBODY)
        channel = Channel(
            call_id=call_id,
            name=name,
            linkedid=event.text("Linkedid") or call_id,
            created_at=created_at,
            user_uuid=party.user_uuid,
            line_id=party.line_id,
            own_name=party.name,
            own_number=party.number,
            external=party.external,
            dialed_extension=self._expected.pop(call_id, ""),
        )
        self._channels.add(channel)
        self._pending.add(call_id)
        self._read(channel, event, created_at)
        channel.is_caller = channel.state == "Ring" or channel.is_click_to_call
        if not channel.dialed_extension and not channel.is_click_to_call:
            caller = self._channels.get(channel.linkedid)
            dialed = caller.dialed_extension if caller is not None and caller != channel else ""
            channel.dialed_extension = dialed or real_extension(channel.extension)
        self._share_direction(channel)
        return channel

    def _read(self, channel: Channel, event: ChannelEvent, at: datetime, prefix: str = "") -> None:
        """Take the snapshot of a channel that events carry (of two channels, in Dial events)."""
        headers = event.headers
        if f"{prefix}Linkedid" in headers:
            linkedid = event.text(f"{prefix}Linkedid") or channel.call_id
            self._channels.relink(channel, linkedid)
        if f"{prefix}ChannelStateDesc" in headers:
            channel.state = headers[f"{prefix}ChannelStateDesc"]
        if f"{prefix}CallerIDNum" in headers:
            channel.caller_number = event.text(f"{prefix}CallerIDNum")
            channel.caller_name = event.text(f"{prefix}CallerIDName")
        if f"{prefix}ConnectedLineNum" in headers:
            channel.connected_number = event.text(f"{prefix}ConnectedLineNum")
            channel.connected_name = event.text(f"{prefix}ConnectedLineName")
        if f"{prefix}Exten" in headers:
            channel.context = event.text(f"{prefix}Context")
            channel.extension = event.text(f"{prefix}Exten")
        if not prefix:
            for variable, value in event.variables.items():
                self._variable(channel, variable, value)
        if channel.state == UP and channel.answered_at is None:
            channel.answered_at = at
            if channel.announced:
                self._publish_difference(channel)
                self._publish(Kind.ANSWERED, channel)

    def _variable(self, channel: Channel, variable: str, value: str) -> None:
        if variable == USER_UUID:
            channel.user_uuid = user_uuid_of(value) or channel.user_uuid
        elif variable in (ENTRY_EXTENSION, BASE_EXTENSION):
            channel.dialed_extension = channel.dialed_extension or value
        elif variable == SIP_CALL_ID:
            channel.sip_call_id = value or channel.sip_call_id
        elif variable == ON_HOLD and not channel.announced:
            channel.on_hold = value == "1"

    def _dial(self, event: ChannelEvent, at: datetime) -> None:
        caller = self._channels.get(event.text("Uniqueid"))
        callee = self._channels.get(event.text("DestUniqueid"))
        if caller is None or callee is None:
            return
        self._read(caller, event, at)
        self._read(callee, event, at, prefix="Dest")
        if event.name == "DialBegin":
            if callee.call_id not in caller.dialing:
                caller.dialing.append(callee.call_id)
            callee.peer_id = caller.call_id
            if not callee.is_caller and caller.dialed_extension:
                callee.dialed_extension = caller.dialed_extension
        else:
            caller.dialing = [each for each in caller.dialing if each != callee.call_id]
            callee.dial_status = event.text("DialStatus")
            if callee.dial_status == "ANSWER":
                caller.peer_id = callee.call_id
        self._publish_difference(caller)
        self._publish_difference(callee)

    def _move(self, channel: Channel, bridge_id: str | None) -> None:
        before = self._channels.reached_from(channel)
        self._channels.move(channel, bridge_id)
        after = self._channels.reached_from(channel)
        self._share_direction(channel)
        for other in {each.call_id: each for each in (channel, *before, *after)}.values():
            self._publish_difference(other)

    def _hold(self, channel: Channel, *, on_hold: bool) -> None:
        if channel.on_hold != on_hold:
            channel.on_hold = on_hold
            self._publish(Kind.HELD if on_hold else Kind.RESUMED, channel)

    def _user_event(self, event: ChannelEvent) -> None:
        if event.text("UserEvent").lower() == Kind.MISSED:
            data = missed_call(event, self._channels.get(event.text("Uniqueid")))
            if data["user_uuid"] is not None:
                call_id = event.text("Uniqueid") or data["conversation_id"]
                self._changes.append(Change(Kind.MISSED, call_id, data["user_uuid"], data))

    def _contact(self, event: ChannelEvent) -> None:
        """The directories were asked; meanwhile somebody else may be at the other end."""
        channel = self._channels.get(event.text("Uniqueid"))
        if channel is not None and channel.connected_number == event.text("Number"):
            channel.contact = {
                "display": event.text("Display"),
                "source": event.text("Source"),
                "source_entry_id": event.text("EntryId") or None,
                "url": event.text("Url") or None,
                "fields": dict(event.variables),
            }
            self._publish_difference(channel)

    # What integrators see

    def _announce(self, channel: Channel) -> None:
        self._pending.discard(channel.call_id)
        if channel.announced or channel.is_hidden:
            return
        channel.announced = True
        self._publish(Kind.CREATED, channel)
        if channel.answered_at is not None:
            self._publish(Kind.ANSWERED, channel)

    def _end(self, channel: Channel, at: datetime, *, reason_code: int) -> None:
        call = self._call(channel, hangup_time=at)
        reached = self._channels.reached_from(channel)
        self._channels.remove(channel)
        self._pending.discard(channel.call_id)
        self._shown.pop(channel.call_id, None)
        if channel.announced:
            self._dirty.add(channel.call_id)
            call |= {"seq": channel.seq + 1, "reason_code": reason_code}
            self._changes.append(Change(Kind.ENDED, channel.call_id, channel.user_uuid, call))
            if reason_code != ANSWERED_ELSEWHERE and self._was_abandoned(channel):
                missed = abandoned_call(call)
                self._changes.append(
                    Change(Kind.MISSED, channel.call_id, channel.user_uuid, missed)
                )
        for other in (*reached, *self._channels.conversation(channel.linkedid)):
            if other.peer_id == channel.call_id:
                other.peer_id = None
            if channel.call_id in other.dialing:
                other.dialing.remove(channel.call_id)
            self._publish_difference(other)

    def _was_abandoned(self, channel: Channel) -> bool:
        """The caller gave up while it rang, and no other phone of the same user rings on.

        The dialplan tells the other missed calls; here it is gone with its caller.
        """
        return (
            channel.dial_status == "CANCEL"
            and channel.answered_at is None
            and channel.user_uuid is not None
            and not any(
                leg.user_uuid == channel.user_uuid and not leg.is_caller
                for leg in self._channels.conversation(channel.linkedid)
            )
        )

    def _publish_difference(self, channel: Channel) -> None:
        if not channel.announced or channel.call_id not in self._channels:
            return
        if self._shown.get(channel.call_id) != self._call(channel):
            self._publish(Kind.UPDATED, channel)

    def _publish(self, kind: Kind, channel: Channel) -> None:
        if not channel.announced:
            return
        channel.seq += 1
        call = self._shown[channel.call_id] = self._call(channel)
        self._dirty.add(channel.call_id)
        data = {**call, "seq": channel.seq}
        self._changes.append(Change(kind, channel.call_id, channel.user_uuid, data))

    def _call(self, channel: Channel, hangup_time: datetime | None = None) -> dict[str, Any]:
        talking_to = {
            other.call_id: other.user_uuid for other in self._channels.reached_from(channel)
        }
        peer = self._channels.far_end(channel)
        if talking_to:
            alone = len(talking_to) == 1
            channel.peer_user_uuid = next(iter(talking_to.values())) if alone else None
        elif peer is not None:
            channel.peer_user_uuid = peer.user_uuid
        return call_of(channel, talking_to=talking_to, hangup_time=hangup_time)

    def _share_direction(self, channel: Channel) -> None:
        """A conversation with a trunk leg is inbound or outbound for every leg of it."""
        legs = [leg for leg in self._channels.conversation(channel.linkedid) if not leg.is_hidden]
        seen = {leg.direction for leg in legs} - {"internal"}
        seen |= {"inbound" if leg.is_caller else "outbound" for leg in legs if leg.external}
        direction = "internal" if not seen else seen.pop() if len(seen) == 1 else "unknown"
        for leg in legs:
            if leg.direction != direction:
                leg.direction = direction
                self._publish_difference(leg)

    def _take_changes(self) -> tuple[Change, ...]:
        changes, self._changes = tuple(self._changes), []
        return changes
