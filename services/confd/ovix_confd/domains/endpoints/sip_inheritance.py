"""What SIP endpoints and templates have in common: a transport, and templates they inherit.

Those without an entity are there for all; others serve their own entity only.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from ovix_schema import EndpointSip, SipTemplate, SipTransport
from pydantic import Field
from sqlalchemy import ColumnElement, Uuid, cast, delete, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import aliased

from ...kit import (
    Schema,
    Values,
    Work,
    json_list,
    json_object,
    json_one,
    not_permitted,
    param_not_found,
)

MOST_TEMPLATES = 128


class TransportReference(Schema):
    """A transport by its uuid."""

    uuid: UUID


class TemplateReference(Schema):
    """A template by its uuid."""

    uuid: UUID


class TemplateRelation(Schema):
    """A template, as what inherits it shows it."""

    uuid: UUID
    label: str | None


References = Annotated[list[TemplateReference], Field(max_length=MOST_TEMPLATES)]


def usable_in(entity: Any, model: Any) -> ColumnElement[bool]:
    """Whether a transport or template may be used by what belongs to that entity."""
    return or_(model.entity_id.is_(None), model.entity_id == entity)


def put_transport(row: EndpointSip | SipTemplate, values: Values) -> None:
    """Put the transport that a body names on the row."""
    if "transport" in values:
        row.transport_uuid = values["transport"] and values["transport"]["uuid"]


async def transport_is_usable(work: Work, row: EndpointSip | SipTemplate) -> None:
    """The transport is there, and stays until this request is done."""
    if row.transport_uuid is None:
        return
    found = await work.session.scalar(
        select(SipTransport.uuid)
        .where(SipTransport.uuid == row.transport_uuid, usable_in(row.entity_id, SipTransport))
        .with_for_update(read=True, key_share=True)
    )
    if found is None:
        raise param_not_found("transport", "Transport", uuid=str(row.transport_uuid))


def storing_templates(inherited: Any, heir: Any) -> Callable[[Work, Any, Values], Awaitable[None]]:
    """A part: replaces the templates of a row, which the column ``heir`` names."""

    async def store(work: Work, row: Any, values: Values) -> None:
        if "templates" not in values:
            return
        given = [each["uuid"] for each in values["templates"]]
        if len(set(given)) < len(given):
            raise not_permitted("A template is named twice")
        key = "id" if isinstance(row, EndpointSip) else "uuid"
        own = getattr(row, key)
        others = (
            delete(inherited)
            .where(heir == own, inherited.parent_uuid.not_in(given))
            .execution_options(synchronize_session=False)
        )
        if not given:
            await work.session.execute(others)
            return
        position = func.array_position(cast(given, ARRAY(Uuid)), SipTemplate.uuid)
        # The row itself does not know its entity when the database has just given it one.
        owner = aliased(type(row))
        entity = select(owner.entity_id).where(getattr(owner, key) == own).scalar_subquery()
        chosen = select(literal(own, heir.type), SipTemplate.uuid, position).where(
            SipTemplate.uuid.in_(given), usable_in(entity, SipTemplate)
        )
        added = insert(inherited).from_select([heir.key, "parent_uuid", "position"], chosen)
        stored = await work.session.scalars(
            added.on_conflict_do_update(
                index_elements=[heir.key, "parent_uuid"],
                set_={"position": added.excluded.position},
            )
            .add_cte(others.returning(inherited.parent_uuid).cte("others"))
            .returning(inherited.parent_uuid)
        )
        missing = set(given) - set(stored)
        if missing:
            raise param_not_found("templates", "SIPEndpointTemplate", uuid=str(missing.pop()))

    return store


def shown_templates(inherited: Any, *conditions: ColumnElement[bool], template: Any) -> Any:
    """The expression of a row's templates, in order; ``template`` is an alias of their table."""
    return json_list(
        json_object(uuid=template.uuid, label=template.label),
        template.uuid == inherited.parent_uuid,
        *conditions,
        order=(inherited.position,),
    )


def shown_transport(column: Any) -> Any:
    """The expression of a row's transport, or null."""
    return json_one(json_object(uuid=SipTransport.uuid), SipTransport.uuid == column)
