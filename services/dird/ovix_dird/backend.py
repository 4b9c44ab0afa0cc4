"""What a back end is: how sources of one type are configured, opened and asked.

Back ends are entry points of the group ``ovix_dird.backends``, named as the type that sources give.
Everything they need is handed to them; what they raise but `SourceFailed` is a fault of theirs.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Protocol

import httpx
from ovix_web import Sessions
from ovix_web.bodies import text
from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy.ext.asyncio import AsyncEngine

from .links import is_link_template
from .reach import EVERYWHERE, Reach
from .statements import Statements

Name = Annotated[str, text(512, 1)]
Column = Annotated[str, text(128, 1)]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks something up."""

    user_uuid: str | None = None
    """Whose personal contacts and favorites are seen; None: nobody's."""
    entity_id: int | None = None
    """The only entity whose users are seen; None sees all."""
    country: str | None = None
    """ISO 3166 alpha-2 of the country in which national numbers are read."""


@dataclass(frozen=True, slots=True)
class Relations:
    """What links a contact to presence: the keys of lines, users and agents."""

    xivo_id: str | None = None
    user_id: int | None = None
    user_uuid: str | None = None
    endpoint_id: int | None = None
    agent_id: int | None = None


NO_RELATIONS = Relations()


@dataclass(frozen=True, slots=True)
class Contact:
    """One hit of one source."""

    fields: Mapping[str, Any]
    """The source's fields, with the results of ``format_columns`` put over them."""
    entry_id: str | None = None
    """Unique inside the source; None: it can't be a favorite."""
    relations: Relations = field(default=NO_RELATIONS)
    rank: int = 0
    """How well it matches what was searched: lower is better (``matching.rank``)."""


class SourceFailed(Exception):
    """The source can't answer. The text goes to the log and to clients: no secret in it."""


class ViewerRefused(SourceFailed):
    """The source is there, and can't answer this viewer: his own account is not accepted."""


@dataclass(frozen=True, slots=True)
class Remembering:
    """For how long the engine may give a number's contact without asking the source."""

    fresh_s: float = 0.0
    """0: it is asked each time; what it said is used only while it is late or away."""
    by_user: bool = True
    """Whether users may get different answers to one question."""


class SourceSettings(BaseModel):
    """What sources of every type have; a back end adds its own keys."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    remembering: ClassVar[Remembering | None] = None
    """How the engine remembers whose number it was; None, for contacts in memory: not at all."""
    secrets: ClassVar[frozenset[str]] = frozenset()
    """Names of the fields that lists and ``/config`` don't show."""
    paths: ClassVar[frozenset[str]] = frozenset()
    """Names of the fields that are paths of files, with a dot of those in another: clients may only
    name files that were set aside."""

    name: Name
    searched_columns: list[Column] = Field(default_factory=list, max_length=64)
    """The fields that a lookup searches; none: the source is not found by lookups."""
    first_matched_columns: list[Column] = Field(default_factory=list, max_length=64)
    """The fields that hold numbers which a reverse lookup compares."""
    format_columns: dict[Column, Annotated[str, text(1024)]] = Field(
        default_factory=dict, max_length=128
    )
    """Templates of the fields that displays show: ``{"name": "{firstname} {lastname}"}``."""
    unique_column: Column | None = None
    """The field by which a contact is found again; None: contacts can't be favorites."""
    contact_url: Annotated[str, text(1024)] | None = None
    """Where a contact's page is: ``https://crm.example/contacts/{id}``, for screen pops."""

    @field_validator("contact_url")
    @classmethod
    def _names_its_host(cls, given: str | None) -> str | None:
        if given is not None and not is_link_template(given):
            raise ValueError("must begin with http(s)://, a host without braces, and a slash")
        return given


class Source(Protocol):
    """One configured directory, opened. Every method raises `SourceFailed` when it can't answer.

    Methods run under a time-out of the engine's: they are cancelled when they take longer.
    """

    async def search(self, term: str, viewer: Viewer) -> Sequence[Contact]:
        """The contacts that match, best first; an empty term matches all of them."""
        ...

    async def first_match(self, number: str, viewer: Viewer) -> Contact | None:
        """A contact with this number in one of the ``first_matched_columns``."""
        ...

    async def first_matches(self, numbers: Sequence[str], viewer: Viewer) -> Mapping[str, Contact]:
        """The same of many numbers, by number as it was asked; unknown ones are left out."""
        ...

    async def contacts(self, entry_ids: Sequence[str], viewer: Viewer) -> Sequence[Contact]:
        """The contacts of these ids, in any order; unknown ones are left out."""
        ...

    async def close(self) -> None:
        """Give back connections, watches and memory."""
        ...


class FileWatcher(Protocol):
    """Tells of files that change."""

    def watch(self, path: Path, changed: Callable[[], Awaitable[None]]) -> Callable[[], None]:
        """Have ``changed`` awaited whenever the file (or directory) is another than before.

        Calls of one watch never overlap. Gives a function that ends the watch.
        """
        ...


class Linked(Protocol):
    """Tells what reaches the accounts that users linked in auth."""

    async def access_token(self, user_uuid: str, service: str) -> str | None:
        """An access token that is fresh; None: no account is linked. Raises `SourceFailed`."""
        ...


@dataclass(frozen=True, slots=True)
class Resources:
    """What sources share."""

    sessions: Sessions
    engine: AsyncEngine
    http: httpx.AsyncClient
    files: FileWatcher
    reach: Reach = EVERYWHERE
    """Which machines the source may reach; ``http`` heeds it by itself."""
    results_max: int = 1000
    """How many hits a source gives at most."""
    statements: Statements = field(default_factory=lambda: Statements("", size=1, timeout_s=1))
    """For back ends whose contacts lie in our database; by default there is none."""
    linked: Linked | None = None
    """For sources that show each viewer his own contacts; None: there are no such."""


class Backend(Protocol):
    """Sources of one type."""

    settings: type[SourceSettings]

    async def open(self, settings: Any, resources: Resources) -> Source:
        """A source, from settings that are an instance of ``settings``.

        Raises `SourceFailed` where it can't be opened now: it is tried again later.
        """
        ...
