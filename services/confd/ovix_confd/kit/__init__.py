"""The configuration kit: a resource is described by a value, and its API follows from it.

A domain package below `ovix_confd.domains` exports ``SPECS``, a tuple of specs, and, for endpoints
that fit none, ``ROUTER``. Packages are found by themselves; no list names them. Start-up fails on
two specs of one name, two routes of one path, and two meanings of one database constraint.

========================  ==========================================================================
``ResourceSpec``          ``GET/POST /things`` and ``GET/PUT/DELETE /things/{id}``
``LinkSpec``              ``PUT/DELETE /things/{thing_id}/others/{other_id}`` and older forms
``ViewSpec``              ``GET/PUT /things/{thing_id}/part``; also the GET of a link, from a side
``SectionSpec``           ``GET/PUT /asterisk/file/section``
========================  ==========================================================================

**Reading.** `Rows` says what is read: ``item`` maps the members of the JSON to expressions
(relations are built by `json_object`, `json_list`, `json_one`, `link`, `links`, from the columns of
``source``), ``columns`` what lists filter and sort by. A list is one select and perhaps a count; an
item is one select. No row passes through Python objects. Write the members of an ``IN`` as
`constant` values; lists can't be bound. Self-references need `sqlalchemy.orm.aliased`.

**Writing.** A body is validated by ``create`` or ``update`` (`partial_of` the former); ``fill``
puts the values on the ORM row; ``rules`` check the merged row; it is stored; ``parts`` store what
lives in other tables; ``entails`` changes there what follows from an edit; the event of
``announces`` goes to the outbox; all in one transaction.
``deletion`` runs before the row is deleted. Uniqueness and "is associated with" need no rule: name
the database's constraint in ``conflicts`` (`taken`, `in_use`), and there is no race.

**Bodies.** Fields take null only where their type says so. A field marked
``Annotated[int, NullMeansDefault()]`` also takes null on creation. `Strict` booleans take only true
and false, ``bool`` the lenient spellings. Use `text` for free texts (NUL is refused) and `Id`,
`Count` or `Int32` for numbers, so that no value reaches PostgreSQL that it can't hold.

**Work.** Rules, parts and the functions of links and views get a `Work`: ``session``,
``entity_id`` (None sees all), ``announce(event, …)``, ``owned(entity)`` to hide foreign rows in
your own selects. Raise the errors of `ovix_confd.kit.errors`; never commit.

**Entities.** ``Rows.entity`` is the expression of a row's entity. The kit applies it to every read,
write, link and view, gives new rows the caller's (or the default) entity when it is a column of the
model, and refuses links between entities. Give `ResourceSpec.entity` too when ``rows`` reads from
something else than the model's table.

**Own endpoints.** ``add_route(ROUTER, …)`` with a handler that takes ``request`` and
``work: Annotated[Work, working("confd.things.{id}.do")]``; read the body with `read_body`.

Every spec has an example beside it; ``tests/contract`` lives through all of them.
"""

from .errors import (
    ConfdError,
    InputError,
    NotFound,
    ResourceError,
    already_exists,
    associated,
    in_use,
    must_be_associated,
    not_associated,
    not_permitted,
    param_not_found,
    taken,
)
from .examples import Example, LinkExample, ViewExample
from .link import Form, LinkSpec
from .reading import Rows
from .registry import Registry, Spec
from .resource import Announces, ResourceSpec, Values, set_columns
from .routes import add_route, describe_bodies
from .schema import (
    Count,
    Id,
    Int32,
    Link,
    NullMeansDefault,
    Schema,
    Strict,
    Text,
    list_of,
    partial_of,
    text,
)
from .sql import (
    constant,
    envelope,
    href,
    json_list,
    json_object,
    json_one,
    link,
    links,
    matches,
)
from .view import SectionSpec, ViewSpec
from .work import VERSION, Key, Work, read_body, working

__all__ = [
    "VERSION",
    "Announces",
    "ConfdError",
    "Count",
    "Example",
    "Form",
    "Id",
    "InputError",
    "Int32",
    "Key",
    "Link",
    "LinkExample",
    "LinkSpec",
    "NotFound",
    "NullMeansDefault",
    "Registry",
    "ResourceError",
    "ResourceSpec",
    "Rows",
    "Schema",
    "SectionSpec",
    "Spec",
    "Strict",
    "Text",
    "Values",
    "ViewExample",
    "ViewSpec",
    "Work",
    "add_route",
    "already_exists",
    "associated",
    "constant",
    "describe_bodies",
    "envelope",
    "href",
    "in_use",
    "json_list",
    "json_object",
    "json_one",
    "link",
    "links",
    "list_of",
    "matches",
    "must_be_associated",
    "not_associated",
    "not_permitted",
    "param_not_found",
    "partial_of",
    "read_body",
    "set_columns",
    "taken",
    "text",
    "working",
]
