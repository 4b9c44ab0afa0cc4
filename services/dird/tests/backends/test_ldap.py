"""``ldap``: what is found in a real directory, by which term, number and id."""

from uuid import UUID

import pytest
from ovix_dird.backend import Resources
from ovix_dird.backends.ldap import LdapSource
from ovix_testkit.ldap import PrivateSlapd

from .ldap_people import FRENCH, GUID, names, opened


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("elodie", ["Élodie Dupont"]),
        ("ÉLODIE", ["Élodie Dupont"]),
        ("dupont elo", ["Élodie Dupont"]),
        ("lea", ["Léa Noël"]),
        ("noel", ["Léa Noël"]),
        ("strauß", ["Anna Strauß"]),
        ("mart", ["Jean Martin", "Marie Dupont-Martin"]),
        ("0123", ["Élodie Dupont"]),
        ("06 12 34 56 78", ["Élodie Dupont"]),
        ("+33612", ["Élodie Dupont"]),
        ("1004", ["Léa Noël"]),
        ("slash", ["A*terisk (*) Back\\slash"]),
        ("(*)", ["A*terisk (*) Back\\slash"]),
        ("nobody", []),
    ],
)
async def test_people_are_found_as_in_every_source(
    source: LdapSource, term: str, found: list[str]
) -> None:
    assert sorted(names(await source.search(term, FRENCH))) == found


@pytest.mark.parametrize(
    "term",
    [
        "*)(uid=*",
        "*",
        "a)(|(uid=*",
        "\\2a",
        "x)(userPassword=*",
        "*))%00",
        "\x00",
        "(" * 500,
        "\udce9",
    ],
)
async def test_a_term_is_a_text_and_no_filter(source: LdapSource, term: str) -> None:
    expected = ["A*terisk (*) Back\\slash"] if term == "*" else []
    assert names(await source.search(term, FRENCH)) == expected
    assert await source.first_match(term, FRENCH) is None
    assert await source.contacts([term], FRENCH) == []


async def test_a_filter_of_one_s_own_takes_the_term_escaped(
    server: PrivateSlapd, resources: Resources
) -> None:
    own = {"ldap_custom_filter": "(&(objectClass=inetOrgPerson)(cn=*%Q*))", "searched_columns": []}
    async with opened(server, resources, **own) as source:
        assert names(await source.search("martin", FRENCH)) == [
            "Marie Dupont-Martin",
            "Jean Martin",
        ]
        assert names(await source.search("*)(uid=*", FRENCH)) == []
        assert len(await source.search("", FRENCH)) == 6


async def test_a_filter_of_one_s_own_narrows_what_the_columns_find(
    server: PrivateSlapd, resources: Resources
) -> None:
    async with opened(server, resources, ldap_custom_filter="mail=*") as source:
        assert names(await source.search("dupont", FRENCH)) == ["Marie Dupont-Martin"]
        assert await source.first_match("0123456789", FRENCH) is None


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("0123456789", "Élodie Dupont"),
        ("+33 1 23 45 67 89", "Élodie Dupont"),
        ("0033612345678", "Élodie Dupont"),
        ("0198765432", "Jean Martin"),
        ("1004", "Léa Noël"),
    ],
)
async def test_a_number_is_found_however_it_is_written(
    source: LdapSource, number: str, name: str
) -> None:
    hit = await source.first_match(number, FRENCH)
    assert hit is not None
    assert hit.fields["name"] == name


async def test_a_filter_of_one_s_own_finds_each_of_many_numbers(
    server: PrivateSlapd, resources: Resources
) -> None:
    own = {"ldap_custom_filter": "telephoneNumber=*%Q*"}
    async with opened(server, resources, **own) as source:
        alone = await source.first_match("1003", FRENCH)
        assert alone is not None
        found = await source.first_matches(["1004", "1003"], FRENCH)
    assert found["1003"].fields["name"] == alone.fields["name"]


async def test_many_numbers_are_found_at_once(source: LdapSource) -> None:
    asked = [
        "0123456789",
        "999",
        "1003",
        "",
        "anonymous",
        *(str(each) for each in range(2000, 2050)),
    ]
    found = await source.first_matches(asked, FRENCH)
    assert {number: contact.fields["name"] for number, contact in found.items()} == {
        "0123456789": "Élodie Dupont",
        "1003": "Léa Noël",
    }


async def test_half_a_number_is_nobody_s(source: LdapSource) -> None:
    assert await source.first_match("3456789", FRENCH) is None


async def test_contacts_are_found_again_by_an_operational_attribute(source: LdapSource) -> None:
    [found] = await source.search("elodie", FRENCH)
    assert found.entry_id is not None
    assert UUID(found.entry_id)
    again = await source.contacts([found.entry_id, str(UUID(int=0))], FRENCH)
    assert names(again) == ["Élodie Dupont"]


async def test_active_directory_s_binary_ids_are_read_and_asked_for(
    server: PrivateSlapd, resources: Resources
) -> None:
    guid = {"unique_column": "objectGUID", "unique_column_format": "binary_uuid"}
    async with opened(server, resources, **guid) as source:
        [found] = await source.search("anna", FRENCH)
        assert found.entry_id == str(GUID)
        assert names(await source.contacts([str(GUID), "no uuid"], FRENCH)) == ["Anna Strauß"]


async def test_without_templates_a_contact_is_all_the_texts_there_are(
    server: PrivateSlapd, resources: Resources
) -> None:
    async with opened(server, resources, format_columns={}) as source:
        [found] = await source.search("marie", FRENCH)
        assert found.fields["givenName"] == "Marie"
        assert found.fields["mail"] == "m@example.org"
        assert found.fields["entryUUID"] == found.entry_id
