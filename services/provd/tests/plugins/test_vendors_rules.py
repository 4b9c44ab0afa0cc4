"""What single vendors' plugins do beside what all do."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ovix_provd.surface.devices.config import RawConfigError, checked
from ovix_provd.surface.vendor import VendorPlugin

from .configurations import configuration
from .formats import Settings, read
from .packages import form, loaded, tftpboot


def configured(plugin: VendorPlugin, raw_config: dict[str, Any], **device: str) -> Settings:
    """The settings of the phone's first file."""
    found = {**form(str(plugin.id))["device"], **device}
    plugin.configure(found, checked(raw_config))
    trigger = plugin.get_remote_state_trigger_filename(found)
    contents = {Path(name).name: (name, text) for name, text in tftpboot(plugin).items()}
    name, content = contents[str(trigger)]
    return read(name, content, form(str(plugin.id))["formats"], plugin.format.encoding)


def keys(**by_number: str) -> dict[str, Any]:
    return {
        number.lstrip("k"): {"type": kind, "value": f"10{number[1:]}", "label": number}
        for number, kind in by_number.items()
    }


@pytest.mark.parametrize(
    ("path", "file"),
    [
        (b"/42/2/7C2F806257D7.xml", b"/7C2F806257D7.xml"),
        (b"//70/1//7C2F806257D7.xml", b"/7C2F806257D7.xml"),
        (b"/.//42/2/./7C2F806257D7.xml", b"/7C2F806257D7.xml"),
        (b"/7C2F806257D7.xml", b"/7C2F806257D7.xml"),
        (b"/", b"/"),
    ],
)
def test_a_gigaset_base_finds_its_file_behind_its_hardware_and_software(
    path: bytes, file: bytes, tmp_path: Path
) -> None:
    request = SimpleNamespace(path=path, postpath=path.split(b"/")[1:])
    service: Any = loaded("ovix-gigaset", tmp_path).http_service
    service.path_preprocess(request)
    assert request.path == file
    assert request.postpath == [file[1:]]


def test_a_gigaset_n510_refuses_a_password_that_it_can_not_read(tmp_path: Path) -> None:
    plugin = loaded("ovix-gigaset", tmp_path)
    raw_config = configuration("standard SIP")
    raw_config["sip_lines"]["1"]["password"] = 'sec"ret'
    assert configured(plugin, raw_config)["SipAccount.1.AuthPassword"] == 'sec"ret'
    with pytest.raises(RawConfigError):
        configured(plugin, raw_config, model="N510 IP PRO")


def test_accounts_of_a_gigaset_base_share_providers(tmp_path: Path) -> None:
    raw_config = configuration("multiple lines")
    raw_config["sip_lines"]["3"] = {**raw_config["sip_lines"]["1"], "proxy_ip": "10.20.0.77"}
    found = configured(loaded("ovix-gigaset", tmp_path), raw_config)
    assert [found[f"SipAccount.{number}.ProviderId"] for number in (1, 2, 3)] == ["0", "0", "1"]
    assert found["SipProvider.1.ProxyServerAddress"] == "10.20.0.77"


def test_a_cisco_phone_that_knows_only_its_model_is_sent_to_its_own_profile(
    tmp_path: Path,
) -> None:
    plugin = loaded("ovix-cisco-spa", tmp_path)
    files = tftpboot(plugin)
    assert {"spa508G.cfg", "spa942.cfg", "spa122.cfg", "init.cfg", "ata19x.cfg"} <= files.keys()
    found = read("spa508G.cfg", files["spa508G.cfg"], {"*": "xml"})
    assert found["/flat-profile/Profile_Rule[ua=na]"] == "http://10.20.0.1:8667/$MA.xml"


def of_flat_profile(found: Settings, name: str) -> str:
    return found[f"/flat-profile/{name}[ua=na]"]


def test_a_cisco_phone_has_its_codes_from_the_server_and_none_of_its_own(tmp_path: Path) -> None:
    found = configured(loaded("ovix-cisco-spa", tmp_path), configuration("full"))
    assert of_flat_profile(found, "Blind_Transfer_Code") == ""
    assert of_flat_profile(found, "Call_Pickup_Code") == "*8"


