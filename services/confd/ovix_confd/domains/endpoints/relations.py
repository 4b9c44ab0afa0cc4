"""What every kind of endpoint has to do with its line and its trunk."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from ovix_bus import Event
from ovix_schema import Context, Line, Trunk
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ...kit import (
    Link,
    ResourceSpec,
    Schema,
    ViewExample,
    ViewSpec,
    Work,
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


M = TypeVar("M")


@dataclass(frozen=True, kw_only=True)
class LineEndpointSpec(ResourceSpec[M]):
    """Endpoints of lines. When one goes its line is locked first, as it is when the line goes."""

    of_line: Any
    """What names such an endpoint in a line."""

    async def _delete(self, work: Work) -> None:
        model: Any = self.model
        await work.session.execute(
            select(Line.id)
            .join(model, model.id == self.of_line)
            .where(*self.seen(work, work.path["id"]))
            .with_for_update(key_share=True, of=Line)
        )
        await super()._delete(work)


def leaving(
    column: Any, parted: Callable[[int, Any], Event] | None = None
) -> Callable[[Work, Any], Awaitable[None]]:
    """Before the deletion of an endpoint: the line or trunk that names it there has none.

    ``parted`` tells that of a line: its phone is not found from the endpoint any more.
    """

    async def leave(work: Work, endpoint: Any) -> None:
        left = await work.session.scalars(
            update(column.class_)
            .where(column == endpoint.id)
            .values({column.key: None})
            .returning(column.class_.id)
            .execution_options(synchronize_session=False)
        )
        if parted is not None:
            work.announce(*(parted(line_id, endpoint) for line_id in left))

    return leave


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


AnEndpoint = Callable[[AsyncSession, int], Awaitable[Any]]


def line_view(
    spec: ResourceSpec[Any], protocol: str, column: Any, an_endpoint: AnEndpoint
) -> ViewSpec[Any]:
    """``GET /endpoints/<protocol>/{endpoint_id}/lines``; the column is the one of the line."""

    async def on_a_line(session: AsyncSession, entity_id: int) -> object:
        endpoint = await an_endpoint(session, entity_id)
        context = Context(name=f"{protocol}{entity_id}", entity_id=entity_id)
        session.add(context)
        await session.flush()
        line = Line(context=context.name, provisioning_code=str(200000 + entity_id))
        setattr(line, column.key, endpoint.id)
        session.add(line)
        await session.flush()
        return int(endpoint.id)

    return ViewSpec(
        name=f"{protocol}_endpoint_line",
        parent=spec,
        path="/lines",
        shows=json_one(line_endpoint(protocol, column), column == spec.model.id),
        read=LineEndpointRead,
        missing="LineEndpoint",
        example=ViewExample(on_a_line),
    )


def trunk_view(
    spec: ResourceSpec[Any], protocol: str, column: Any, an_endpoint: AnEndpoint
) -> ViewSpec[Any]:
    """``GET /endpoints/<protocol>/{endpoint_id}/trunks``; the column is the one of the trunk."""

    async def on_a_trunk(session: AsyncSession, entity_id: int) -> object:
        endpoint = await an_endpoint(session, entity_id)
        session.add(Trunk(**{column.key: endpoint.id}))
        await session.flush()
        return int(endpoint.id)

    return ViewSpec(
        name=f"{protocol}_endpoint_trunk",
        parent=spec,
        path="/trunks",
        shows=json_one(trunk_endpoint(protocol, column), column == spec.model.id),
        read=TrunkEndpointRead,
        missing="TrunkEndpoint",
        example=ViewExample(on_a_trunk),
    )
