"""Function keys as JSON, built by PostgreSQL: of a template, and of a user's phone."""

from typing import Any

from ovix_schema import FuncKey, FuncKeyTemplate, Group, User, UserFuncKeyTemplate
from sqlalchemy import ColumnElement, Text, case, cast, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import JSON, JSONB, aggregate_order_by
from sqlalchemy.orm import aliased

from ...kit import (
    Key,
    Rows,
    constant,
    envelope,
    href,
    json_object,
    link,
    links,
)

_FALSE: Any = literal_column("false")
_CALLED = aliased(User)
_NAMES = (
    select(
        func.jsonb_build_object(
            constant("href"),
            href("/users/", _CALLED.id),
            constant("user_firstname"),
            _CALLED.firstname,
            constant("user_lastname"),
            func.nullif(_CALLED.lastname, constant("")),
            type_=JSONB,
        )
    )
    .where(_CALLED.id == FuncKey.user_id)
    .scalar_subquery()
)
_NO_HREF: Any = literal_column("""'{"href": null}'::jsonb""", JSONB)
_GROUP_NAME = case(
    (
        FuncKey.group_id.is_not(None),
        func.jsonb_build_object(
            constant("group_name"),
            select(Group.name).where(Group.id == FuncKey.group_id).scalar_subquery(),
            type_=JSONB,
        ),
    ),
    else_=literal_column("'{}'::jsonb", JSONB),
)


def _keys(inherited: Any, *conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    """``{position: key}`` of the rows of ``FuncKey`` that meet the conditions."""
    destination: Any = FuncKey.destination
    key = json_object(
        id=FuncKey.id,
        label=FuncKey.label,
        blf=FuncKey.blf,
        destination=destination.concat(func.coalesce(_NAMES, _NO_HREF)).concat(_GROUP_NAME),
        inherited=inherited,
    )
    value: Any = aggregate_order_by(key, FuncKey.position)
    found = (
        select(func.json_object_agg(cast(FuncKey.position, Text), value, type_=JSON))
        .select_from(FuncKey)
        .where(*conditions)
        .scalar_subquery()
    )
    return func.coalesce(found, literal_column("'{}'::json"), type_=JSON)


def template_keys() -> ColumnElement[Any]:
    """The keys of a row of ``FuncKeyTemplate``."""
    return _keys(_FALSE, FuncKey.template_id == FuncKeyTemplate.id)


def user_keys() -> ColumnElement[Any]:
    """The keys of a row of ``User``: his own, and those of his template where he has none."""
    own = (
        select(FuncKeyTemplate.id)
        .where(FuncKeyTemplate.user_id == User.id)
        .correlate(User)
        .scalar_subquery()
    )
    public = (
        select(UserFuncKeyTemplate.template_id)
        .where(UserFuncKeyTemplate.user_id == User.id)
        .correlate(User)
        .scalar_subquery()
    )
    inherited = FuncKey.template_id.is_distinct_from(own)
    other = aliased(FuncKey)
    overridden = (
        select(other.id)
        .where(other.template_id == own, other.position == FuncKey.position)
        .correlate(FuncKey)
        .exists()
    )
    return _keys(inherited, FuncKey.template_id.in_((own, public)), or_(~inherited, ~overridden))


def links_of_users(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    """``{"total", "items"}`` of the rows of ``UserFuncKeyTemplate`` that meet the condition."""
    return envelope(
        json_object(
            user_id=UserFuncKeyTemplate.user_id,
            template_id=UserFuncKeyTemplate.template_id,
            links=links(
                link("users", "/users/", UserFuncKeyTemplate.user_id),
                link(
                    "func_keys_templates",
                    "/funckeys/templates/",
                    UserFuncKeyTemplate.template_id,
                ),
            ),
        ),
        condition,
        order=(UserFuncKeyTemplate.user_id,),
    )


TEMPLATE_ROWS = Rows(
    item={
        "id": FuncKeyTemplate.id,
        "name": FuncKeyTemplate.name,
        "keys": template_keys(),
        "links": links(link("func_keys_templates", "/funckeys/templates/", FuncKeyTemplate.id)),
    },
    columns={"name": FuncKeyTemplate.name},
    order="name",
    key=Key(FuncKeyTemplate.id),
    source=FuncKeyTemplate.__table__,
    entity=FuncKeyTemplate.entity_id,
    listed=FuncKeyTemplate.user_id.is_(None),
)