def test_two_proxies_of_a_cisco_phone_are_written_as_dns_would_tell_them(tmp_path: Path) -> None:
    found = configured(loaded("ovix-cisco-spa", tmp_path), configuration("backup proxy"))
    assert of_flat_profile(found, "Proxy_1_") == (
        "servers:SRV=10.20.0.1:5060:p=0|10.20.0.2:5060:p=1"
    )


def test_function_keys_of_a_cisco_phone_leave_accounts_their_keys(tmp_path: Path) -> None:
    raw_config = configuration("standard SIP")
    raw_config["funckeys"] = keys(k1="blf", k2="speeddial", k9="blf", k41="speeddial")
    found = configured(loaded("ovix-cisco-spa", tmp_path), raw_config)
    assert of_flat_profile(found, "Extension_1_") == "1"
    assert of_flat_profile(found, "Extended_Function_2_") == "fnc=sd;ext=102@10.20.0.1;nme=k2"
    assert of_flat_profile(found, "Extended_Function_3_") == (
        "fnc=blf+sd+cp;sub=101@10.20.0.1;ext=101@10.20.0.1;nme=k1"
    )
    assert "nme=k9" in of_flat_profile(found, "Unit_1_Key_1")
    assert "nme=k41" in of_flat_profile(found, "Unit_2_Key_1")


def test_what_a_cisco_phone_is_to_lose_is_written_without_a_value(tmp_path: Path) -> None:
    found = configured(loaded("ovix-cisco-spa", tmp_path), configuration("standard SIP"))
    for name in ("Syslog_Server", "XML_Directory_Service_URL", "Unit_2_Key_32", "Custom_CA_URL"):
        assert of_flat_profile(found, name) == ""


def test_a_gigaset_base_switches_off_the_accounts_that_left(tmp_path: Path) -> None:
    plugin = loaded("ovix-gigaset", tmp_path)
    n510 = configured(plugin, configuration("standard SIP"), model="N510 IP PRO")
    assert [n510[f"BS_IP_Data1.ucB_SIP_ACCOUNT_IS_ACTIVE_{number}"] for number in (1, 2, 6)] == [
        "0x1",
        "0x0",
        "0x0",
    ]
    n670 = configured(plugin, configuration("standard SIP"), model="N670 IP PRO")
    assert (n670["SipAccount.1.IsActive"], n670["SipAccount.20.IsActive"]) == ("1", "0")


def test_a_label_can_not_add_a_field_to_a_key_of_a_cisco_phone(tmp_path: Path) -> None:
    raw_config = configuration("standard SIP")
    raw_config["funckeys"] = keys(k2="speeddial")
    raw_config["funckeys"]["2"]["label"] = "A&B;ext=666"
    found = configured(loaded("ovix-cisco-spa", tmp_path), raw_config)
    assert of_flat_profile(found, "Extended_Function_2_") == (
        "fnc=sd;ext=102@10.20.0.1;nme=A&B ext=666"
    )


def test_an_ata190_has_a_file_of_its_own_kind(tmp_path: Path) -> None:
    plugin = loaded("ovix-cisco-spa", tmp_path)
    common = tftpboot(plugin).keys()
    found = configured(plugin, configuration("multiple lines"), model="ATA190")
    assert {name for name in found if name.endswith("/authName")}
    assert tftpboot(plugin).keys() - common == {"ATA0002FDFF2103.cnf.xml"}


def test_keys_of_a_polycom_phone_point_to_what_they_are_for(tmp_path: Path) -> None:
    plugin = loaded("ovix-polycom", tmp_path)
    raw_config = configuration("standard SIP")
    raw_config["funckeys"] = keys(k2="speeddial", k3="blf", k5="park", k6="blf")
    found = configured(plugin, raw_config)
    places = {
        place: (found[f"lineKey.{place}.category"], found[f"lineKey.{place}.index"])
        for place in (1, 2, 3, 5, 6)
    }
    assert places == {
        1: ("Line", "1"),
        2: ("SpeedDial", "1"),
        3: ("BLF", "1"),
        5: ("SpeedDial", "2"),
        6: ("BLF", "2"),
    }
    assert found["attendant.resourceList.2.address"] == "106"
    contacts = read("d", tftpboot(plugin)["0004f2aabbcc-directory.xml"], {"*": "directory"})
    assert (contacts["1 ct"], contacts["1 sd"]) == ("105", "2")


