"""``/displays``: which fields of contacts are shown (reference/dird.md, A11 and part C)."""

from typing import Annotated, Any
from uuid import UUID

from ovix_schema import DirectoryDisplay
from ovix_web import Operation, Work
from ovix_web.bodies import Schema, text
from pydantic import Field, model_validator

from . import configured
from .listing import PARAMETERS

Short = Annotated[str, text(512)]


class DisplayColumn(Schema):
    """A column; those of type favorite and personal need no field."""

    field: Short | None = None
    title: Short | None = None
    type: Short | None = None
    default: Short | bool | int | float | None = None
    number_display: Short | None = None

    @model_validator(mode="after")
    def _shows_something(self) -> "DisplayColumn":
        if self.field is None and self.title is None and self.type is None:
            raise ValueError("a column has a field, a title or a type")
        return self


class DisplayWrite(Schema):
    """A display: its columns, in order."""

    name: Annotated[str, text(512, 1)]
    columns: Annotated[list[DisplayColumn], Field(min_length=1, max_length=100)]


class DisplayRead(DisplayWrite):
    """A display."""

    uuid: UUID
    entity_id: int | None


class DisplayList(Schema):
    """Displays."""

    total: int
    filtered: int
    items: list[DisplayRead]


async def list_displays(work: Work) -> object:
    """Every display."""
    found = await configured.rows(work, DirectoryDisplay)
    return configured.page(work, [_shown(each) for each in found])


async def create(work: Work) -> object:
    """A new display."""
    body = await work.body(DisplayWrite)
    await configured.must_be_free(work, DirectoryDisplay, body.name)
    display = DirectoryDisplay(name=body.name, columns=_columns(body), entity_id=work.entity_id)
    work.session.add(display)
    await work.session.flush()  # for its uuid
    configured.applies_on_commit(work)
    return _shown(display)


async def get_display(work: Work) -> object:
    """One display."""
    return _shown(await configured.this_one(work, DirectoryDisplay, "display"))


async def replace(work: Work) -> object:
    """Other columns."""
    display = await configured.to_change(work, DirectoryDisplay, "display")
    body = await work.body(DisplayWrite)
    await configured.must_be_free(work, DirectoryDisplay, body.name, display)
    display.name, display.columns = body.name, _columns(body)
    return None


async def delete_display(work: Work) -> object:
    """A display goes; profiles that had it show no columns."""
    await work.session.delete(await configured.to_change(work, DirectoryDisplay, "display"))
    return None


def _columns(body: DisplayWrite) -> list[dict[str, Any]]:
    return [each.model_dump() for each in body.columns]


def _shown(display: DirectoryDisplay) -> dict[str, Any]:
    return {
        "uuid": str(display.uuid),
        "name": display.name,
        "columns": display.columns,
        "entity_id": display.entity_id,
    }


_ONE = "/displays/{uuid:uuid}"
_TAKEN = {"responses": {"409": {"description": "The name is taken"}}}
_EXAMPLE = {
    "name": "short",
    "columns": [
        {"title": "Name", "type": "name", "field": "name"},
        {"title": "Mobile", "type": "number", "field": "phone_mobile",
         "number_display": "{name} (mobile)"},
    ],
}  # fmt: skip

OPERATIONS = (
    Operation(
        "GET",
        "/displays",
        "list_displays",
        list_displays,
        ("dird.displays.read",),
        query=PARAMETERS,
        answer=DisplayList,
    ),
    Operation(
        "POST",
        "/displays",
        "create_display",
        create,
        ("dird.displays.create",),
        status=201,
        body=DisplayWrite,
        body_example=_EXAMPLE,
        answer=DisplayRead,
        described=_TAKEN,
    ),
    Operation(
        "GET", _ONE, "get_display", get_display, ("dird.displays.{uuid}.read",), answer=DisplayRead
    ),
    Operation(
        "PUT",
        _ONE,
        "replace_display",
        replace,
        ("dird.displays.{uuid}.update",),
        status=204,
        body=DisplayWrite,
        body_example=_EXAMPLE,
        described=_TAKEN,
    ),
    Operation(
        "DELETE",
        _ONE,
        "delete_display",
        delete_display,
        ("dird.displays.{uuid}.delete",),
        status=204,
    ),
)
