"""One request at work: its session, who asks, whose objects are seen, the events to announce."""

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from ovix_bus import Event, emit
from ovix_schema import Entity
from ovix_web.database import DbSession
from ovix_web.errors import Unauthorized
from ovix_web.tokens import Identity, access
from pydantic import ValidationError
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.convertors import Convertor, register_url_convertor

from .errors import NotFound
from .schema import INT32_MAX, Schema

VERSION = "/1.1"
Body = TypeVar("Body", bound=Schema)
Row = TypeVar("Row")
Fact = TypeVar("Fact")
_UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


class _IdOrUuid(Convertor[str]):
    """What a path may name a user by."""

    regex = f"[0-9]+|{_UUID}"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("id_or_uuid", _IdOrUuid())


@dataclass(frozen=True)
class Key:
    """How a path names a row: by integer id, by uuid, by either, or by a text."""

    id: Any = None
    uuid: Any = None
    text: Any = None

    @property
    def convertor(self) -> str:
        """The path convertor; what it does not take is an unknown URL, hence 404."""
        if self.text is not None:
            return "str"
        if self.uuid is None:
            return "int"
        return "id_or_uuid" if self.id is not None else "uuid"

    @property
    def column(self) -> Any:
        """The column of what names the row in its URL."""
        return next(each for each in (self.text, self.id, self.uuid) if each is not None)

    def named(self, given: object) -> tuple[Any, object] | None:
        """The column and the value to look for; None for an id that no row can have."""
        if self.text is not None:
            return (self.text, given) if "\0" not in str(given) else None
        if isinstance(given, UUID):
            return self.uuid, given
        number = str(given)
        if self.uuid is not None and not number.isdecimal():
            return self.uuid, UUID(number)
        return (self.id, int(number)) if len(number) < 12 and int(number) <= INT32_MAX else None

    def of(self, row: object) -> Any:
        """The value that names the row in its URL."""
        return getattr(row, self.column.key)


class Work:
    """What rules, parts and views get: everything they may touch of one request."""

    __slots__ = ("_events", "_known", "base_url", "entity_id", "identity", "query", "session")

    def __init__(
        self,
        session: AsyncSession,
        identity: Identity,
        base_url: str,
        query: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.session = session
        self.identity = identity
        self.entity_id = identity.entity_id
        """The only entity whose objects are seen; None sees all."""
        self.base_url = base_url
        self.query = query
        """What the query string says."""
        self._events: list[Event] = []
        self._known: dict[Hashable, Any] = {}

    def part(self) -> "Work":
        """The work on one of many things of the request: announces apart, knows what all know."""
        part = Work(self.session, self.identity, self.base_url)
        part._known = self._known
        return part

    async def known(self, key: Hashable, ask: Callable[[], Awaitable[Fact]]) -> Fact:
        """A fact that the request itself does not change, asked for once."""
        if key not in self._known:
            self._known[key] = await ask()
        found: Fact = self._known[key]
        return found

    @property
    def events(self) -> tuple[Event, ...]:
        """What was announced, and not written yet."""
        return tuple(self._events)

    def own_uuid(self, title: str) -> UUID:
        """Who ``me`` is; 404 for a token that is no user's."""
        if self.identity.user_uuid is None:
            raise NotFound(title, uuid="me")
        return self.identity.user_uuid

    def announce(self, *events: Event) -> None:
        """Have the events published if, and only if, the request succeeds."""
        self._events += events

    def announce_creation(self, event: Event) -> None:
        """The same, before whatever was already told of the new thing's parts and links."""
        self._events.insert(0, event)

    async def write_events(self) -> None:
        """Put the announced events into the outbox, with one insert."""
        if self._events:
            await emit(self.session, *self._events)
            self._events.clear()

    def must_reach(self, entity: Any) -> None:
        """401 for a token of one entity, where what is to be changed belongs to all of them."""
        if entity is None and self.entity_id is not None:
            raise Unauthorized(reason="missing_permission")

    def owned(self, entity: Any) -> tuple[ColumnElement[bool], ...]:
        """The condition that hides rows of other entities; none when nothing is to hide."""
        if self.entity_id is None or entity is None:
            return ()
        return (entity == self.entity_id,)

    def entity_of_new(self) -> Any:
        """The entity a new object gets: the token's, else the default one, of lowest id."""
        if self.entity_id is not None:
            return self.entity_id
        return select(func.min(Entity.id)).scalar_subquery()


def base_url_of(request: Request) -> str:
    """What absolute links start with: the URL the client used, up to the version."""
    return (
        f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}{VERSION}"
    )


def working(*scopes: str) -> Any:
    """A dependency: the `Work` of a caller who holds one of the scopes.

    Its events are written before the session's transaction ends, hence in it.
    """

    async def begin(
        request: Request, session: DbSession, identity: Annotated[Identity, access(*scopes)]
    ) -> AsyncIterator[Work]:
        work = Work(session, identity, base_url_of(request), request.query_params)
        yield work
        await work.write_events()

    return Depends(begin, scope="function")


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
