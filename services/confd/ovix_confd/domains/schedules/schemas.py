"""Bodies of schedules."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from ...destinations import Destination
from ...kit import Link, Schema, partial_of, text
from ...relations import NamedRelation, UserRelation

Hour = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
WeekDay = Annotated[int, Field(ge=1, le=7)]
MonthDay = Annotated[int, Field(ge=1, le=31)]
Month = Annotated[int, Field(ge=1, le=12)]
EVERY_DAY = list(range(1, 8))
EVERY_MONTH_DAY = list(range(1, 32))
EVERY_MONTH = list(range(1, 13))


class Period(Schema):
    """Hours of certain days; what is left out means any day."""

    hours_start: Hour
    hours_end: Hour
    week_days: Annotated[list[WeekDay], Field(min_length=1, max_length=7)] = EVERY_DAY
    month_days: Annotated[list[MonthDay], Field(min_length=1, max_length=31)] = EVERY_MONTH_DAY
    months: Annotated[list[Month], Field(min_length=1, max_length=12)] = EVERY_MONTH

    @model_validator(mode="after")
    def _starts_before_it_ends(self) -> Self:
        if self.hours_start > self.hours_end:
            raise ValueError("hours_start is after hours_end")
        return self


class ExceptionalPeriod(Period):
    """A period with a destination of its own, stronger than the open ones."""

    destination: Destination


class ScheduleCreate(Schema):
    """A schedule to create."""

    name: Annotated[str, text(128)] | None = None
    timezone: Annotated[str, text(128)] | None = None
    closed_destination: Destination
    open_periods: list[Period] = Field(default_factory=list)
    exceptional_periods: list[ExceptionalPeriod] = Field(default_factory=list)
    enabled: bool = True


ScheduleUpdate = partial_of(ScheduleCreate)


class ScheduleRead(Schema):
    """A schedule."""

    id: int
    name: str | None
    timezone: str | None
    closed_destination: Destination
    open_periods: list[Period]
    exceptional_periods: list[ExceptionalPeriod]
    enabled: bool
    incalls: list[NamedRelation]
    users: list[UserRelation]
    groups: list[NamedRelation]
    outcalls: list[NamedRelation]
    queues: list[NamedRelation]
    links: list[Link]
