"""What strangers and phones try at the phones' servers; new beside XiVO, which writes a log only.

Of each kind, an address is told of once a minute at most.
"""

from ..event import EventData, EventType


class SensitiveFile(EventData):
    """Who asked for a file with secrets, and of which device it is."""

    ip: str
    file: str
    device_id: str


class RefusedRequest(EventData):
    """Who asked for what; the device is the one that it was said to be of, if any."""

    ip: str
    file: str
    reason: str
    device_id: str | None


class Address(EventData):
    """An address."""

    ip: str


sensitive_file_requested = EventType(
    "sensitive_file_requested",
    "provd.security.sensitive_file_requested",
    SensitiveFile,
    "A phone fetched a file that holds secrets.",
)
phone_request_refused = EventType(
    "phone_request_refused",
    "provd.security.phone_request_refused",
    RefusedRequest,
    "A request did not get the file of the phone that it said it was of.",
)
device_creation_limited = EventType(
    "device_creation_limited",
    "provd.security.device_creation_limited",
    Address,
    "An unknown phone got no device, as too many were created.",
)
