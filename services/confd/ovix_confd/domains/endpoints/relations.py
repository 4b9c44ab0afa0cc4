"""What every kind of endpoint shows of its line and its trunk."""

from collections.abc import Awaitable, Callable
from typing import Any

from ovix_schema import Context, Line, Trunk
from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from ...kit import (
    Link,
    ResourceSpec,
    Schema,
    ViewExample,
    ViewSpec,
    constant,
    json_object,
    json_one,
    link,
    links,
)


class AssociatedRead(Schema):
    """A line or trunk, as its endpoint shows it."""

    id: int
    links: list[Link]


class LineEndpointRead(Schema):
    """The link of a line and an endpoint."""

    line_id: int
    endpoint_id: int
    endpoint: str
    links: list[Link]


class TrunkEndpointRead(Schema):
    """The link of a trunk and an endpoint."""

    trunk_id: int
    endpoint_id: int
    endpoint: str
    links: list[Link]


def associated_line(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    """The line of an endpoint, or null."""
    return json_one(
        json_object(id=Line.id, links=links(link("lines", "/lines/", Line.id))), condition
    )


def associated_trunk(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    """The trunk of an endpoint, or null."""
    return json_one(
        json_object(id=Trunk.id, links=links(link("trunks", "/trunks/", Trunk.id))), condition
    )


def line_endpoint(protocol: str, endpoint_id: Any) -> ColumnElement[Any]:
    """The link of a row of ``Line`` and its endpoint."""
    return json_object(
        line_id=Line.id,
        endpoint_id=endpoint_id,
        endpoint=constant(protocol),
        links=links(
            link("lines", "/lines/", Line.id),
            link(f"endpoint_{protocol}", f"/endpoints/{protocol}/", endpoint_id),
        ),
    )


def trunk_endpoint(protocol: str, endpoint_id: Any) -> ColumnElement[Any]:
    """The link of a row of ``Trunk`` and its endpoint."""
    return json_object(
        trunk_id=Trunk.id,
        endpoint_id=endpoint_id,
        endpoint=constant(protocol),
        links=links(
            link("trunks", "/trunks/", Trunk.id),
            link(f"endpoint_{protocol}", f"/endpoints/{protocol}/", endpoint_id),
        ),
    )


def endpoint_views(
    spec: ResourceSpec[Any],
    protocol: str,
    of_line: Any,
    of_trunk: Any,
    endpoint_id: Any,
    an_endpoint: Callable[[AsyncSession, int], Awaitable[Any]],
) -> tuple[ViewSpec[Any], ViewSpec[Any]]:
    """``GET /endpoints/<protocol>/{endpoint_id}/lines`` and ``…/trunks``."""

    async def on_a_line(session: AsyncSession, entity_id: int) -> object:
        endpoint = await an_endpoint(session, entity_id)
        context = Context(name=f"{protocol}{entity_id}", entity_id=entity_id)
        session.add(context)
        await session.flush()
        line = Line(context=context.name, provisioning_code=str(200000 + entity_id))
        setattr(line, of_line.key, endpoint.id)
        session.add(line)
        await session.flush()
        return int(endpoint.id)

    async def on_a_trunk(session: AsyncSession, entity_id: int) -> object:
        endpoint = await an_endpoint(session, entity_id)
        session.add(Trunk(**{of_trunk.key: endpoint.id}))
        await session.flush()
        return int(endpoint.id)

    return (
        ViewSpec(
            name=f"{protocol}_endpoint_line",
            parent=spec,
            path="/lines",
            shows=json_one(line_endpoint(protocol, of_line), of_line == endpoint_id),
            read=LineEndpointRead,
            missing="LineEndpoint",
            example=ViewExample(on_a_line),
        ),
        ViewSpec(
            name=f"{protocol}_endpoint_trunk",
            parent=spec,
            path="/trunks",
            shows=json_one(trunk_endpoint(protocol, of_trunk), of_trunk == endpoint_id),
            read=TrunkEndpointRead,
            missing="TrunkEndpoint",
            example=ViewExample(on_a_trunk),
        ),
    )
