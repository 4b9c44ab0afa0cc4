"""Bodies of devices."""

from ipaddress import IPv4Address
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from ...kit import Link, Schema, Strict, partial_of, text


def _dotted(value: Any) -> Any:
    """PostgreSQL and provd hold a dotted quad; IPv4Address takes nothing else of a text."""
    return value if value is None or isinstance(value, str) else str(value)


def _checked(value: str) -> str:
    return str(IPv4Address(value))


Ip = Annotated[
    str,
    BeforeValidator(_dotted),
    AfterValidator(_checked),
    Field(json_schema_extra={"format": "ipv4"}),
]
Mac = Annotated[
    str,
    Field(pattern=r"^([0-9A-Fa-f]{2})(:[0-9A-Fa-f]{2}){5}$"),
    AfterValidator(str.lower),
]
Short = Annotated[str, text(255)]


class DeviceOptions(Schema):
    """What the phone is used for."""

    switchboard: Strict = False


class DeviceCreate(Schema):
    """A device to create."""

    ip: Ip | None = None
    mac: Mac | None = None
    sn: Short | None = None
    plugin: Short | None = None
    vendor: Short | None = None
    model: Short | None = None
    version: Short | None = None
    description: Annotated[str, text(4096)] | None = None
    template_id: Annotated[str, text(128)] | None = None
    options: DeviceOptions | None = None


DeviceUpdate = partial_of(DeviceCreate)


class DeviceRead(Schema):
    """A device."""

    id: str
    status: str
    ip: str | None
    mac: str | None
    sn: str | None
    plugin: str | None
    vendor: str | None
    model: str | None
    version: str | None
    description: str | None
    template_id: str | None
    options: dict[str, Any] | None
    links: list[Link]


class LineDeviceRead(Schema):
    """The link of a line and a device."""

    line_id: int
    device_id: str
    links: list[Link]


class DeviceLinesRead(Schema):
    """All lines of a device."""

    total: int
    items: list[LineDeviceRead]
