"""What templates are told of a phone, from its raw configuration (data-model.md, 3)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_provd.surface.devices.config import RawConfigError, checked
from ovix_provd.surface.vendor import Line, Phone, Server, one_line, pem, xml
from ovix_provd.surface.vendor.phone import phone_of
from ovix_provd.surface.vendor.text import written

from .configurations import CERTIFICATE, configuration, own_proxy
from .packages import SERVER


def phone(capacity: dict[str, Any] | None = None, **raw_config: Any) -> Phone:
    return phone_of(
        {"model": "A1"},
        checked({**SERVER, **raw_config}),
        mac="001122aabbcc",
        zone=None,
        capacity=capacity or {},
    )


def line(raw_config: dict[str, Any] | None = None, **over: Any) -> Line:
    found = phone(**(raw_config or {}), sip_lines={"1": own_proxy(**over)}).line(1)
    assert found is not None
    return found


def test_a_line_registers_with_its_proxy_unless_a_registrar_is_named() -> None:
    assert line(proxy_port=5070).registrar == Server("10.20.0.1", 5070)
    assert line(registrar_ip="10.20.0.7").registrar == Server("10.20.0.7", 5060)
    assert line(registrar_ip="10.20.0.7").route == Server("10.20.0.1", 5060)
    assert line().route is None


def test_the_port_is_that_of_the_transport_unless_one_is_named() -> None:
    assert line({"sip_transport": "tls"}).proxy.port == 5061
    assert line({"sip_transport": "tls"}, proxy_port=5062).proxy.port == 5062
    assert line({"sip_transport": "carrier pigeon"}).transport == "udp"


def test_a_line_takes_from_all_lines_what_it_has_not() -> None:
    raw_config = {
        "sip_backup_proxy_ip": "10.20.0.2",
        "sip_srtp_mode": "preferred",
        "sip_dtmf_mode": "SIP-INFO",
        "exten_voicemail": "*98",
    }
    found = line(raw_config)
    assert found.backup_proxy == found.backup_registrar == Server("10.20.0.2", 5060)
    assert (found.srtp, found.dtmf, found.voicemail) == ("preferred", "SIP-INFO", "*98")
    own = line(raw_config, srtp_mode="required", dtmf_mode="RTP-in-band", voicemail="*981")
    assert (own.srtp, own.dtmf, own.voicemail) == ("required", "RTP-in-band", "*981")


def test_the_route_beside_the_backup_goes_through_the_outbound_proxy() -> None:
    found = line(backup_proxy_ip="10.20.0.2", outbound_proxy_ip="10.20.0.3")
    assert found.backup_route == found.route == Server("10.20.0.3", 5060)
    assert line(backup_proxy_ip="10.20.0.2").backup_route is None


def test_a_line_without_any_proxy_is_refused() -> None:
    raw_config = {**SERVER, "sip_lines": {"1": {"username": "a"}}}
    with pytest.raises(RawConfigError, match="line 1 has no proxy_ip"):
        phone_of({}, raw_config, mac="001122aabbcc", zone=None, capacity={})


def test_lines_and_keys_go_by_their_number() -> None:
    keys = {
        name: {"type": "speeddial", "value": name} for name in ("10", "9", "0", "x", "-1", "1001")
    }
    found = phone(funckeys=keys, sip_lines={n: own_proxy() for n in ("2", "11", "1")})
    assert [key.position for key in found.keys] == [9, 10]
    assert [line.position for line in found.lines] == [1, 2, 11]


def test_a_key_that_parks_dials_the_code_that_parks() -> None:
    keys = {"1": {"type": "park"}, "2": {"type": "dance", "value": "1"}}
    found = phone(funckeys=keys, exten_park="700").keys
    assert [(key.value, key.label, key.line) for key in found] == [("700", "700", 1)]
    assert phone(funckeys=keys).keys == ()


def test_keys_have_the_places_that_the_model_and_its_modules_have() -> None:
    model = {"function_keys": 27, "expansion_modules": 2, "module_keys": 40}
    keys = {str(n): {"type": "speeddial", "value": "1"} for n in (3, 60)}
    assert phone(model).key_places == 27
    assert phone(model, funckeys=keys).key_places == 60
    keys["900"] = keys["3"]
    assert phone(model, funckeys=keys).key_places == 107
    assert phone(funckeys=keys).key_places == 900


def test_what_is_off_is_not_told() -> None:
    found = phone(
        dns_ip="1.1.1.1", ntp_ip="1.1.1.1", syslog_ip="1.1.1.1", vlan_id=4, dns_enabled=False
    )
    assert (found.dns, found.ntp, found.syslog, found.vlan) == (None, None, None, None)


def test_codecs_are_those_of_the_configuration_each_once() -> None:
    assert phone(X_codecs=["g722", "PCMA", "G722"]).codecs == ("G722", "PCMA")
    assert phone(X_codecs=[]).codecs == phone().codecs
    assert phone(X_codecs="PCMA").codecs == phone().codecs


def test_files_are_where_the_server_says() -> None:
    assert phone(http_base_url="https://phones.example/key/").server_url == (
        "https://phones.example/key"
    )
    raw_config = {key: value for key, value in SERVER.items() if key != "http_base_url"}
    found = phone_of({}, raw_config, mac="001122aabbcc", zone=None, capacity={})
    assert found.server_url == "http://10.20.0.1:8667"


@given(st.text())
def test_a_text_is_one_line_and_nothing_of_it_is_markup(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1
    assert not set("<>\"'") & set(xml(text))


@given(st.text())
def test_pem_is_made_of_nothing_else(text: str) -> None:
    assert not set("<>&\"'#:\0{}") & set(pem(text))
    assert pem(CERTIFICATE.replace("\n", "\r\n")) == CERTIFICATE


def test_what_is_written_keeps_its_form() -> None:
    found = written({"a\n": ["<", None, {"b": 1}], "c": None, "d": True}, xml)
    assert found == {"a": ["&lt;", {"b": 1}], "d": True}


def test_the_whole_of_a_configuration_is_written() -> None:
    raw_config = configuration("full")
    assert str(written(raw_config, lambda text: "x")).count("Camille") == 0
