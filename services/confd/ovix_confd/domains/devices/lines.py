"""``/lines/{id}/devices`` and ``/devices/{id}/lines``: which key of which phone a line is on.

Source: reference/confd/lines-endpoints-extensions.md, "Line and device". The phone's configuration
follows from the events, through provd (`ovix_confd.phones`).
"""

from typing import Any, ClassVar

from ovix_bus.catalogue import provisioning
from ovix_schema import (
    Device,
    EndpointCustom,
    EndpointSip,
    Extension,
    Line,
    LineExtension,
    User,
    UserLine,
)
from ovix_web import ApiError
from sqlalchemy import case, exists, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...kit import (
    LinkExample,
    LinkSpec,
    ViewExample,
    ViewSpec,
    Work,
    associated,
    envelope,
    json_object,
    link,
    links,
    must_be_associated,
    not_associated,
)
from ..lines import LINES
from ..lines.endpoints import a_line_with_endpoint
from ..lines.resource import has_endpoint
from .resource import DEVICES, some_devices
from .schemas import DeviceLinesRead, LineDeviceRead


class SamePosition(ApiError):
    """Two lines of a device at one key; the peers' text has no class prefix."""

    status: ClassVar[int] = 400
    template: ClassVar[str] = "Cannot associate 2 lines with same position{place}"

    def __init__(self, position: int | None = None) -> None:
        super().__init__(place="" if position is None else f" (position: {position})")


async def _associate(work: Work, line: Line, device: Device) -> None:
    if line.device_id is not None:
        raise associated("Line", "Device", line_id=line.id, device_id=line.device_id)
    on_device = select(Line.id).where(Line.device_id == device.id)
    of_sccp = func.coalesce(func.bool_or(Line.endpoint_sccp_id.is_not(None)), False)
    found = await work.session.execute(
        select(
            on_device.where(Line.position == line.position).limit(1).scalar_subquery(),
            exists().where(LineExtension.line_id == line.id),
            exists().where(UserLine.line_id == line.id),
            on_device.limit(1).scalar_subquery(),
            select(of_sccp).where(Line.device_id == device.id).scalar_subquery(),
            _name_of(line),
        )
    )
    at_position, has_extension, has_user, other_line, with_sccp, name = found.one()
    if at_position is not None:
        raise SamePosition(line.position)
    if not has_endpoint(line):
        raise must_be_associated("Line", "Endpoint", line_id=line.id)
    if not has_extension:
        raise must_be_associated("Line", "Extension", line_id=line.id)
    if not has_user:
        raise must_be_associated("User", "Line", line_id=line.id)
    if other_line is not None and (with_sccp or line.endpoint_sccp_id is not None):
        # An SCCP phone has one line.
        raise associated("Line", "Device", line_id=other_line, device_id=device.id)
    line.device_id = device.id
    work.announce(provisioning.line_device_associated(**_told(line, device.id, name)))


async def _dissociate(work: Work, line: Line, device: Device) -> None:
    if line.device_id != device.id:
        raise not_associated("Line", "Device", line_id=line.id, device_id=device.id)
    line.device_id = None
    name = await work.session.scalar(select(_name_of(line)))
    work.announce(provisioning.line_device_dissociated(**_told(line, device.id, name)))


def _told(line: Line, device_id: str, name: str | None) -> dict[str, Any]:
    return {"line": {"id": line.id, "name": name}, "device": {"id": device_id}}


def _name_of(line: Line) -> Any:
    """The name of the line's endpoint, as an expression: that of SCCP is its number."""
    number = (
        select(Extension.exten)
        .join(LineExtension, LineExtension.extension_id == Extension.id)
        .where(LineExtension.line_id == line.id, LineExtension.main_extension)
        .scalar_subquery()
    )
    of_sip = select(EndpointSip.username).where(EndpointSip.id == line.endpoint_sip_id)
    of_custom = select(EndpointCustom.interface).where(EndpointCustom.id == line.endpoint_custom_id)
    of_sccp = number if line.endpoint_sccp_id is not None else literal_column("null")
    return func.coalesce(of_sip.scalar_subquery(), of_custom.scalar_subquery(), of_sccp)


async def _line_and_device(session: AsyncSession, entity_id: int) -> tuple[object, object]:
    """A line that is ready for a phone, and a phone of the same entity."""
    await some_devices(session, entity_id)
    line = await a_line_with_endpoint(session, entity_id)
    user = User(firstname="Zoé", caller_id='"Zoé"', entity_id=entity_id)
    extension = Extension(exten=f"17{entity_id % 100:02d}", context=line.context)
    session.add_all((user, extension))
    await session.flush()
    session.add(UserLine(user_id=user.id, line_id=line.id, main_user=True, main_line=True))
    session.add(LineExtension(line_id=line.id, extension_id=extension.id, main_extension=True))
    await session.flush()
    return line.id, f"{entity_id:016x}{1:016x}"


async def _line_on_a_device(session: AsyncSession, entity_id: int) -> object:
    line_id, device_id = await _line_and_device(session, entity_id)
    line = await session.get_one(Line, line_id)
    line.device_id = str(device_id)
    await session.flush()
    return line_id


async def _device_with_a_line(session: AsyncSession, entity_id: int) -> object:
    await _line_on_a_device(session, entity_id)
    return f"{entity_id:016x}{1:016x}"


LINE_DEVICES = LinkSpec(
    name="line_device",
    title="LineDevice",
    left=LINES,
    right=DEVICES,
    path="/devices",
    associate=_associate,
    dissociate=_dissociate,
    conflicts={"uq_lines_device_id_position": SamePosition},
    example=LinkExample(_line_and_device),
)
_SHOWN = json_object(
    line_id=Line.id,
    device_id=Line.device_id,
    links=links(link("lines", "/lines/", Line.id), link("devices", "/devices/", Line.device_id)),
)
DEVICE_LINE_VIEWS: tuple[ViewSpec[Any], ...] = (
    ViewSpec(
        name="line_devices",
        parent=LINES,
        path="/devices",
        shows=case((Line.device_id.is_not(None), _SHOWN), else_=literal_column("null::json")),
        read=LineDeviceRead,
        missing="LineDevice",
        example=ViewExample(_line_on_a_device),
    ),
    ViewSpec(
        name="device_lines",
        parent=DEVICES,
        path="/lines",
        shows=envelope(_SHOWN, Line.device_id == Device.id, order=(Line.position, Line.id)),
        read=DeviceLinesRead,
        example=ViewExample(_device_with_a_line),
    ),
)
