"""Click-to-call: the user's phone rings first, then the dialplan calls the destination.

The algorithm and its errors: reference/calls.md 4.1 and 6.1. The checks are two AMI ``Getvar``
(``DIALPLAN_EXISTS`` and ``DEVICE_STATE``), which cost Asterisk a lookup each, where ShowDialplan
would print the whole context.
"""

import asyncio
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ovix_asterisk.ami import LONGEST_LINE_SENT, AmiUsageError, Message, variable
from ovix_asterisk.ami_client import AmiDisconnected, AmiRefused, AmiTimeout
from ovix_asterisk.channel_variables import ENTRY_EXTENSION
from ovix_telephony.platform_variables import RESERVED, ROUTING

from ovix_calld.live.channels import CLICK_PREFIX, Channel, call_of
from ovix_calld.live.follower import Follower, OriginateFailed

from .errors import (
    AsteriskUnreachable,
    CallCreation,
    CallOriginUnavailable,
    InvalidData,
    InvalidExtension,
)
from .lines import UserLine

CREATED_WITHIN_S = 1.0
"""How long the answer waits for ``call_created``; it takes some milliseconds."""

UNREACHABLE_STATES = frozenset({"UNAVAILABLE", "INVALID", "UNKNOWN"})
PLAIN_VARIABLE = re.compile(r"_{0,2}[A-Za-z][A-Za-z0-9_]*")
WRITABLE_FUNCTIONS = re.compile(r"(CALLERID|CONNECTEDLINE)\([a-z-]+\)")
IDENTITY = re.compile(r"_*(XIVO|WAZO)_?(USER|LINE|TENANT|ANSWERABLE)_?\w*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """Where the call goes."""

    context: str
    extension: str
    priority: int = 1


def check_variables(variables: Mapping[str, str], *, own_call: bool) -> None:
    """Refuse names that are no plain variable of the caller's own.

    A name may be a dialplan function with side effects (``FILE``, ``SHELL``), and the dialplan
    trusts XIVO_USERID and its like: with them a user could call with somebody else's rights, and
    with TRANSFER_CONTEXT in somebody else's context.
    """
    reserved = RESERVED if own_call else IDENTITY
    for name, value in variables.items():
        plain = PLAIN_VARIABLE.fullmatch(name) or WRITABLE_FUNCTIONS.fullmatch(name)
        if not plain or reserved.fullmatch(name) or ROUTING.fullmatch(name):
            raise InvalidData(message=f"variable {name[:80]!r} can't be set")
        if any(character in value for character in "\r\n\0"):
            raise InvalidData(message=f"the value of variable {name!r} has a line end or NUL")
        # Asterisk counts bytes, after quotes and backslashes were escaped.
        if len(f"Variable: {variable(name, value)}".encode()) > LONGEST_LINE_SENT:
            raise InvalidData(message=f"variable {name[:80]!r} is too long for Asterisk")


async def originate(
    follower: Follower,
    line: UserLine,
    target: Target,
    variables: Mapping[str, str],
    *,
    timeout_s: int,
) -> dict[str, Any]:
    """Ring the line; gives the call once it exists, before anybody answers."""
    try:
        await _check(follower, line, target)
        return await _ring(follower, line, target, variables, timeout_s)
    except (AmiDisconnected, AmiTimeout) as error:
        raise AsteriskUnreachable() from error
    except AmiUsageError as error:
        raise InvalidData(message=str(error)) from error


async def _check(follower: Follower, line: UserLine, target: Target) -> None:
    place = f"{target.context},{target.extension},{target.priority}"
    checks = [_value(follower, f"DIALPLAN_EXISTS({place})")]
    if line.is_sip:
        checks.append(_value(follower, f"DEVICE_STATE({line.interface})"))
    exists, *states = await asyncio.gather(*checks)
    if exists != "1":
        raise InvalidExtension(context=target.context, exten=target.extension)
    if any(state in UNREACHABLE_STATES for state in states):
        raise CallOriginUnavailable(line_id=line.line_id, source_interface=line.interface)


async def _value(follower: Follower, expression: str) -> str:
    try:
        return (await follower.ami.send("Getvar", Variable=expression)).get("Value")
    except AmiRefused:  # the function is not loaded, or takes no such argument
        return ""


async def _ring(
    follower: Follower,
    line: UserLine,
    target: Target,
    variables: Mapping[str, str],
    timeout_s: int,
) -> dict[str, Any]:
    call_id = f"{CLICK_PREFIX}{int(time.time())}-{secrets.token_hex(6)}"
    shown = "" if target.extension.startswith("#") else target.extension
    given = {
        "CONNECTEDLINE(name)": target.extension,
        "CONNECTEDLINE(num)": shown,
        "CALLERID(name)": target.extension,
        "CALLERID(num)": shown,
        "XIVO_FIX_CALLERID": "1",
        "WAZO_CHANNEL_DIRECTION": "to-wazo",
        ENTRY_EXTENSION: target.extension,
        **variables,
    }

    async def send() -> Message:
        return await follower.ami.send(
            "Originate",
            Channel=line.interface,
            ChannelId=call_id,
            OtherChannelId=None if line.is_sip else f"{call_id}-2",
            Context=target.context,
            Exten=target.extension,
            Priority=target.priority,
            Timeout=timeout_s * 1000,
            Async=True,
            Variable=[variable(name, value) for name, value in given.items()],
        )

    try:
        call = await follower.created(call_id, target.extension, send, CREATED_WITHIN_S)
    except AmiRefused as error:
        raise CallCreation(reason=error.answer.response.get("Message")) from error
    except OriginateFailed as error:
        if line.is_sip:
            raise CallOriginUnavailable(
                line_id=line.line_id, source_interface=line.interface
            ) from error
        raise CallCreation(reason=f"Asterisk's reason {error}") from error
    return call if call is not None else _call_to_come(call_id, line, target)


def _call_to_come(call_id: str, line: UserLine, target: Target) -> dict[str, Any]:
    """The call as it will be, when the database or Asterisk is too slow to tell."""
    channel = Channel(
        call_id=call_id,
        name=line.interface,
        linkedid=call_id,
        created_at=datetime.now(UTC),
        user_uuid=str(line.user_uuid),
        line_id=line.line_id,
        own_name=line.caller_name,
        own_number=line.caller_number,
        is_caller=True,
        dialed_extension=target.extension,
    )
    return call_of(channel, talking_to={})
