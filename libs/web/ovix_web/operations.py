"""Operations: one method on one path, as a value that is routed, and described when asked for.

Where a service has hundreds of paths, FastAPI's routes cost megabytes, and time on every request:
each keeps the tree of its dependencies, and models of what it takes and gives. An `Operation` keeps
a few references. Its request is one transaction, begun when
the caller is known to have access and ended before anything is sent.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import KW_ONLY, dataclass, field
from functools import partial
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from .idempotency import once
from .responses import OrjsonResponse
from .tenants import HEADER, entity_of_request
from .tokens import Identity, caller
from .trial import tried
from .work import Work

UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


class _IdOrUuid(Convertor[str]):
    """What a path may name a user by."""

    regex = f"[0-9]+|{UUID}"

    def convert(self, value: str) -> str:
        """In lower case, as tokens name their holders: a denial of ``me`` holds in any spelling."""
        return value.lower()

    def to_string(self, value: str) -> str:
        return value


class _UuidOrMe(_IdOrUuid):
    """What a path of auth may name a holder of tokens by."""

    regex = f"me|{UUID}"


register_url_convertor("id_or_uuid", _IdOrUuid())
register_url_convertor("uuid_or_me", _UuidOrMe())


@dataclass(frozen=True, slots=True)
class Operation:
    """What one method on one path does, who may ask for it, and what is told of it."""

    method: str
    path: str
    """Below the version: ``/groups/{id:int}``, with the convertors of Starlette."""
    name: str
    """The operation id: ``get_group``."""
    does: Callable[[Work], Awaitable[object]]
    """Gives what is answered as JSON, None for an answer without content, or a `Response`."""
    scopes: tuple[str, ...] | None
    """Access strings of which the caller must hold one, with the path's values filled in; empty:
    any valid token will do; None: no token is asked for, and nobody's entity or user is known."""
    _: KW_ONLY
    status: int = 200
    answer: type[BaseModel] | None = None
    """What the answer is like; not validated at run time, but by the tests of the contract."""
    example: Any = None
    """Members of an answer, as far as their names and types do not tell."""
    body: type[BaseModel] | None = None
    """What `Work.body` is asked for."""
    body_example: Any = None
    query: Mapping[str, str] = field(default_factory=dict)
    """The parameters of the query string, and what they mean."""
    conditional: bool = False
    """Whether ``If-Match`` (of a GET, ``If-None-Match``) is heeded."""
    can_be_tried: bool = False
    """Whether it heeds ``?dry_run=true``; it must note its steps in `Work.steps`."""
    deprecated: bool = False
    summary: str = ""
    described: Mapping[str, Any] = field(default_factory=dict)
    """What the description says beside or instead of what follows from the above."""

    @property
    def creates(self) -> bool:
        """Whether it may be asked for twice, by an account that is known, and must create once."""
        return self.method == "POST" and self.status == 201 and self.scopes is not None

    def operations(self) -> Iterable["Operation"]:
        """Itself: among specs that have several, it is one."""
        return (self,)

    async def answered(self, request: Request, prefix: str) -> Response:
        """Does it, in a transaction that has ended when the answer is given."""
        identity = None if self.scopes is None else await caller(request, self.scopes)
        entity_id = None if identity is None else await _entity_of(request, identity)
        if self.body is not None:
            # While a slow client sends it, no connection is kept from others; `Work.body` has it.
            await request.body()
        is_keyed = self.creates and identity is not None and "idempotency-key" in request.headers
        state = request.app.state
        async with state.keyed if is_keyed else nullcontext(), state.sessions.begin() as session:
            work = Work(request, session, identity, _base_url(request, prefix), entity_id)
            if is_keyed and identity is not None:
                return await once(work, identity.auth_id, partial(self._done, work))
            return await self._done(work)

    async def _done(self, work: Work) -> Response:
        found = await (tried(work, self.does) if self.can_be_tried else self.does(work))
        await work.write_events()
        if isinstance(found, Response):
            found.headers.update(work.headers)
            return found
        if found is None:
            return Response(status_code=self.status, headers=work.headers)
        # What has nothing to tell when it is done, tells what it would do.
        return OrjsonResponse(found, 200 if self.can_be_tried else self.status, work.headers)


async def _entity_of(request: Request, identity: Identity) -> int | None:
    """Which entity it is about; a connection only where the header names one, and not for long.

    What is done may wait for others before it needs the database.
    """
    named = request.headers.get(HEADER)
    if not named:
        return identity.entity_id
    async with request.app.state.sessions() as session:
        return await entity_of_request(session, identity.entity_id, named)


def _base_url(request: Request, prefix: str) -> str:
    url = request.url
    return f"{url.scheme}://{url.netloc}{request.scope.get('root_path', '')}{prefix}"


class OperationRoute(Route):
    """All operations of one path, by their method."""

    def __init__(self, prefix: str, path: str, operations: Mapping[str, Operation]) -> None:
        self.prefix = prefix
        self.operations = operations
        super().__init__(prefix + path, self._answered, methods=(), name=path)
        self.methods = set(operations)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As any route; FastAPI tells the logs and figures which it was of its own routes only."""
        match, child = super().matches(scope)
        return match, {**child, "route": self}

    async def _answered(self, request: Request) -> Response:
        return await self.operations[request.method].answered(request, self.prefix)


def mount_operations(app: FastAPI, prefix: str, operations: Iterable[Operation]) -> None:
    """Route them below the prefix; where two paths fit a request, the first one has it."""
    by_path: dict[str, dict[str, Operation]] = {}
    for each in operations:
        by_path.setdefault(each.path, {})[each.method] = each
    app.router.routes += [OperationRoute(prefix, path, of) for path, of in by_path.items()]
