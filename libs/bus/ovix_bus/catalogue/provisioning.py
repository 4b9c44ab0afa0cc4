"""Phones, their lines, and where they register.

Source: reference/confd/events.md. XiVO announces no link of a line and a device; the later
release's events fill that gap. A change of a device is told whoever made it, the phone included.
"""

from ..event import EventData, EventType
from ..shapes import life, link


class Registrar(EventData):
    """A registrar, whole."""

    id: str
    deletable: bool
    name: str | None
    main_host: str
    main_port: int | None
    backup_host: str | None
    backup_port: int | None
    proxy_main_host: str
    proxy_main_port: int | None
    proxy_backup_host: str | None
    proxy_backup_port: int | None
    outbound_proxy_host: str | None
    outbound_proxy_port: int | None


registrar_created, registrar_edited, registrar_deleted = life(
    "registrar", "config.registrar", Registrar
)


class DeviceId(EventData):
    """A device by its id."""

    id: str


class LineOfDevice(EventData):
    """A line within an event about its device."""

    id: int
    name: str | None


class LineDevice(EventData):
    """A line and the device it is on."""

    line: LineOfDevice
    device: DeviceId


device_created, device_edited, device_deleted = life("device", "config.device", DeviceId)
line_device_associated, line_device_dissociated = link(
    "line_device",
    "config.lines.{line.id}.devices.{device.id}",
    LineDevice,
    "A line and a device",
)
device_synchronize_requested = EventType(
    "device_synchronize_requested",
    "config.device.synchronize_requested",
    DeviceId,
    "A phone is to fetch its files, once they are what its lines say.",
)
