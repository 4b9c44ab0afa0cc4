"""Missed calls, as the dialplan tells them or as a caller who gives up leaves them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from .changes import ChannelEvent
from .channels import Channel, own_identity

NO_ROUTE = "3"
"""Q.850 cause of a phone that is not registered."""


def missed_call(event: ChannelEvent, caller: Channel | None) -> dict[str, Any]:
    """Data of ``user_missed_call`` from the dialplan's user event (reference/calls.md 2).

    ``caller`` is the channel it came from: on a click-to-call it may still carry the number it
    asked for, not its own.
    """
    reason = event.text("reason")
    if reason == "channel-unavailable" and event.text("hangup_cause") == NO_ROUTE:
        reason = "phone-unreachable"
    name, number = event.text("caller_id_name"), event.text("caller_id_number")
    user_uuid = user_uuid_of(event.text("caller_user_uuid"))
    if caller is not None and caller.is_click_to_call:
        name, number = own_identity(caller)
        user_uuid = user_uuid or caller.user_uuid
    return {
        "user_uuid": user_uuid_of(event.text("destination_user_uuid")),
        "caller_user_uuid": user_uuid,
        "caller_id_name": name,
        "caller_id_number": number,
        "dialed_extension": event.text("entry_exten"),
        "conversation_id": event.text("conversation_id"),
        "reason": reason,
    }


def abandoned_call(call: Mapping[str, Any]) -> dict[str, Any]:
    """The same of a call whose caller hung up while it rang; ``call`` is the callee's."""
    return {
        "user_uuid": call["user_uuid"],
        "caller_user_uuid": call["peer_user_uuid"],
        "caller_id_name": call["peer_caller_id_name"],
        "caller_id_number": call["peer_caller_id_number"],
        "dialed_extension": call["dialed_extension"],
        "conversation_id": call["conversation_id"],
        "reason": "no-answer",
    }


def user_uuid_of(value: str) -> str | None:
    """A user's uuid as the database writes it; a dialplan may have put anything there."""
    try:
        return str(UUID(value))
    except ValueError:
        return None
