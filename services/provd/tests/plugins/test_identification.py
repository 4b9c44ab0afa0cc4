"""All our plugins asked at once, as the host asks them (reference/provd/vendors.md, 5 and 6)."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_provd.surface.vendor import VendorPlugin

from .identifications import LEFT_TO_OTHERS, ROWS, Row
from .packages import IDS, loaded


@pytest.fixture(scope="module")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, VendorPlugin]:
    place = tmp_path_factory.mktemp("plugins")
    return {plugin_id: loaded(plugin_id, place) for plugin_id in IDS}


def extracted(plugins: Mapping[str, VendorPlugin], row: Row) -> dict[str, dict[str, str]]:
    """What each plugin makes of a request, by its id; those that know nothing are left out."""
    request: Any
    if row.kind == "HTTP":
        path, _, query = row.asked.partition("?")
        arguments = dict([argument.split("=") for argument in query.split("&") if argument])
        user_agent = None if row.user_agent is None else row.user_agent.encode("latin-1")
        request = SimpleNamespace(
            path=path.encode(),
            args={key.encode(): [value.encode()] for key, value in arguments.items()},
            getHeader=lambda name: user_agent if name == b"User-Agent" else None,
        )
    elif row.kind == "TFTP":
        request = {"packet": {"filename": row.asked.encode(), "options": {}}}
    else:
        request = {"options": {60: row.asked}}
    found: dict[str, dict[str, str]] = {}
    for plugin_id, plugin in plugins.items():
        extractor = getattr(plugin, f"{row.kind.lower()}_dev_info_extractor")
        extractor.extract(request, row.kind.lower()).addCallback(
            lambda told, plugin_id=plugin_id: found.update({plugin_id: told} if told else {})
        )
    return found


def voted(found: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The most frequent value of each key (lifecycle.md, 1.1)."""
    keys = {key for told in found.values() for key in told}
    return {
        key: Counter(told[key] for told in found.values() if key in told).most_common(1)[0][0]
        for key in keys
    }


def scores(plugins: Mapping[str, VendorPlugin], info: Mapping[str, str]) -> dict[str, int]:
    return {
        plugin_id: int(plugin.pg_associator.associate(info))
        for plugin_id, plugin in plugins.items()
        if plugin.pg_associator is not None
    }


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_request_tells_what_the_reference_tells(
    row: Row, plugins: Mapping[str, VendorPlugin]
) -> None:
    """A12."""
    assert voted(extracted(plugins, row)) == row.told


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_phone_goes_to_the_plugin_of_its_vendor_and_to_no_other(
    row: Row, plugins: Mapping[str, VendorPlugin]
) -> None:
    """A12."""
    ours = scores(plugins, row.told)
    able = {plugin_id for plugin_id, score in ours.items() if score >= 300}
    assert able == ({row.plugin} if row.plugin else set())
    if row.plugin:
        assert ours[row.plugin] == row.score


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_no_two_plugins_tell_different_vendors(
    row: Row, plugins: Mapping[str, VendorPlugin]
) -> None:
    vendors = {told["vendor"] for told in extracted(plugins, row).values() if "vendor" in told}
    assert len(vendors) <= 1


@pytest.mark.parametrize("row", LEFT_TO_OTHERS, ids=str)
def test_phones_of_vendors_that_we_have_no_plugin_for_are_left_alone(
    row: Row, plugins: Mapping[str, VendorPlugin]
) -> None:
    told = voted(extracted(plugins, row))
    assert "vendor" not in told
    assert all(score < 300 for score in scores(plugins, row.told).values())


def test_each_vendor_has_one_plugin(plugins: Mapping[str, VendorPlugin]) -> None:
    vendors = [plugin.identification.vendor for plugin in plugins.values()]
    assert len(set(vendors)) == len(vendors)


@given(st.text(max_size=700), st.text(max_size=300))
def test_no_text_makes_an_identification_raise(
    plugins: Mapping[str, VendorPlugin], header: str, path: str
) -> None:
    """A14."""
    for plugin in plugins.values():
        plugin.identification.of_http(header, path, {"mac": header})
        plugin.identification.of_tftp(path)
        plugin.identification.of_dhcp(header)


def test_a_header_that_is_no_text_is_read_as_far_as_it_goes(
    plugins: Mapping[str, VendorPlugin],
) -> None:
    """A14."""
    row = Row("HTTP", "/x.cfg", "Yealink SIP-T46S 66.86.0.15 00:15:65:4a:a9:37 \xff", {})
    assert voted(extracted(plugins, row))["vendor"] == "Yealink"


def test_packages_are_complete() -> None:
    for plugin_id in IDS:
        assert plugin_id.startswith("ovix-")
        assert (Path(__file__).parent / plugin_id / "form.json").is_file()
