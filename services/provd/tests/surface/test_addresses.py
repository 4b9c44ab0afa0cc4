"""Forms of addresses and identities that plugins convert."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_provd.surface import util


@pytest.mark.parametrize(
    "text",
    ["00:1A:2B:3C:4D:5E", "00-1a-2b-3c-4d-5e", "001a2b3c4d5e", "001A2B3C4D5E", "0:1a:2b:3c:4d:5e"],
)
def test_forms_of_a_mac_address_mean_the_same(text: str) -> None:
    assert util.norm_mac(text) == "00:1a:2b:3c:4d:5e"
    assert util.format_mac(text, separator="-", uppercase=True) == "00-1A-2B-3C-4D-5E"
    assert util.format_mac(text, separator="") == "001a2b3c4d5e"


@pytest.mark.parametrize(
    "text", ["", "00:1a:2b:3c:4d", "00:1a-2b:3c-4d:5e", "00:1a:2b:3c:4d:5e:6f", "g01a2b3c4d5e",
             "00:1a:2b:3c:4d:5e\n", "001a:2b:3c:4d:5e"],
)  # fmt: skip
def test_what_is_no_mac_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="invalid MAC"):
        util.norm_mac(text)
    assert not util.is_normed_mac(text)


@given(st.binary(min_size=6, max_size=6), st.sampled_from([":", "-", ""]), st.booleans())
def test_a_mac_address_survives_its_forms(packed: bytes, separator: str, upper: bool) -> None:
    normed = util.from_mac(packed)
    assert util.is_normed_mac(normed)
    assert util.to_mac(util.format_mac(normed, separator, upper)) == packed


def test_addresses_are_dotted_quads() -> None:
    assert util.norm_ip("10.1") == "10.0.0.1"
    assert util.to_ip("1.2.3.4") == b"\x01\x02\x03\x04"
    assert util.is_normed_ip("10.0.0.1")
    assert not util.is_normed_ip("10.1")
    assert not util.is_normed_ip("010.0.0.1")
    assert not util.is_normed_ip("10.0.0.256")


@pytest.mark.parametrize("text", ["", "300.1.1.1", "10.0.0.1 x", "host", "::1"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="invalid IP"):
        util.norm_ip(text)


def test_lengths_of_packed_addresses_are_checked() -> None:
    with pytest.raises(ValueError, match="invalid MAC"):
        util.from_mac(b"12345")
    with pytest.raises(ValueError, match="invalid IP"):
        util.from_ip(b"123")


def test_uuids_are_in_lower_case() -> None:
    text = "3F2504E0-4F89-11D3-9A0C-0305E82C3301"
    assert util.norm_uuid(text) == text.lower()
    assert util.is_normed_uuid(text.lower())
    assert not util.is_normed_uuid(text)
    with pytest.raises(ValueError, match="invalid UUID"):
        util.norm_uuid(text[:-1])
