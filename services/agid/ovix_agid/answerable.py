"""Who answers for a call to the outside: whose rights and caller id it has (decision 0103).

Most calls are the caller's own. One that a user's forward, phone or transfer sends on is that
user's: whoever called him may be a stranger, with no rights that could be asked.
"""

from ovix_telephony.line_devices import account_of

from .call import Call

READS = (
    "XIVO_USERID",
    "XIVO_ANSWERABLE_USERID",
    "XIVO_CALLFORWARDED",
    "BLINDTRANSFER",
    "ATTENDEDTRANSFER",
)

ANSWERABLE = """COALESCE((
    SELECT ul.user_id
    FROM endpoints_sip device
    JOIN lines l ON l.endpoint_sip_id = device.id
    JOIN user_lines ul ON ul.line_id = l.id AND ul.main_user
    WHERE device.username = ANY({devices}::text[])
    ORDER BY length(device.username) DESC
    LIMIT 1
), {user}::int)"""
"""SQL of the user's id, from what `answerable` gives."""


def answerable(call: Call) -> tuple[list[str], int | None]:
    """The device of who has transferred the call here, and the user where it is nobody's."""
    own, called = call.id("XIVO_USERID"), call.id("XIVO_ANSWERABLE_USERID")
    # The dialplan empties these when a forward sends the call on from there.
    transferer = call.variables["BLINDTRANSFER"] or call.variables["ATTENDEDTRANSFER"]
    sent_on = transferer or call.variables["XIVO_CALLFORWARDED"] == "1"
    return _devices(transferer), (called or own) if sent_on else (own or called)


def _devices(channel: str) -> list[str]:
    """The SIP device of a channel, and the account it may be the browser of."""
    technology, _, name = channel.partition("/")
    device = name.rpartition("-")[0]
    if technology != "PJSIP" or not device:
        return []
    account = account_of(device)
    return [device, account] if account else [device]


__all__ = ["ANSWERABLE", "READS", "answerable"]
