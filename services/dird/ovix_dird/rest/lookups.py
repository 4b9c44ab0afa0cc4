"""``/directories/lookup``, ``/headers``, ``/reverse`` and ``/personal/{profile}``."""

from typing import Annotated, Any

from ovix_web import Operation, Work
from ovix_web.bodies import Schema, text
from pydantic import Field

from ..backend import Viewer
from ..engine import Hit, Reversed
from ..errors import UnknownProfile
from . import asking, shapes

NUMBERS_MAX = 500
_LOOKUP_QUERY = {
    "term": "What to look for; required, may be empty",
    "limit": "At most so many contacts",
    "offset": "Leave out so many contacts first",
}


class ReverseRead(Schema):
    """Whom a number belongs to; nulls when nobody is known."""

    display: str | None
    exten: str
    fields: dict[str, Any]
    source: str | None
    source_entry_id: str | None
    backend: str | None
    url: str | None
    failed_sources: list[shapes.FailedRead]


class ReverseManyWrite(Schema):
    """Numbers, in any form."""

    numbers: Annotated[
        list[Annotated[str, text(asking.TERM_MAX)]], Field(min_length=1, max_length=NUMBERS_MAX)
    ]


class ReverseManyRead(Schema):
    """One item for each number, in the order in which they were asked."""

    items: list[ReverseRead]
    failed_sources: list[shapes.FailedRead]


async def lookup(work: Work) -> object:
    """Contacts that match the term."""
    return await _looked_up(work, await asking.own_viewer(work))


async def lookup_of_user(work: Work) -> object:
    """The same, as a user sees it: for programs."""
    return await _looked_up(work, await asking.viewer_of(work, work.path["user_uuid"]))


async def _looked_up(work: Work, viewer: Viewer) -> object:
    term = asking.required(work.query, "term")
    limit = asking.number(work.query, "limit")
    offset = asking.number(work.query, "offset") or 0
    found = await asking.directory(work).lookup(
        work.path["profile"], term, viewer, limit or None, offset
    )
    return {"term": term, "total": found.total, **shapes.contacts(found)}


async def headers(work: Work) -> object:
    """The columns of the profile's display."""
    viewer = await asking.own_viewer(work)
    profile = await asking.directory(work).profile(work.path["profile"], viewer)
    return shapes.headers(profile.columns)


async def personal(work: Work) -> object:
    """The user's own contacts."""
    asking.own_uuid(work)
    viewer = await asking.own_viewer(work)
    return shapes.contacts(await asking.directory(work).personal(work.path["profile"], viewer))


async def reverse(work: Work) -> object:
    """Whom a number belongs to."""
    exten = asking.required(work.query, "exten")
    found = await _reversed(work, [exten])
    return _whose(exten, found.hits.get(exten)) | {"failed_sources": shapes.failures(found.failed)}


async def reverse_many(work: Work) -> object:
    """Whom many numbers belong to."""
    numbers = (await work.body(ReverseManyWrite)).numbers
    found = await _reversed(work, list(dict.fromkeys(numbers)))
    return {
        "items": [
            _whose(number, found.hits.get(number)) | {"failed_sources": []} for number in numbers
        ],
        "failed_sources": shapes.failures(found.failed),
    }


async def _reversed(work: Work, numbers: list[str]) -> Reversed:
    viewer = await asking.viewer_of(work, work.path["xivo_user_uuid"])
    try:
        return await asking.directory(work).reverse(work.path["profile"], numbers, viewer)
    except UnknownProfile:
        return Reversed()  # as XiVO: a call whose profile is not configured rings without a name


def _whose(number: str, hit: Hit | None) -> dict[str, Any]:
    if hit is None:
        return {
            "display": None,
            "exten": number,
            "fields": {},
            "source": None,
            "source_entry_id": None,
            "backend": None,
            "url": None,
        }
    display = hit.contact.fields.get("reverse")
    return {
        "display": display if display is None else str(display),
        "exten": number,
        "fields": dict(hit.contact.fields),
        "source": hit.source.name,
        "source_entry_id": hit.contact.entry_id,
        "backend": hit.source.backend,
        "url": hit.url,
    }


_LOOKUP = "/directories/lookup/{profile}"
_REVERSE = "/directories/reverse/{profile}/{xivo_user_uuid:uuid}"
_REVERSE_SCOPE = "dird.directories.reverse.{profile}.{xivo_user_uuid}.read"
_EXAMPLE = {
    "term": "alice",
    "total": 1,
    "column_headers": ["Nom", "Numéro", "Favoris"],
    "column_types": ["name", "number", "favorite"],
    "results": [
        {
            "column_values": ["Alice Martin", "1001", False],
            "relations": {"user_id": 1, "endpoint_id": 1, "source_entry_id": "1"},
            "source": "internal",
            "backend": "xivo",
        }
    ],
    "failed_sources": [{"source": "crm", "reason": "no answer within 2.9 s"}],
}

OPERATIONS = (
    Operation(
        "GET",
        _LOOKUP,
        "lookup",
        lookup,
        ("dird.directories.lookup.{profile}.read",),
        summary="Find contacts by name, number, e-mail …",
        query=_LOOKUP_QUERY,
        answer=shapes.LookupRead,
        example=_EXAMPLE,
    ),
    Operation(
        "GET",
        f"{_LOOKUP}/headers",
        "lookup_headers",
        headers,
        ("dird.directories.lookup.{profile}.headers.read",),
        summary="The columns that lookups give",
        answer=shapes.HeadersRead,
    ),
    Operation(
        "GET",
        f"{_LOOKUP}/{{user_uuid:uuid}}",
        "lookup_of_user",
        lookup_of_user,
        ("dird.directories.lookup.{profile}.{user_uuid}.read",),
        summary="Find contacts as a user does",
        query=_LOOKUP_QUERY,
        answer=shapes.LookupRead,
        example=_EXAMPLE,
    ),
    Operation(
        "GET",
        _REVERSE,
        "reverse",
        reverse,
        (_REVERSE_SCOPE,),
        summary="Whom a number belongs to, as a user sees it",
        query={"exten": "The number, in any form; required"},
        answer=ReverseRead,
    ),
    Operation(
        "POST",
        _REVERSE,
        "reverse_many",
        reverse_many,
        (_REVERSE_SCOPE,),
        summary="Whom up to 500 numbers belong to",
        body=ReverseManyWrite,
        body_example={"numbers": ["+33 1 42 00 00 01", "1001"]},
        answer=ReverseManyRead,
    ),
    Operation(
        "GET",
        "/directories/personal/{profile}",
        "lookup_personal",
        personal,
        ("dird.directories.personal.{profile}.read",),
        summary="The user's own contacts, as columns",
        answer=shapes.ContactsRead,
    ),
)
