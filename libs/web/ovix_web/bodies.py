"""Bodies of requests and answers: partial updates, nulls that mean a default, bounded values."""

from copy import copy
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StrictBool,
    ValidationError,
    create_model,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from starlette.requests import Request

Body = TypeVar("Body", bound=BaseModel)

INT32_MAX = 2**31 - 1
Int32 = Annotated[int, Field(ge=-(2**31), le=INT32_MAX)]
Count = Annotated[int, Field(ge=0, le=INT32_MAX)]
Id = Annotated[int, Field(ge=1, le=INT32_MAX)]
Strict = StrictBool
"""Only JSON's true and false; plain ``bool`` also takes 0, 1 and "true" (the lenient fields)."""


def text(max_length: int | None = None, min_length: int | None = None) -> Any:
    """Any text PostgreSQL can hold: ``Annotated[str, text(128)]``; a NUL is refused."""
    return Field(min_length=min_length, max_length=max_length, pattern=r"^[^\x00]*$")


Text = Annotated[str, text()]


@dataclass(frozen=True)
class NullMeansDefault:
    """Marks a field that takes null on creation, meaning "use the default" (never on edit)."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        described = handler(schema)
        return {"anyOf": [described, {"type": "null"}]}


class Schema(BaseModel):
    """A JSON object; unknown and read-only keys of a request are ignored."""

    model_config = ConfigDict(extra="ignore", from_attributes=True, defer_build=True)
    nullable_on_create: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.nullable_on_create = frozenset(
            name
            for name, field in cls.model_fields.items()
            if any(isinstance(mark, NullMeansDefault) for mark in field.metadata)
        )

    @model_validator(mode="before")
    @classmethod
    def _null_means_default(cls, given: Any) -> Any:
        if not cls.nullable_on_create or not isinstance(given, dict):
            return given
        return {
            key: value
            for key, value in given.items()
            if value is not None or key not in cls.nullable_on_create
        }


async def read_body(request: Request, schema: type[Body]) -> Body:
    """The validated body; a missing or null one is ``{}``. Read only once access is granted."""
    content = await request.body()
    try:
        return schema.model_validate_json(b"{}" if content.strip() in (b"", b"null") else content)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise RequestValidationError(
            [{**each, "loc": ("body", *each["loc"])} for each in found]
        ) from error


class Link(Schema):
    """Where a resource is found."""

    rel: str
    href: str


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


def partial_of(
    write: type[Schema], *, without: frozenset[str] = frozenset(), **more: Any
) -> type[Schema]:
    """The PUT body of a resource: the same fields and checks, none of them required.

    ``without`` names fields that are read-only once the resource exists; ``more`` gives fields
    that only an edit takes, as ``name=(type, default)``.
    """
    fields: dict[str, Any] = {}
    for name, field in write.model_fields.items():
        if name in without:
            continue
        optional: FieldInfo = copy(field)
        optional.metadata = [m for m in field.metadata if not isinstance(m, NullMeansDefault)]
        optional.default, optional.default_factory = None, None
        optional.json_schema_extra = _without_default
        fields[name] = (field.annotation, optional)
    name = write.__name__.replace("Create", "Update")
    return create_model(name, __base__=Schema, __doc__=write.__doc__, **fields, **more)


def list_of(read: type[Schema]) -> type[Schema]:
    """``{"total": n, "items": […]}``, the answer of every collection."""
    name = read.__name__.removesuffix("Read") + "List"
    return create_model(
        name,
        __base__=Schema,
        total=(Annotated[int, Field(ge=0)], ...),
        items=(list[read], ...),  # type: ignore[valid-type]  # made here
    )