def test_certificates_of_a_polycom_phone_stand_in_its_parameters(tmp_path: Path) -> None:
    found = configured(loaded("ovix-polycom", tmp_path), configuration("tls with certificate"))
    for number in (1, 2):
        text = found[f"sec.TLS.customCaCert.{number}"]
        assert text.startswith("-----BEGIN CERTIFICATE----- MII")
        assert text.endswith(" -----END CERTIFICATE-----")


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("6731i", "prgkey3"),
        ("6755i", "prgkey3"),
        ("6739i", "softkey3"),
        ("6930w", "topsoftkey3"),
        ("unheard of", "softkey3"),
    ],
)
def test_function_keys_of_an_aastra_phone_are_those_of_its_model(
    model: str, name: str, tmp_path: Path
) -> None:
    raw_config = configuration("standard SIP")
    raw_config["funckeys"] = keys(k3="park")
    found = configured(loaded("ovix-aastra", tmp_path), raw_config, model=model)
    assert (found[f"{name} type"], found[f"{name} value"]) == ("park", "asterisk;103")


def test_keys_beyond_those_of_an_aastra_phone_are_on_its_modules(tmp_path: Path) -> None:
    raw_config = configuration("standard SIP")
    raw_config["funckeys"] = keys(k7="blf", k43="blf")
    found = configured(loaded("ovix-aastra", tmp_path), raw_config, model="6753i")
    assert found["expmod1 key1 value"] == "107"
    assert found["expmod2 key1 value"] == "1043"


def test_the_clock_of_an_aastra_phone_counts_from_the_other_side(tmp_path: Path) -> None:
    plugin = loaded("ovix-aastra", tmp_path)
    paris = configured(plugin, configuration("timezone Paris"))
    montreal = configured(plugin, configuration("timezone Montreal"))
    assert (paris["time zone minutes"], montreal["time zone minutes"]) == ("-60", "300")
    assert (paris["dst start week"], montreal["dst start week"]) == ("-1", "2")
    assert paris["dst start day"] == "1"


def test_each_port_of_a_patton_gateway_registers_by_itself(tmp_path: Path) -> None:
    plugin = loaded("ovix-patton", tmp_path)
    configured(plugin, configuration("multiple lines"))
    text = tftpboot(plugin)["00a0ba08933c.cfg"].decode()
    assert text.count("registration outbound") == 2
    assert text.count("encapsulation cc-fxs") == 2
    assert "bind interface eth0 context router port 5062" in text


def test_ports_that_a_gateway_has_not_are_left_out(tmp_path: Path) -> None:
    plugin = loaded("ovix-patton", tmp_path)
    raw_config = configuration("standard SIP")
    raw_config["sip_lines"]["99"] = raw_config["sip_lines"]["1"]
    configured(plugin, raw_config)
    assert b"FXS_98" not in tftpboot(plugin)["00a0ba08933c.cfg"]


@pytest.mark.parametrize(
    "plugin_id", ["ovix-polycom", "ovix-cisco-spa", "ovix-gigaset", "ovix-patton"]
)
def test_a_number_of_a_line_or_key_that_is_out_of_all_bounds_costs_nothing(
    plugin_id: str, tmp_path: Path
) -> None:
    raw_config = configuration("standard SIP")
    raw_config["sip_lines"]["999999999"] = raw_config["sip_lines"]["1"]
    raw_config["funckeys"] = {"999999999": {"type": "blf", "value": "1", "label": "x"}}
    plugin = loaded(plugin_id, tmp_path)
    for model in ("", *plugin.models):
        configured(plugin, raw_config, model=model)
    assert all(len(content) < 100_000 for content in tftpboot(plugin).values())
