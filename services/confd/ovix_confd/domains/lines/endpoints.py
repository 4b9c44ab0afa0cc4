"""``/lines/{id}/endpoints/{sip,sccp,custom}``: the one endpoint of a line."""

from collections.abc import Awaitable, Callable
from typing import Any

from ovix_bus.catalogue import lines
from ovix_schema import (
    Context,
    EndpointCustom,
    EndpointSccp,
    EndpointSip,
    Line,
    LineExtension,
    Trunk,
    UserLine,
)
from sqlalchemy import case, func, literal_column, null, select
from sqlalchemy.ext.asyncio import AsyncSession

from ...kit import (
    LinkExample,
    LinkSpec,
    ViewExample,
    ViewSpec,
    Work,
    associated,
    not_associated,
)
from ...line_caller_ids import refresh_caller_ids
from ..endpoints import ENDPOINTS_CUSTOM, ENDPOINTS_SCCP, ENDPOINTS_SIP
from ..endpoints.custom import custom_parted
from ..endpoints.relations import LineEndpointRead, line_endpoint
from ..endpoints.sccp import sccp_parted
from ..endpoints.sip import sip_parted
from .resource import LINES, has_endpoint


async def _may_be_linked(
    work: Work, line: Line, column: Any, on_trunk: Any, endpoint_id: int
) -> None:
    """The line has no endpoint, and the endpoint no line and, where it can have one, no trunk."""
    if has_endpoint(line):
        raise associated("Line", "Endpoint", line_id=line.id, endpoint_id=endpoint_id)
    other_line = select(Line.id).where(column == endpoint_id).scalar_subquery()
    trunk: Any = null()
    if on_trunk is not None:
        trunk = select(Trunk.id).where(on_trunk == endpoint_id).scalar_subquery()
    line_id, trunk_id = (await work.session.execute(select(other_line, trunk))).one()
    if line_id is not None:
        raise associated("Line", "Endpoint", line_id=line_id, endpoint_id=endpoint_id)
    if trunk_id is not None:
        raise associated("Trunk", "Endpoint", trunk_id=trunk_id, endpoint_id=endpoint_id)


async def _may_be_parted(work: Work, line: Line, endpoint_id: int, of_line: int | None) -> None:
    """The link is there, and nothing else needs the line's endpoint."""
    if of_line != endpoint_id:
        raise not_associated("Line", "Endpoint", line_id=line.id, endpoint_id=endpoint_id)
    users = select(func.array_agg(UserLine.user_id)).where(UserLine.line_id == line.id)
    extensions = select(func.array_agg(LineExtension.extension_id)).where(
        LineExtension.line_id == line.id
    )
    user_ids, extension_ids = (
        await work.session.execute(select(users.scalar_subquery(), extensions.scalar_subquery()))
    ).one()
    if user_ids:
        raise associated("Line", "User", line_id=line.id, user_ids=user_ids)
    if extension_ids:
        raise associated("Line", "Extension", line_id=line.id, extension_ids=extension_ids)
    if line.device_id is not None:
        raise associated("Line", "Device", line_id=line.id, device_id=line.device_id)


async def _associate_sip(work: Work, line: Line, endpoint: EndpointSip) -> None:
    await _may_be_linked(work, line, Line.endpoint_sip_id, Trunk.endpoint_sip_id, endpoint.id)
    line.endpoint_sip_id = endpoint.id
    await refresh_caller_ids(work, line_id=line.id)
    announce_sip_of_line(work, line, endpoint)


def announce_sip_of_line(work: Work, line: Line, endpoint: EndpointSip) -> None:
    """Tell of a line and the SIP endpoint it has got."""
    work.announce(
        lines.line_endpoint_sip_associated(
            line={"id": line.id, "name": endpoint.username},
            endpoint_sip={"id": endpoint.id, "username": endpoint.username},
        )
    )


async def _dissociate_sip(work: Work, line: Line, endpoint: EndpointSip) -> None:
    await _may_be_parted(work, line, endpoint.id, line.endpoint_sip_id)
    line.endpoint_sip_id = None
    work.announce(sip_parted(line.id, endpoint))


async def _associate_sccp(work: Work, line: Line, endpoint: EndpointSccp) -> None:
    await _may_be_linked(work, line, Line.endpoint_sccp_id, None, endpoint.id)
    line.endpoint_sccp_id = endpoint.id
    await refresh_caller_ids(work, line_id=line.id)
    announce_sccp_of_line(work, line, endpoint)


def announce_sccp_of_line(work: Work, line: Line, endpoint: EndpointSccp) -> None:
    """Tell of a line and the SCCP endpoint it has got."""
    # The line is named after its number, and without an endpoint it can't have one.
    work.announce(
        lines.line_endpoint_sccp_associated(
            line={"id": line.id, "name": None}, endpoint_sccp={"id": endpoint.id}
        )
    )


async def _dissociate_sccp(work: Work, line: Line, endpoint: EndpointSccp) -> None:
    await _may_be_parted(work, line, endpoint.id, line.endpoint_sccp_id)
    line.endpoint_sccp_id = None
    work.announce(sccp_parted(line.id, endpoint))


