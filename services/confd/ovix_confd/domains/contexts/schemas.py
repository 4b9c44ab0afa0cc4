"""Bodies of contexts."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from ...kit import Link, Schema, Strict, Text, partial_of, text

ContextType = Literal["internal", "incall", "outcall", "services", "others"]
Number = Annotated[str, Field(pattern=r"^[0-9]{1,16}$")]


RESERVED = ("xivo-subr", "xivo-emergency-")
"""Calls of all entities run through contexts whose names begin so."""


def _not_the_platforms(name: str) -> str:
    if name.startswith(RESERVED):
        raise ValueError(f"must not begin with one of ({', '.join(RESERVED)})")
    return name


class Range(Schema):
    """Numbers from start to end; a missing or null end means start alone."""

    start: Number
    end: Number | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        self.end = self.start if self.end is None else self.end
        if len(self.start) != len(self.end) or self.start > self.end:
            raise ValueError("start and end must be of the same length, and start not after end")
        return self


class IncallRange(Range):
    """Numbers of which the provider sends the last ``did_length`` digits (0: all)."""

    # XiVO sets no end; the dialplan holds a pattern of as many digits.
    did_length: Annotated[int, Field(ge=0, le=40)] = 0


class ContextCreate(Schema):
    """A context to create."""

    # Stricter than XiVO's plain 39 characters: the name becomes a section of extensions.conf.
    name: Annotated[
        str, Field(pattern=r"^[a-zA-Z0-9_-]{1,39}$"), AfterValidator(_not_the_platforms)
    ]
    label: Annotated[str, text(128)] | None = None
    type: ContextType = "internal"
    user_ranges: list[Range] = Field(default_factory=list)
    group_ranges: list[Range] = Field(default_factory=list)
    queue_ranges: list[Range] = Field(default_factory=list)
    conference_room_ranges: list[Range] = Field(default_factory=list)
    incall_ranges: list[IncallRange] = Field(default_factory=list)
    description: Text | None = None
    enabled: Strict = True


ContextUpdate = partial_of(ContextCreate, without=frozenset({"name"}))


class RangeRead(Schema):
    """Numbers from start to end, both included."""

    start: str
    end: str


class IncallRangeRead(RangeRead):
    """The same, with the number of digits that are received."""

    did_length: int


class IncludedContext(Schema):
    """A context included by another."""

    id: int
    name: str
    label: str | None
    links: list[Link]


class ContextRead(Schema):
    """A context."""

    id: int
    name: str
    label: str | None
    type: ContextType
    user_ranges: list[RangeRead]
    group_ranges: list[RangeRead]
    queue_ranges: list[RangeRead]
    conference_room_ranges: list[RangeRead]
    incall_ranges: list[IncallRangeRead]
    description: str | None
    enabled: bool
    contexts: list[IncludedContext]
    links: list[Link]
