"""From the CEL of one conversation to one row of the call log; a pure function.

Rules: reference/calls.md 8.2 and 8.6, reference/asterisk.md 7 (16.16, with the improvements named
there): the first bridge entry and the last exit count; the callee is the channel that entered the
bridge, not merely the first that rang; a click-to-call has the number it asked for, never a name;
Local channels are nobody.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from ovix_calld.live.channels import HIDDEN_TECHNOLOGIES, endpoint_of

FORWARDED_FROM = re.compile(r"NUM:\s*([^,]*)")


@dataclass(frozen=True, slots=True)
class CelRow:
    """The columns of ``cel`` that a call log is made from."""

    id: int
    eventtype: str
    eventtime: datetime
    cid_name: str
    cid_num: str
    exten: str
    context: str
    channame: str
    appname: str
    uniqueid: str
    linkedid: str
    userfield: str
    extra: str | None

    @property
    def is_hidden(self) -> bool:
        return self.channame.partition("/")[0] in HIDDEN_TECHNOLOGIES

    @property
    def details(self) -> Mapping[str, object]:
        """``extra`` as an object; older Asterisks write plain text for user events."""
        try:
            value = json.loads(self.extra or "{}")
        except ValueError:
            return {"extra": self.extra}
        return value if isinstance(value, dict) else {"extra": value}


@dataclass(frozen=True, slots=True)
class Conversation:
    """A call log as the events tell it; users are found from the line identities."""

    conversation_id: str
    date: datetime
    date_answer: datetime | None
    date_end: datetime
    source_name: str
    source_exten: str
    source_endpoint: str
    requested_exten: str
    requested_context: str
    destination_name: str
    destination_exten: str
    destination_endpoint: str | None
    direction: str
    user_field: str
    reached_voicemail: bool

    @property
    def answered(self) -> bool:
        return self.date_answer is not None

    @property
    def duration_s(self) -> float | None:
        if self.date_answer is None:
            return None
        return max(0.0, (self.date_end - self.date_answer).total_seconds())


@dataclass(slots=True)
class _Caller:
    """What the caller's own events say."""

    date: datetime
    name: str
    number: str
    requested: str
    context: str
    first_bridge: datetime | None = None
    last_exit: datetime | None = None
    ended: datetime | None = None
    user_field: str = ""
    outbound: bool = False
    inbound: bool = False
    forwarded_at: datetime | None = None
    voicemail: bool = False


def interpret(rows: Sequence[CelRow]) -> Conversation | None:
    """The conversation, or None when nobody called (no start, or a caller without identity)."""
    ordered = sorted(rows, key=attrgetter("eventtime", "id"))
    starts = [row for row in ordered if row.eventtype == "CHAN_START"]
    visible = [row for row in starts if not row.is_hidden]
    if not starts:
        return None
    first = (visible or starts)[0]
    own = [row for row in ordered if row.uniqueid == first.uniqueid]
    caller = _follow_caller(first, own)
    if not caller.name and not caller.number:
        return None
    legs = [start for start in visible if start.uniqueid != first.uniqueid]
    callee = _callee(legs, ordered, caller)
    end = caller.last_exit if caller.first_bridge is not None else None
    forwarded_to = (
        callee.cid_num
        if callee is not None
        and caller.forwarded_at is not None
        and callee.eventtime >= caller.forwarded_at
        else ""
    )
    return Conversation(
        conversation_id=first.linkedid if visible else starts[0].linkedid,
        date=caller.date,
        date_answer=caller.first_bridge,
        date_end=end or caller.ended or ordered[-1].eventtime,
        source_name=caller.name,
        source_exten=caller.number,
        source_endpoint=endpoint_of(first.channame),
        requested_exten=caller.requested,
        requested_context=caller.context,
        destination_name="" if callee is None or caller.outbound else callee.cid_name,
        destination_exten=forwarded_to or caller.requested,
        destination_endpoint=None if callee is None else endpoint_of(callee.channame),
        direction="inbound" if caller.inbound else "outbound" if caller.outbound else "internal",
        user_field=caller.user_field,
        reached_voicemail=caller.voicemail,
    )


def _follow_caller(start: CelRow, own: Sequence[CelRow]) -> _Caller:
    caller = _Caller(
        date=start.eventtime,
        name=start.cid_name,
        number=start.cid_num,
        requested="" if start.exten == "s" else start.exten,
        context=start.context,
    )
    for row in own:
        match row.eventtype:
            case "APP_START":
                caller.user_field = row.userfield or caller.user_field
                caller.voicemail = caller.voicemail or row.appname.lower() == "voicemail"
                if row.cid_name and row.cid_num and caller.forwarded_at is None:
                    caller.name, caller.number = row.cid_name, row.cid_num
            case "ANSWER" | "HANGUP" if not caller.requested:
                # A click-to-call starts at "s"; its phone shows the number that is asked for.
                caller.requested = row.cid_num
            case "BRIDGE_ENTER" | "BRIDGE_START":
                if row.details.get("bridge_technology") != "holding_bridge":
                    caller.first_bridge = caller.first_bridge or row.eventtime
                    caller.name = caller.name or row.cid_name
                    caller.number = caller.number or row.cid_num
            case "BRIDGE_EXIT" | "BRIDGE_END":
                caller.last_exit = row.eventtime
            case "CHAN_END":
                caller.ended = row.eventtime
            case "XIVO_FROM_S":
                caller.requested = row.exten
            case "XIVO_INCALL":
                caller.inbound = True
            case "XIVO_OUTCALL":
                caller.outbound = caller.outbound or caller.forwarded_at is None
            case "XIVO_USER_FWD":
                caller.forwarded_at = row.eventtime
                if not caller.requested:
                    caller.requested = _forwarded_from(row)
    return caller


def _callee(legs: Sequence[CelRow], ordered: Sequence[CelRow], caller: _Caller) -> CelRow | None:
    """The leg that talked; else the last one rung after a forward; else the first one rung."""
    bridged = {row.uniqueid for row in ordered if row.eventtype in ("BRIDGE_ENTER", "BRIDGE_START")}
    talked = [leg for leg in legs if leg.uniqueid in bridged]
    if talked:
        return talked[0]
    if caller.forwarded_at is not None:
        later = [leg for leg in legs if leg.eventtime >= caller.forwarded_at]
        if later:
            return later[-1]
    return legs[0] if legs else None


def _forwarded_from(row: CelRow) -> str:
    found = FORWARDED_FROM.search(str(row.details.get("extra", "")))
    return found.group(1).strip() if found else ""
