"""Function keys and templates, as they come and go."""

from typing import Annotated, Any

from pydantic import Field

from ...kit import Id, Link, Schema, Strict, partial_of, text
from .destinations import Destination

Position = Id
"""Where on the phone; keys of JSON objects are texts, hence digits."""
Label = Annotated[str, Field(max_length=128, pattern=r"^[^\x00\n\r\t;]*$")]


class FuncKeyWrite(Schema):
    """A function key; ``id`` and ``inherited`` are read-only, hence ignored."""

    label: Label | None = None
    blf: Strict = True
    destination: Destination


class FuncKeyRead(Schema):
    """A function key."""

    id: int
    label: str | None
    blf: bool
    destination: dict[str, Any] = Field(
        description="As it was given, with `href`: where the object is, null where there is none."
    )
    inherited: bool = Field(description="Whether it comes from the public template of the user.")


class FuncKeyTemplateCreate(Schema):
    """A public template to create."""

    name: Annotated[str, text(128)] | None = None
    keys: dict[Position, FuncKeyWrite] = Field(default_factory=dict)


FuncKeyTemplateUpdate = partial_of(FuncKeyTemplateCreate)


class FuncKeyTemplateRead(Schema):
    """A template; the names of ``keys`` are positions."""

    id: int
    name: str | None
    keys: dict[str, FuncKeyRead]
    links: list[Link]


class UserFuncKeysWrite(Schema):
    """All keys of a user's own."""

    keys: dict[Position, FuncKeyWrite] = Field(default_factory=dict)


class UserFuncKeysRead(Schema):
    """The keys of a user's phone: those of his template, and his own instead or beside."""

    id: None
    name: None
    keys: dict[str, FuncKeyRead]


class UserFuncKeyTemplateRead(Schema):
    """The link of a user and his template."""

    user_id: int
    template_id: int
    links: list[Link]


class UserFuncKeyTemplatesRead(Schema):
    """Links of users and templates."""

    total: int
    items: list[UserFuncKeyTemplateRead]


class ParameterRead(Schema):
    """A field of a destination."""

    name: str
    values: list[str] | None = Field(None, description="What to choose from; absent: anything.")
    collection: str | None = Field(None, description="Where the objects are; absent: not told.")


class DestinationKindRead(Schema):
    """A kind of destination."""

    type: str
    parameters: list[ParameterRead]
