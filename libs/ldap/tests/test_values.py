"""URIs, and values that become parts of filters and names."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_ldap import Server, address, dn_value, filter_value
from ovix_testkit.ldap import BASE_DN, PrivateSlapd
from sansldap import FilterAnd, FilterEquality, LDAPFilter

from .conftest import opened

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(texts)
def test_a_value_in_a_filter_stays_one_value(value: str) -> None:
    """RFC 4515, 3; sansldap reads the filter as a server would."""
    read = LDAPFilter.from_string(f"(&(uid={filter_value(value)})(o=x))")
    assert read == FilterAnd([FilterEquality("uid", value.encode()), FilterEquality("o", b"x")])


@given(texts)
def test_a_value_in_a_name_has_no_sign_that_names_give_a_meaning(value: str) -> None:
    """RFC 4514, 2.4: what is escaped gives the value back, byte by byte."""
    escaped = dn_value(value)
    assert not set(escaped) - set("\\") & set(',+"<>;=# \0')
    plain, rest = bytearray(), escaped
    while rest:
        if rest[0] == "\\":
            plain.append(int(rest[1:3], 16))
            rest = rest[3:]
        else:
            plain += rest[0].encode()
            rest = rest[1:]
    assert plain.decode() == value


@given(st.text())
def test_what_no_server_can_hold_is_escaped_too(value: str) -> None:
    assert dn_value(value).isascii()
    assert filter_value(value).isascii()


@pytest.mark.parametrize(
    "value", ["*", "al*", "alice)(uid=*", "*)(|(uid=*", "\\2a", "a*b(c)\\d", "\0", "é\u2028"]
)
async def test_a_directory_takes_an_escaped_value_for_that_value(
    directory: PrivateSlapd, value: str
) -> None:
    condition = LDAPFilter.from_string(f"(title={filter_value(value)})")
    async with opened(Server.at(directory.uri)) as connection:
        found = await connection.search(BASE_DN, condition, ["title"], limit=5)
        assert [each.attributes["title"] for each in found.entries] == (
            [[b"a*b(c)\\d"]] if value == "a*b(c)\\d" else []
        )
        assert await connection.read(f"uid={dn_value(value)},{BASE_DN}", ["uid"]) is None


def test_the_ports_are_those_of_the_protocol() -> None:
    assert address("ldap://a") == ("a", 389, False)
    assert address("ldaps://a/") == ("a", 636, True)
    assert address("ldap://[::1]:1389") == ("::1", 1389, False)


@pytest.mark.parametrize(
    "uri", ["", "ldap://", "http://a", "ldap://a/dc=b?sub", "ldap://a:99999", "ldap://a:b"]
)
def test_what_is_no_uri_of_a_server_is_refused(uri: str) -> None:
    with pytest.raises(ValueError, match=r"must be ldap://|[Pp]ort"):
        address(uri)


def test_what_is_encrypted_is_not_encrypted_again(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no StartTLS"):
        Server.at("ldaps://a", starttls=True)
    with pytest.raises(OSError, match="No such file"):
        Server.at("ldaps://a", verify=str(tmp_path / "none.pem"))
