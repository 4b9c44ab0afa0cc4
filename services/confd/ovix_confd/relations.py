"""How a resource shows other resources: reduced objects, the same everywhere."""

from typing import Any

from ovix_schema import Extension, User
from sqlalchemy import func, literal_column

from .kit import Link, Schema, json_object, link, links


class UserRelation(Schema):
    """A user, as other resources show him."""

    uuid: str
    firstname: str
    lastname: str | None
    links: list[Link]


class NamedRelation(Schema):
    """A resource with a name, as other resources show it."""

    id: int
    name: str
    links: list[Link]


class ExtensionRelation(Schema):
    """A number, as what it leads to shows it."""

    id: int
    exten: str
    context: str
    links: list[Link]


def extension_relation() -> Any:
    """The expression of an `ExtensionRelation`, from the columns of ``Extension``."""
    return json_object(
        id=Extension.id,
        exten=Extension.exten,
        context=Extension.context,
        links=links(link("extensions", "/extensions/", Extension.id)),
    )


def user_relation(**more: Any) -> Any:
    """The expression of a `UserRelation`, and ``more``, from the columns of ``User``."""
    return json_object(
        uuid=User.uuid,
        firstname=User.firstname,
        lastname=func.nullif(User.lastname, literal_column("''")),
        links=links(link("users", "/users/", User.uuid)),
        **more,
    )


def named_relation(model: Any, path: str) -> Any:
    """The expression of a `NamedRelation`, from the columns of a model with a name."""
    return json_object(
        id=model.id,
        name=model.name,
        links=links(link(path.strip("/").replace("/", "_"), f"{path}/", model.id)),
    )
