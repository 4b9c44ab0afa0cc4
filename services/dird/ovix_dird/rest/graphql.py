"""``/graphql``: whom numbers belong to, as later releases ask (reference/dird.md, part C).

Two questions and nothing else: ``me`` and ``user(uuid)``, each with the contacts of some numbers.
"""

from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from graphql import (
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLResolveInfo,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    build_schema,
    execute,
    parse,
    validate,
)
from ovix_web import Operation, Work
from ovix_web.bodies import Schema, text
from ovix_web.responses import OrjsonResponse
from pydantic import Field

from ..backend import Viewer
from ..engine import Hit
from ..errors import UnknownProfile
from . import asking
from .lookups import NUMBERS_MAX

TOKENS_MAX = 1000
DEPTH_MAX = 12
"""Of fields in fields: contacts need five."""
ERRORS_MAX = 10

SCHEMA = build_schema("""
type Query {
  "The user of the token."
  me: User
  "Any user, for programs."
  user(uuid: String!): User
}

type User {
  userUuid: String
  "One edge for each number, in order; its node is null where nobody has the number."
  contacts(profile: String, extens: [String!]): ContactConnection
}

type ContactConnection { edges: [ContactEdge!]! }

type ContactEdge { node: Contact }

interface Contact {
  firstname: String
  lastname: String
  email: String
  wazoReverse: String
  wazoBackend: String
  wazoSourceName: String
  wazoSourceEntryId: String
}

type PlainContact implements Contact {
  firstname: String
  lastname: String
  email: String
  wazoReverse: String
  wazoBackend: String
  wazoSourceName: String
  wazoSourceEntryId: String
}

"A user of this system, or of another one."
type WazoContact implements Contact {
  firstname: String
  lastname: String
  email: String
  wazoReverse: String
  wazoBackend: String
  wazoSourceName: String
  wazoSourceEntryId: String
  userId: Int
  userUuid: String
  endpointId: Int
  agentId: Int
}
""")


class GraphqlQuery(Schema):
    """A query, and the values of its variables."""

    query: Annotated[str, text(65_536, 1)]
    variables: dict[str, Any] | None = None
    operationName: Annotated[str, text(256)] | None = None


class GraphqlFault(Schema):
    """What went wrong, and where in the query."""

    message: str
    extensions: dict[str, Any] = Field(default_factory=dict)


class GraphqlAnswer(Schema):
    """What was asked for; ``errors`` are left out where there are none."""

    data: dict[str, Any] | None = None
    errors: list[GraphqlFault] | None = None


class _Refused(GraphQLError):
    """An expected refusal; clients know it by its ``error_id``."""

    def __init__(self, message: str, error_id: str) -> None:
        super().__init__(message, extensions={"error_id": error_id})


