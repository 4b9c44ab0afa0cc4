"""Small things asked of Asterisk because of a change; a call goes on without them.

XIVO_ON_HOLD is set for dialplans that look at it (reference/calls.md 4.1), and tells a calld that
starts later who holds whom. The SIP Call-ID lets a softphone find its own dialog.
"""

import asyncio
from collections.abc import Callable

import structlog
from ovix_asterisk.ami import AmiError
from ovix_asterisk.ami_client import AmiClient
from ovix_asterisk.channel_variables import ON_HOLD

from .changes import Change, ChannelEvent, Kind
from .channels import SIP_CALL_ID, Channel

log = structlog.get_logger(__name__)


class Errands:
    """Runs beside the follower, which never waits for it."""

    def __init__(self, ami: AmiClient, found: Callable[[ChannelEvent], None]) -> None:
        self._ami = ami
        self._found = found
        self._running: set[asyncio.Task[None]] = set()

    def run_for(self, change: Change, channel: Channel) -> None:
        """Begin what the change asks for."""
        match change.kind:
            case Kind.CREATED if channel.technology == "PJSIP":
                errand = self._read_sip_call_id(channel)
            case Kind.HELD | Kind.RESUMED:
                errand = self._mark_hold(channel)
            case _:
                return
        task = asyncio.create_task(errand)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

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
