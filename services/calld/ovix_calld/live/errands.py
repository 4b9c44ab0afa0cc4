"""Small things asked of Asterisk because of a change; a call goes on without them.

XIVO_ON_HOLD is set for dialplans that look at it (reference/calls.md 4.1), and tells a calld that
starts later who holds whom. The SIP Call-ID lets a softphone find its own dialog. The directories
are asked who calls; their answer comes as an event after that of the ringing.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeAlias

import structlog
from ovix_asterisk.ami import AmiError
from ovix_asterisk.ami_client import AmiClient
from ovix_asterisk.channel_variables import ON_HOLD
from ovix_web.caller_names import CallerContact

from .changes import Change, ChannelEvent, Kind
from .channels import SIP_CALL_ID, Channel

log = structlog.get_logger(__name__)

Whose: TypeAlias = Callable[[str, str | None], Awaitable[CallerContact | None]]
"""Whose number it is, for a user; None also when nobody can tell."""

_NUMBER = re.compile(r"\+?[0-9*#]{1,64}")


async def nobody_knows(_number: str, _user_uuid: str | None) -> CallerContact | None:
    """Where there is no directory."""
    return None


class Errands:
    """Runs beside the follower, which never waits for it."""

    def __init__(
        self, ami: AmiClient, found: Callable[[ChannelEvent], None], whose: Whose = nobody_knows
    ) -> None:
        self._ami = ami
        self._found = found
        self._whose = whose
        self._running: set[asyncio.Task[None]] = set()

    def run_for(self, change: Change, channel: Channel) -> None:
        """Begin what the change asks for."""
        match change.kind:
            case Kind.CREATED if channel.technology == "PJSIP":
                self._begin(self._read_sip_call_id(channel))
            case Kind.HELD | Kind.RESUMED:
                self._begin(self._mark_hold(channel))
        if change.data.get("status") == "Ringing" and _is_called_by_a_stranger(channel):
            channel.contact_number = channel.connected_number
            self._begin(self._look_up(channel.call_id, channel.connected_number, channel.user_uuid))

    def _begin(self, errand: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(errand)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _look_up(self, call_id: str, number: str, user_uuid: str | None) -> None:
        contact = await self._whose(number, user_uuid)
        if contact is not None:
            headers = {
                "Uniqueid": call_id,
                "Number": number,
                "Display": contact.display,
                "Source": contact.source,
                "EntryId": contact.entry_id or "",
                "Url": contact.url or "",
            }
            self._found(ChannelEvent("Contact", headers, contact.fields))

    async def _read_sip_call_id(self, channel: Channel) -> None:
        try:
            answer = await self._ami.send("Getvar", Channel=channel.name, Variable=SIP_CALL_ID)
        except AmiError as error:  # it hung up meanwhile
            log.debug("sip_call_id_unknown", call_id=channel.call_id, cause=str(error))
            return
        if value := answer.get("Value"):
            headers = {"Uniqueid": channel.call_id, "Variable": SIP_CALL_ID, "Value": value}
            self._found(ChannelEvent("VarSet", headers, {}))

    async def _mark_hold(self, channel: Channel) -> None:
        value = "1" if channel.on_hold else ""
        try:
            await self._ami.send("Setvar", Channel=channel.name, Variable=ON_HOLD, Value=value)
        except AmiError as error:
            log.debug("hold_not_marked", call_id=channel.call_id, cause=str(error))


def _is_called_by_a_stranger(channel: Channel) -> bool:
    """A user's phone is called by nobody of the company, who was not looked up yet."""
    return (
        not channel.is_caller
        and channel.user_uuid is not None
        and channel.peer_user_uuid is None
        and channel.connected_number != channel.contact_number
        and _NUMBER.fullmatch(channel.connected_number) is not None
    )
