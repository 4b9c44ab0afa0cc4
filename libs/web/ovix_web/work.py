"""One request at work: its session, who asks, whose objects are seen, the events to announce."""

from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from orjson import Fragment
from ovix_bus import Event, emit
from ovix_schema import Entity
from pydantic import BaseModel
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from . import preconditions
from .bodies import read_body
from .errors import Unauthorized
from .tokens import Identity

Body = TypeVar("Body", bound=BaseModel)
Fact = TypeVar("Fact")


class Work:
    """Everything that what a request does may touch of it; nobody but its route commits."""

    __slots__ = (
        "_events",
        "_known",
        "base_url",
        "entity_id",
        "headers",
        "identity",
        "request",
        "session",
        "steps",
    )

    def __init__(
        self,
        request: Request,
        session: AsyncSession,
        identity: Identity | None,
        base_url: str,
        entity_id: int | None,
    ) -> None:
        self.request = request
        self.session = session
        self.identity = identity
        """Who asks; None where no token is asked for."""
        self.entity_id = entity_id
        """The only entity whose objects are seen: the token's, or that of ``Wazo-Tenant``, which is
        the same or one below it. None sees all."""
        self.base_url = base_url
        """What absolute links start with: the URL the client used, up to the version."""
        self.headers: dict[str, str] = {}
        """Headers of the answer."""
        self.steps: list[Any] = []
        """What was done, each a `trial.Step`, for whoever asks for a dry run."""
        self._events: list[Event] = []
        self._known: dict[Hashable, Any] = {}

    def part(self) -> "Work":
        """The work on one of many things of the request: announces apart, knows what all know."""
        part = Work(self.request, self.session, self.identity, self.base_url, self.entity_id)
        part._known = self._known
        return part

    @property
    def path(self) -> Mapping[str, Any]:
        """What the path names."""
        return self.request.path_params

    @property
    def query(self) -> Mapping[str, str]:
        """What the query string says."""
        return self.request.query_params

    def _tag_of(self, shown: str) -> str:
        """The tag of an item's JSON: the same through whatever address it is read."""
        return preconditions.tag_of(shown.replace(self.base_url, "").encode())

    def tagged(self, shown: str) -> object:
        """The answer that shows an item: with its tag, or 304 where the client has it already."""
        tag = self.headers["ETag"] = self._tag_of(shown)
        known = self.request.method == "GET" and preconditions.is_known(self.request, tag)
        return Response(status_code=304) if known else Fragment(shown)

    async def must_be_unchanged(self, title: str, show: Callable[[], Awaitable[str]]) -> None:
        """412 unless the item, locked by now, is one that ``If-Match`` names, if it names any."""
        if preconditions.demands(self.request):
            preconditions.check(self.request, self._tag_of(await show()), title)

    async def body(self, schema: type[Body]) -> Body:
        """The validated body; 400 for one that is not like that."""
        return await read_body(self.request, schema)

    async def known(self, key: Hashable, ask: Callable[[], Awaitable[Fact]]) -> Fact:
        """A fact that the request itself does not change, asked for once."""
        if key not in self._known:
            self._known[key] = await ask()
        found: Fact = self._known[key]
        return found

    @property
    def own_uuid(self) -> UUID | None:
        """The user who asks; None for a token that is no user's."""
        return None if self.identity is None else self.identity.user_uuid

    @property
    def events(self) -> tuple[Event, ...]:
        """What was announced, and not written yet."""
        return tuple(self._events)

    def announce(self, *events: Event) -> None:
        """Have the events published if, and only if, the request succeeds."""
        self._events += events

    def announce_creation(self, event: Event) -> None:
        """The same, before whatever was already told of the new thing's parts and links."""
        self._events.insert(0, event)

    def forget_events(self) -> None:
        """Nothing of what was announced has happened."""
        self._events.clear()

    async def write_events(self) -> None:
        """Put the announced events into the outbox, with one insert."""
        if self._events:
            await emit(self.session, *self._events)
            self._events.clear()

    def must_reach(self, entity: Any) -> None:
        """401 for a request about one entity, where what shall be changed belongs to all."""
        if entity is None and self.entity_id is not None:
            raise Unauthorized(reason="missing_permission")

    def owned(self, entity: Any) -> tuple[ColumnElement[bool], ...]:
        """The condition that hides rows of other entities; none when nothing is to hide."""
        if self.entity_id is None or entity is None:
            return ()
        return (entity == self.entity_id,)

    def entity_of_new(self) -> Any:
        """The entity a new object gets: the request's, else the default one, of lowest id."""
        if self.entity_id is not None:
            return self.entity_id
        return select(func.min(Entity.id)).scalar_subquery()
