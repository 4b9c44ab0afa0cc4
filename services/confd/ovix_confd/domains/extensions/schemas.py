"""Bodies of extensions and feature codes."""

from typing import Annotated, Any

from ovix_telephony.extensions import stored_extension
from pydantic import AfterValidator, Field

from ...kit import Link, Schema, Text, partial_of
from ...relations import NamedRelation

Exten = Annotated[
    str,
    Field(pattern=r"^[*#0-9_XxZzNn\[\].!-]{1,40}$"),
    AfterValidator(stored_extension),
]
"""A number or pattern, in the form that is stored."""


class ExtensionCreate(Schema):
    """An extension to create; ``commented`` and ``enabled`` are opposites, the latter wins."""

    exten: Exten
    context: Annotated[Text, Field(max_length=39)]
    commented: bool | None = None
    enabled: bool | None = None


ExtensionUpdate = partial_of(ExtensionCreate)


class LineOfExtension(Schema):
    """A line reached by the extension."""

    id: int
    links: list[Link]


class ExtensionRead(Schema):
    """An extension."""

    id: int
    exten: str
    context: str
    commented: bool
    enabled: bool
    conference: None
    parking_lot: None
    group: NamedRelation | None
    incall: None
    lines: list[LineOfExtension]
    outcall: NamedRelation | None
    queue: None
    links: list[Link]


class FeatureCodeCreate(Schema):
    """What can be changed of a feature code; none is created through the API."""

    exten: Exten
    enabled: bool


FeatureCodeUpdate = partial_of(FeatureCodeCreate)


class FeatureCodeRead(Schema):
    """A feature code."""

    id: int
    exten: str
    context: str
    feature: str
    enabled: bool
    links: list[Link]


def enabled_of(values: dict[str, Any]) -> bool | None:
    """Whether the extension is to be enabled, if the body says so at all."""
    if values.get("enabled") is not None:
        return bool(values["enabled"])
    if values.get("commented") is not None:
        return not values["commented"]
    return None
