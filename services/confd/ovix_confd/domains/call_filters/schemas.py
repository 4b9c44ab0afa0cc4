"""Bodies of call filters."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from ...destinations import Destination
from ...kit import Count, Link, Schema, Strict, Text, partial_of, text
from ...relations import UserRelation

MOST_SURROGATES = 30
"""Their interfaces, joined, still fit one line of Asterisk's protocol."""


class CallFilterCreate(Schema):
    """A call filter to create."""

    name: Annotated[str, text(128, 1)]
    strategy: Literal[
        "all-recipients-then-linear-surrogates",
        "all-recipients-then-all-surrogates",
        "linear-surrogates-then-all-recipients",
        "all-surrogates-then-all-recipients",
        "all",
    ] = Field(
        description="Who is rung, and in which order. Where surrogates come first the recipient is"
        " not rung himself, as in XiVO: the fallback may lead to him."
    )
    source: Literal["internal", "external", "all"] = Field(description="Which calls are filtered.")
    caller_id_mode: Literal["prepend", "overwrite", "append"] | None = None
    caller_id_name: Annotated[str, text(80)] | None = None
    surrogates_timeout: Count | None = Field(
        None, description="Seconds that surrogates are rung together; null or 0: no limit."
    )
    description: Text | None = None
    enabled: Strict = Field(True, description="Whether it filters once a surrogate is active.")


CallFilterUpdate = partial_of(CallFilterCreate)


class RecipientRead(UserRelation):
    """The boss."""

    timeout: int | None


class SurrogateRead(UserRelation):
    """A secretary."""

    member_id: int = Field(description="What function keys name: `filter_member_id`.")
    exten: str | None = Field(description="Switches her on and off; null: the code is disabled.")
    active: bool = Field(description="Whether she takes the boss's calls now. Not in XiVO.")


class RecipientsRead(Schema):
    """Whose calls are filtered."""

    users: list[RecipientRead]


class SurrogatesRead(Schema):
    """Who takes them, in order."""

    users: list[SurrogateRead]


class CallFilterFallbacks(Schema):
    """Where calls go that nobody takes; PUT replaces it."""

    noanswer_destination: Destination | None = None


class CallFilterRead(Schema):
    """A call filter."""

    id: int
    name: str
    strategy: str
    source: str
    caller_id_mode: str | None
    caller_id_name: str | None
    surrogates_timeout: int | None
    description: str | None
    enabled: bool
    recipients: RecipientsRead
    surrogates: SurrogatesRead
    fallbacks: CallFilterFallbacks
    links: list[Link]


class Recipient(Schema):
    """A user to be the boss."""

    uuid: UUID
    timeout: Count | None = Field(
        None, description="Seconds that he is rung; null or 0: until the caller hangs up."
    )


class Recipients(Schema):
    """The boss, or nobody."""

    users: Annotated[list[Recipient], Field(max_length=1)]


class Surrogate(Schema):
    """A user to be a secretary."""

    uuid: UUID


class Surrogates(Schema):
    """All secretaries, in the order in which they are rung."""

    users: Annotated[list[Surrogate], Field(max_length=MOST_SURROGATES)]
