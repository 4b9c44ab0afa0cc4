"""The REST API of dird, one module for each of its parts."""

from collections.abc import Iterator, Mapping

from ovix_web import Operation

from ..backend import Backend
from . import (
    displays,
    favorites,
    graphql,
    ldap_servers,
    lookups,
    personal,
    phonebook_contacts,
    phonebooks,
    profiles,
    sources,
    state,
)


def operations(backends: Mapping[str, Backend]) -> Iterator[Operation]:
    """Every operation, in the order in which paths are tried."""
    yield from lookups.OPERATIONS
    yield from favorites.OPERATIONS
    yield from personal.OPERATIONS
    yield from phonebooks.OPERATIONS
    yield from phonebook_contacts.OPERATIONS
    yield from sources.operations(backends)
    yield from ldap_servers.OPERATIONS
    yield from graphql.OPERATIONS
    yield from displays.OPERATIONS
    yield from profiles.OPERATIONS
    yield from state.OPERATIONS