async def graphql(work: Work) -> object:
    """What a query asks for: 200, also with errors beside the data; 400 where it is no query."""
    body = await work.body(GraphqlQuery)
    try:
        document = parse(body.query, no_location=False, max_tokens=TOKENS_MAX)
    except GraphQLError as error:
        return _refused([error])
    faults: list[GraphQLError] = validate(SCHEMA, document, max_errors=ERRORS_MAX)
    if faults:
        return _refused(faults)
    depths = _Depths(
        {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
    )
    for each in document.definitions:
        if not isinstance(each, OperationDefinitionNode):
            continue
        if each.operation is not OperationType.QUERY:
            return _refused([GraphQLError("Only queries are answered")])
        if depths.of(each.selection_set) > DEPTH_MAX:
            return _refused([GraphQLError(f"The query is deeper than {DEPTH_MAX} fields")])
    found = execute(
        SCHEMA,
        document,
        context_value=_Asking(work),
        variable_values=body.variables,
        operation_name=body.operationName,
    )
    result = found if isinstance(found, ExecutionResult) else await found
    for told in result.errors or ():
        fault = told.original_error
        if fault is not None and not isinstance(fault, GraphQLError):
            raise fault  # a fault of ours, or the database is away: told as on every route
    if result.data is None and result.errors:
        return _refused(result.errors)
    return result.formatted


def _refused(errors: Sequence[GraphQLError]) -> OrjsonResponse:
    return OrjsonResponse({"errors": [each.formatted for each in errors]}, 400, {})


class _Depths:
    """How deep fields lie in fields. Validation has refused fragments that hold themselves."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._known: dict[str, int] = {}

    def of(self, selected: SelectionSetNode | None) -> int:
        """The deepest field's depth; each fragment is looked at once, however often it is used."""
        return max((self._each(each) for each in selected.selections), default=0) if selected else 0

    def _each(self, node: Any) -> int:
        if isinstance(node, FragmentSpreadNode):
            name = node.name.value
            if name not in self._known:
                self._known[name] = self.of(self._fragments[name].selection_set)
            return self._known[name]
        return self.of(node.selection_set) + (1 if isinstance(node, FieldNode) else 0)


class _Asking:
    """What one query may ask for: as whom, and about how many numbers in all."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self._numbers = 0

    def must_hold(self, scope: str) -> None:
        if self.work.identity is None or not self.work.identity.allows(scope):
            raise _Refused(f"Unauthorized: {scope} is needed", "unauthorized")

    def counts(self, numbers: int) -> None:
        self._numbers += numbers
        if self._numbers > NUMBERS_MAX:
            raise _Refused(f"At most {NUMBERS_MAX} extens in one query", "too-many-extens")


Info: TypeAlias = GraphQLResolveInfo[_Asking]


class _User:
    """A user, and what they see."""

    def __init__(self, uuid: str, viewer: Viewer) -> None:
        self.userUuid, self.viewer = uuid, viewer


async def _me(_root: Any, info: Info) -> _User:
    asks = info.context
    asks.must_hold("dird.graphql.me")
    if asks.work.own_uuid is None:
        raise _Refused("This token has no user UUID", "no-user")
    return _User(str(asks.work.own_uuid), await asking.own_viewer(asks.work))


async def _user(_root: Any, info: Info, uuid: str) -> _User:
    asks = info.context
    asks.must_hold("dird.graphql.user")
    try:
        whose = UUID(uuid)
    except ValueError:
        raise _Refused("uuid is no UUID", "invalid-data") from None
    return _User(str(whose), await asking.viewer_of(asks.work, whose))


async def _contacts(
    user: _User,
    info: Info,
    profile: str | None = None,
    extens: list[str] | None = None,
) -> dict[str, Any]:
    asks = info.context
    numbers = extens or []
    asks.counts(len(numbers))
    if any(len(each) > asking.TERM_MAX for each in numbers):
        raise _Refused(f"an exten is longer than {asking.TERM_MAX} characters", "invalid-data")
    directory = asking.directory(asks.work)
    try:
        await directory.profile(profile or "", user.viewer)
        asked = list(dict.fromkeys(numbers))
        hits = (await directory.reverse(profile or "", asked, user.viewer)).hits if asked else {}
    except UnknownProfile as error:
        raise _Refused(str(error), "unknown-profile") from None
    return {"edges": [{"node": _node(hits.get(each))} for each in numbers]}


def _node(hit: Hit | None) -> dict[str, Any] | None:
    if hit is None:
        return None
    fields, relations = hit.contact.fields, hit.contact.relations
    known = {name: fields.get(name) for name in ("firstname", "lastname", "email")}
    texts = {**known, "wazoReverse": fields.get("reverse")}
    return {
        **{name: None if value is None else str(value) for name, value in texts.items()},
        "__typename": "WazoContact" if hit.source.backend in ("xivo", "wazo") else "PlainContact",
        "wazoBackend": hit.source.backend,
        "wazoSourceName": hit.source.name,
        "wazoSourceEntryId": hit.contact.entry_id,
        "userId": relations.user_id,
        "userUuid": relations.user_uuid,
        "endpointId": relations.endpoint_id,
        "agentId": relations.agent_id,
    }


_query, _user_type = SCHEMA.type_map["Query"], SCHEMA.type_map["User"]
_query.fields["me"].resolve = _me  # type: ignore[attr-defined]  # type_map holds named types
_query.fields["user"].resolve = _user  # type: ignore[attr-defined]  # the same
_user_type.fields["contacts"].resolve = _contacts  # type: ignore[attr-defined]  # the same

_EXAMPLE = {
    "query": 'query ($extens: [String!]) { me { userUuid contacts(profile: "default",'
    " extens: $extens) { edges { node { wazoReverse } } } } }",
    "variables": {"extens": ["0142000001"]},
}

_REFUSED = {
    "description": "Bad Request",
    "content": {
        "application/json": {
            "schema": {
                "anyOf": [
                    {"$ref": "#/components/schemas/GraphqlAnswer"},
                    {"$ref": "#/components/schemas/Error"},
                ]
            }
        }
    },
}
"""A query that can't be run, or a body that is none."""

OPERATIONS = (
    Operation(
        "POST",
        "/graphql",
        "graphql",
        graphql,
        (),
        summary="Whom numbers belong to, by GraphQL; needs dird.graphql.me or dird.graphql.user",
        body=GraphqlQuery,
        body_example=_EXAMPLE,
        answer=GraphqlAnswer,
        described={"responses": {"400": _REFUSED}},
    ),
)
