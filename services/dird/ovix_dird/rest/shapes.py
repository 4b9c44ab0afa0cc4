"""What answers look like (reference/dird.md, A3, A4)."""

from collections.abc import Sequence
from typing import Any

from ovix_web.bodies import Schema

from ..engine import Column, FailedSource, Found, Hit


class RelationsRead(Schema):
    """The keys of presence, and of favorites."""

    xivo_id: str | None
    user_id: int | None
    user_uuid: str | None
    endpoint_id: int | None
    agent_id: int | None
    source_entry_id: str | None


class ResultRead(Schema):
    """A contact: the values of the display's columns."""

    column_values: list[Any]
    relations: RelationsRead
    source: str
    backend: str
    url: str | None


class FailedRead(Schema):
    """A source that gave no answer."""

    source: str
    reason: str


class HeadersRead(Schema):
    """The display's columns."""

    column_headers: list[str | None]
    column_types: list[str | None]


class ContactsRead(HeadersRead):
    """Contacts, and the sources that are missing."""

    results: list[ResultRead]
    failed_sources: list[FailedRead]


class LookupRead(ContactsRead):
    """Contacts that match the term; ``total`` of them, before limit and offset."""

    term: str
    total: int


def headers(columns: Sequence[Column]) -> dict[str, Any]:
    """Titles and types of columns."""
    return {
        "column_headers": [each.title for each in columns],
        "column_types": [each.type for each in columns],
    }


def contacts(found: Found) -> dict[str, Any]:
    """Contacts as their columns."""
    columns = found.columns
    return {
        **headers(columns),
        "results": [_result(hit, columns) for hit in found.hits],
        "failed_sources": failures(found.failed),
    }


def failures(failed: Sequence[FailedSource]) -> list[dict[str, str]]:
    """The sources whose contacts are missing."""
    return [{"source": each.source.name, "reason": each.reason} for each in failed]


def _result(hit: Hit, columns: Sequence[Column]) -> dict[str, Any]:
    relations = hit.contact.relations
    return {
        "column_values": [hit.value(column) for column in columns],
        "relations": {
            "xivo_id": relations.xivo_id,
            "user_id": relations.user_id,
            "user_uuid": relations.user_uuid,
            "endpoint_id": relations.endpoint_id,
            "agent_id": relations.agent_id,
            "source_entry_id": hit.contact.entry_id,
        },
        "source": hit.source.name,
        "backend": hit.source.backend,
        "url": hit.url,
    }
