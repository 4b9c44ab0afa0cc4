"""The configuration kit: a resource is described by a value, and its API follows from it.

A domain package below `ovix_confd.domains` exports ``SPECS``, a tuple of these:

========================  ==========================================================================
``ResourceSpec``          ``GET/POST /things`` and ``GET/PUT/DELETE /things/{id}``
``LinkSpec``              ``PUT/DELETE /things/{thing_id}/others/{other_id}``
``ViewSpec``              ``GET/PUT /things/{thing_id}/part``; also the GET of a link, from a side
``SectionSpec``           ``GET/PUT /asterisk/file/section``
`ovix_web.Operation`      whatever fits none of them
========================  ==========================================================================

Packages are found by themselves; no list names them. Start-up fails on two specs of one name, two
routes of one path, and two meanings of one database constraint. How to write one is told step by
step in docs/adding-a-resource.md. Rules raise the errors of this package, and never commit.
"""

from ovix_rows import (
    Key,
    Rows,
    among,
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
from ovix_web import Operation, Work
from ovix_web.bodies import (
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

from ..errors import (
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
from .association import LinkSpec
from .examples import Example, LinkExample, ViewExample
from .registry import Registry, Spec
from .resource import Announces, ResourceSpec, Values, set_columns
from .view import SectionSpec, ViewSpec

__all__ = [
    "Announces", "Count", "Example", "Id", "InputError", "Int32", "Key", "Link", "LinkExample",
    "LinkSpec", "NotFound", "NullMeansDefault", "Operation", "Registry", "ResourceError",
    "ResourceSpec", "Rows", "Schema", "SectionSpec", "Spec", "Strict", "Text", "Values",
    "ViewExample", "ViewSpec", "Work", "already_exists", "among", "associated", "constant",
    "envelope", "href", "in_use", "json_list", "json_object", "json_one", "link", "links",
    "list_of", "matches", "must_be_associated", "not_associated", "not_permitted",
    "param_not_found", "partial_of", "set_columns", "taken", "text",
]  # fmt: skip