async def _associate_custom(work: Work, line: Line, endpoint: EndpointCustom) -> None:
    await _may_be_linked(work, line, Line.endpoint_custom_id, Trunk.endpoint_custom_id, endpoint.id)
    line.endpoint_custom_id = endpoint.id
    work.announce(
        lines.line_endpoint_custom_associated(
            line={"id": line.id, "name": endpoint.interface},
            endpoint_custom={"id": endpoint.id, "interface": endpoint.interface},
        )
    )


async def _dissociate_custom(work: Work, line: Line, endpoint: EndpointCustom) -> None:
    await _may_be_parted(work, line, endpoint.id, line.endpoint_custom_id)
    line.endpoint_custom_id = None
    work.announce(custom_parted(line.id, endpoint))


async def a_line(session: AsyncSession, entity_id: int) -> Line:
    """A line without endpoint, for examples."""
    context = Context(name=f"linked{entity_id}", type="internal", entity_id=entity_id)
    session.add(context)
    await session.flush()
    line = Line(context=context.name, provisioning_code=str(400000 + entity_id))
    session.add(line)
    await session.flush()
    return line


async def a_line_with_endpoint(session: AsyncSession, entity_id: int) -> Line:
    """A line that can be given to a user, for examples."""
    line = await a_line(session, entity_id)
    endpoint = EndpointSip(
        username=f"onaline{entity_id}",
        secret="secret",  # noqa: S106
        entity_id=entity_id,
    )
    session.add(endpoint)
    await session.flush()
    line.endpoint_sip_id = endpoint.id
    await session.flush()
    return line


async def _line_and_sip(session: AsyncSession, entity_id: int) -> tuple[object, object]:
    line = await a_line(session, entity_id)
    endpoint = EndpointSip(username=f"free{entity_id}", secret="secret", entity_id=entity_id)  # noqa: S106
    session.add(endpoint)
    await session.flush()
    return line.id, endpoint.id


async def _line_and_sccp(session: AsyncSession, entity_id: int) -> tuple[object, object]:
    line = await a_line(session, entity_id)
    endpoint = EndpointSccp(entity_id=entity_id)
    session.add(endpoint)
    await session.flush()
    return line.id, endpoint.id


async def _linked_to_sccp(session: AsyncSession, entity_id: int) -> object:
    line_id, endpoint_id = await _line_and_sccp(session, entity_id)
    line = await session.get_one(Line, line_id)
    line.endpoint_sccp_id = int(str(endpoint_id))
    await session.flush()
    return line_id


async def _line_and_custom(session: AsyncSession, entity_id: int) -> tuple[object, object]:
    line = await a_line(session, entity_id)
    endpoint = EndpointCustom(interface=f"Local/{entity_id}@free", entity_id=entity_id)
    session.add(endpoint)
    await session.flush()
    return line.id, endpoint.id


async def _linked_to_custom(session: AsyncSession, entity_id: int) -> object:
    line_id, endpoint_id = await _line_and_custom(session, entity_id)
    line = await session.get_one(Line, line_id)
    line.endpoint_custom_id = int(str(endpoint_id))
    await session.flush()
    return line_id


async def _linked_to_sip(session: AsyncSession, entity_id: int) -> object:
    return (await a_line_with_endpoint(session, entity_id)).id


CONFLICTS = {
    name: lambda: associated("Line", "Endpoint")
    for name in (
        "uq_lines_endpoint_sip_id",
        "uq_lines_endpoint_sccp_id",
        "uq_lines_endpoint_custom_id",
    )
}

LINE_ENDPOINTS: tuple[LinkSpec[Any, Any], ...] = (
    LinkSpec(
        name="line_endpoint_sip",
        title="LineEndpoint",
        left=LINES,
        right=ENDPOINTS_SIP,
        path="/endpoints/sip",
        right_name="endpoint_id",
        associate=_associate_sip,
        dissociate=_dissociate_sip,
        conflicts=CONFLICTS,
        example=LinkExample(_line_and_sip),
    ),
    LinkSpec(
        name="line_endpoint_sccp",
        title="LineEndpoint",
        left=LINES,
        right=ENDPOINTS_SCCP,
        path="/endpoints/sccp",
        right_name="endpoint_id",
        associate=_associate_sccp,
        dissociate=_dissociate_sccp,
        example=LinkExample(_line_and_sccp),
    ),
    LinkSpec(
        name="line_endpoint_custom",
        title="LineEndpoint",
        left=LINES,
        right=ENDPOINTS_CUSTOM,
        path="/endpoints/custom",
        right_name="endpoint_id",
        associate=_associate_custom,
        dissociate=_dissociate_custom,
        example=LinkExample(_line_and_custom),
    ),
)


def _view(
    protocol: str, column: Any, linked: Callable[[AsyncSession, int], Awaitable[object]]
) -> ViewSpec[Line]:
    shown = line_endpoint(protocol, column)
    return ViewSpec(
        name=f"line_endpoint_{protocol}",
        parent=LINES,
        path=f"/endpoints/{protocol}",
        shows=case((column.is_not(None), shown), else_=literal_column("null::json")),
        read=LineEndpointRead,
        missing="LineEndpoint",
        example=ViewExample(linked),
    )


LINE_ENDPOINT_VIEWS = (
    _view("sip", Line.endpoint_sip_id, _linked_to_sip),
    _view("sccp", Line.endpoint_sccp_id, _linked_to_sccp),
    _view("custom", Line.endpoint_custom_id, _linked_to_custom),
)
