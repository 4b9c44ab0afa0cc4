"""What a configuration must hold before a plugin gets it (acceptance G6)."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_provd.surface.devices.config import RawConfigError, checked

SERVER = {"ip": "10.0.0.1", "http_port": 8667, "tftp_port": 69}
LINE = {"username": "a", "password": "b", "display_name": "c", "proxy_ip": "10.0.0.1"}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"ip": None}, "there is no ip"),
        ({"http_port": None}, "there is no http_port"),
        ({"tftp_port": None}, "there is no tftp_port"),
        ({"ntp_enabled": True}, "no ntp_ip"),
        ({"vlan_enabled": True}, "no vlan_id"),
        ({"syslog_enabled": True}, "no syslog_ip"),
        ({"sip_lines": {"1": {}}}, "line 1 has no proxy_ip"),
        ({"protocol": "SIP", "sip_lines": {"2": {**LINE, "password": None}}}, "2 has no password"),
        ({"protocol": "SIP", "sip_lines": {"1": {"proxy_ip": "x"}}}, "line 1 has no username"),
        ({"sccp_call_managers": {"1": {"port": 2000}}}, "call manager 1 has no ip"),
        ({"funckeys": {"1": {"value": "1"}}}, "function key 1 has no type"),
        ({"funckeys": {"1": {"type": "blf"}}}, "function key 1 has no value"),
        ({"funckeys": {"1": None}}, "is no object"),
        ({"sip_lines": ["a"]}, "is no object"),
        ({"sip_proxy_ip": "x", "sip_lines": {"1": "a"}}, "is no object"),
    ],
)
def test_g6_what_is_impossible_is_refused_with_its_reason(
    given: dict[str, Any], reason: str
) -> None:
    with pytest.raises(RawConfigError, match=reason):
        checked({**SERVER, **given})


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"ntp_enabled": False, "dns_enabled": True},
        {"vlan_enabled": True, "vlan_id": 0},
        {"sip_proxy_ip": "10.0.0.1", "sip_lines": {"1": {}}},
        {"protocol": "SCCP", "sip_lines": {"1": {"proxy_ip": "10.0.0.1"}}},
        {"protocol": "SIP", "sip_lines": {"1": LINE}},
        {"funckeys": {"1": {"type": "park"}, "2": {"type": "blf", "value": "1"}}},
        {"sccp_call_managers": {"1": {"ip": "10.0.0.1"}}},
    ],
)
def test_what_is_possible_is_taken(given: dict[str, Any]) -> None:
    assert checked({**SERVER, **given}).items() >= {"ip": "10.0.0.1"}.items()


def test_defaults_are_filled_in() -> None:
    line = {"proxy_ip": "10.0.0.2", "username": "a"}
    given = {**SERVER, "sip_proxy_ip": "10.0.0.1", "syslog_enabled": True, "syslog_ip": "10.0.0.3",
             "sip_lines": {"1": line}}  # fmt: skip
    found = checked(given)
    assert {key: value for key, value in found.items() if key not in given} == {
        "http_base_url": "http://10.0.0.1:8667",
        "config_version": 1,
        "syslog_port": 514,
        "syslog_level": "warning",
        "sip_registrar_ip": "10.0.0.1",
        "sip_srtp_mode": "disabled",
        "sip_transport": "udp",
        "sccp_call_managers": {},
        "funckeys": {},
    }
    assert found["sip_lines"]["1"] == {**line, "registrar_ip": "10.0.0.2", "auth_username": "a"}


def test_what_is_given_stays() -> None:
    line = {**LINE, "registrar_ip": "r", "auth_username": "u"}
    given = {
        **SERVER,
        "sip_transport": "tls",
        "http_base_url": "https://x",
        "sip_lines": {"1": line},
    }
    assert checked(given).items() >= given.items()


def test_the_plugin_gets_a_copy_of_its_own() -> None:
    given: dict[str, Any] = {**SERVER, "sip_lines": {"1": {"proxy_ip": "x"}}}
    checked(given)["sip_lines"]["1"]["XX_line_no"] = 1
    assert given == {**SERVER, "sip_lines": {"1": {"proxy_ip": "x"}}}


_NAMES = st.sampled_from(["1", "proxy_ip", "username", "ip", "type", "value"])
_JSON = st.recursive(
    st.sampled_from([None, True, 0, "", "blf", "SIP"]),
    lambda each: st.lists(each, max_size=2) | st.dictionaries(_NAMES, each, max_size=3),
    max_leaves=8,
)
_PARTS = st.sampled_from(
    ["sip_lines", "sccp_call_managers", "funckeys", "protocol", "sip_proxy_ip"]
)


@given(st.dictionaries(_PARTS, _JSON))
def test_whatever_a_client_stored_is_completed_or_refused(given: dict[str, Any]) -> None:
    with suppress(RawConfigError):
        found = checked({**SERVER, **given})
        assert all("registrar_ip" in each or "proxy_ip" not in each
                   for each in found["sip_lines"].values())  # fmt: skip


def test_there_is_no_registrar_without_a_proxy() -> None:
    assert "sip_registrar_ip" not in checked(SERVER)
