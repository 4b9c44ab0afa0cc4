"""People in a directory of the tests' own, and the source that finds them."""

import base64
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from ovix_dird.backend import Contact, Resources, Viewer
from ovix_dird.backends.ldap import LdapBackend, LdapSettings, LdapSource
from ovix_testkit.ldap import BASE_DN, PrivateSlapd, slapd_program

FRENCH = Viewer(country="FR")
PATIENCE = {"ldap_network_timeout": 30.0, "ldap_timeout": 30.0}
"""For a busy machine: the defaults are made for a person who waits."""
GUID = UUID("00ff1c2a-285c-2a29-8029-2a7c2826f00d")
"""With the bytes of ``( ) * |`` and a NUL in it."""


def person(uid: str, first: str, last: str, *more: str) -> str:
    def line(name: str, value: str) -> str:
        return f"{name}:: {base64.b64encode(value.encode()).decode()}"

    lines = [f"dn: uid={uid},{BASE_DN}", "objectClass: inetOrgPerson", f"uid: {uid}"]
    lines += [line("cn", f"{first} {last}"), line("sn", last), line("givenName", first), *more]
    return "\n".join(lines) + "\n\n"


PEOPLE = (
    person(
        "elodie", "Élodie", "Dupont", "telephoneNumber: 01 23 45 67 89", "mobile: 06.12.34.56.78"
    )
    + person("marie", "Marie", "Dupont-Martin", "telephoneNumber: 1001", "mail: m@example.org")
    + person("jean", "Jean", "Martin", "telephoneNumber: +33 (0)1 98 76 54 32")
    + person("lea", "Léa", "Noël", "telephoneNumber: 1003", "telephoneNumber: 1004")
    + person("strauss", "Anna", "Strauß")
    + person("star", "A*terisk (*)", "Back\\slash")
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateSlapd]:
    """All of PEOPLE; one of them has Active Directory's id."""
    if slapd_program() is None:
        pytest.skip("slapd is not installed (Debian packages slapd, ldap-utils)")
    made = PrivateSlapd(tmp_path_factory.mktemp("people"))
    made.load(PEOPLE)
    made.start()
    guid = base64.b64encode(GUID.bytes).decode()
    made.modify(
        f"dn: uid=strauss,{BASE_DN}\nchangetype: modify\n"
        "add: objectClass\nobjectClass: activeDirectoryObject\n-\n"
        f"add: objectGUID\nobjectGUID:: {guid}\n"
    )
    yield made
    made.kill()


def settings_of(server: PrivateSlapd, **more: Any) -> LdapSettings:
    return LdapSettings.model_validate(
        {
            "name": "people",
            "ldap_uri": server.uri,
            "ldap_base_dn": BASE_DN,
            "searched_columns": ["cn", "telephoneNumber", "mobile"],
            "first_matched_columns": ["telephoneNumber", "mobile"],
            "format_columns": {"name": "{givenname} {sn}", "phone": "{telephoneNumber}"},
            "unique_column": "entryUUID",
            **PATIENCE,
            **more,
        }
    )


@asynccontextmanager
async def opened(
    server: PrivateSlapd, resources: Resources, **more: Any
) -> AsyncIterator[LdapSource]:
    source = await LdapBackend().open(settings_of(server, **more), resources)
    yield source
    await source.close()


@pytest_asyncio.fixture(loop_scope="session")
async def source(server: PrivateSlapd, resources: Resources) -> AsyncIterator[LdapSource]:
    async with opened(server, resources) as made:
        yield made


def names(contacts: Sequence[Contact]) -> list[Any]:
    return [contact.fields["name"] for contact in contacts]
