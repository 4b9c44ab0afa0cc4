"""Labels of users, private to the administration (features.md: F-205, F-206).

Beside XiVO's confd, where the administration keeps them to itself. A user bears those that
``labels`` of his own body names.
"""

from typing import Annotated

from ovix_bus.catalogue import labels
from ovix_schema import Label, UserLabel
from pydantic import Field
from sqlalchemy import func, select

from ...kit import (
    Announces,
    Example,
    Key,
    Link,
    ResourceSpec,
    Rows,
    Schema,
    Text,
    link,
    links,
    partial_of,
    taken,
)


class LabelCreate(Schema):
    """A label to create. The ``;`` separates labels in CSV."""

    display_name: Annotated[str, Field(pattern=r"^[^\x00\n\r\t;]{1,128}$")]
    description: Text | None = None


class LabelRead(Schema):
    """A label."""

    id: int
    display_name: str
    description: str | None
    users_count: int
    links: list[Link]


_USERS_COUNT = (
    select(func.count())
    .select_from(UserLabel)
    .where(UserLabel.label_id == Label.id)
    .scalar_subquery()
)

LABELS = ResourceSpec(
    name="label",
    title="Label",
    path="/labels",
    model=Label,
    read=LabelRead,
    create=LabelCreate,
    update=partial_of(LabelCreate),
    rows=Rows(
        item={
            "id": Label.id,
            "display_name": Label.display_name,
            "description": Label.description,
            "users_count": _USERS_COUNT,
            "links": links(link("labels", "/labels/", Label.id)),
        },
        columns={
            "id": Label.id,
            "display_name": Label.display_name,
            "description": Label.description,
            "users_count": _USERS_COUNT,
        },
        searched=(Label.display_name, Label.description),
        order="display_name",
        key=Key(Label.id),
        source=Label.__table__,
        entity=Label.entity_id,
    ),
    announces=Announces(
        created=labels.label_created, edited=labels.label_edited, deleted=labels.label_deleted
    ),
    conflicts={"uq_labels_entity_id_display_name": taken("Label")},
    example=Example(
        body={"display_name": "First floor", "description": "From reception to the canteen"},
        change={"description": None},
        vary=lambda n: {"display_name": f"Floor {n}"},
    ),
)
SPECS = (LABELS,)
