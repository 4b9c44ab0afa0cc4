"""What the plugins of Yealink, Snom, Grandstream and Fanvil do beside what all do."""

import json
from pathlib import Path
from typing import Any

import pytest
from jinja2 import TemplateSyntaxError
from ovix_provd.surface import synchronize
from ovix_provd.surface.devices.config import checked
from ovix_provd.surface.vendor import VendorPlugin
from twisted.internet import defer

from .configurations import configuration, own_proxy
from .formats import Settings, read
from .packages import form, loaded, tftpboot


def configured(
    plugin: VendorPlugin, raw_config: dict[str, Any], model: str | None = None
) -> Settings:
    """The settings of the phone's first file."""
    device = dict(form(str(plugin.id))["device"])
    if model is not None:
        device["model"] = model
    plugin.configure(device, checked(raw_config))
    trigger = plugin.get_remote_state_trigger_filename(device)
    for name, content in tftpboot(plugin).items():
        if Path(name).name == trigger:
            return read(name, content, form(str(plugin.id))["formats"])
    raise AssertionError(f"no {trigger}")


def keys(*positions: int, kind: str = "blf") -> dict[str, Any]:
    return {
        str(n): {"type": kind, "value": f"1{n:03}", "label": f"key {n}", "line": 1}
        for n in positions
    }


@pytest.fixture
def yealink(tmp_path: Path) -> VendorPlugin:
    return loaded("ovix-yealink", tmp_path)


@pytest.fixture
def snom(tmp_path: Path) -> VendorPlugin:
    return loaded("ovix-snom", tmp_path)


@pytest.fixture
def grandstream(tmp_path: Path) -> VendorPlugin:
    return loaded("ovix-grandstream", tmp_path)


@pytest.fixture
def fanvil(tmp_path: Path) -> VendorPlugin:
    return loaded("ovix-fanvil", tmp_path)


@pytest.mark.parametrize(
    ("plugin_id", "place", "dials"),
    [
        ("ovix-yealink", "linekey.1.value", "1001"),
        ("ovix-snom", "/settings/functionKeys[e=2]/fkey[idx=0,context=1,perm=R]", "speed 1001"),
        ("ovix-grandstream", "/gs_provision[version=1]/config[version=1]/P1466", "1001"),
        ("ovix-fanvil", "DSSKEY CONFIG MODULE/Fkey1 Value", "1001@1/f"),
    ],
)
def test_a_function_key_is_the_key_of_its_number_and_the_account_works_without_one(
    plugin_id: str, place: str, dials: str, tmp_path: Path
) -> None:
    raw_config = configuration("standard SIP")
    raw_config["funckeys"] = keys(1, kind="speeddial")
    found = configured(loaded(plugin_id, tmp_path), raw_config)
    assert found[place] == dials
    assert "line1" in found.values()


# ---- Yealink -------------------------------------------------------------------------------------


def test_an_autoprov_yealink_gets_its_account_its_registrar_and_where_to_ask(
    yealink: VendorPlugin,
) -> None:
    """A1."""
    found = configured(yealink, configuration("autoprov"), "T46S")
    assert found["account.1.user_name"] == "apx7Kq2Lmn"
    assert found["account.1.sip_server.1.address"] == "10.20.0.1"
    assert found["static.auto_provision.server.url"] == "http://10.20.0.1:8667"


def test_a_yealink_forgets_accounts_and_keys_that_it_had(yealink: VendorPlugin) -> None:
    found = configured(yealink, configuration("standard SIP"), "T41S")
    assert [found[f"account.{n}.enable"] for n in range(1, 7)] == ["1", *"00000"]
    assert "account.7.enable" not in found
    assert [found[f"linekey.{n}.type"] for n in range(1, 16)] == ["15", *"0" * 14]


@pytest.mark.parametrize("plugin_id", ["ovix-yealink", "ovix-snom"])
def test_a_phone_forgets_codes_that_there_are_no_more(plugin_id: str, tmp_path: Path) -> None:
    plugin = loaded(plugin_id, tmp_path)
    for name, code in (("full", "*25"), ("codes that are null", "")):
        found = configured(plugin, configuration(name))
        assert [found[key] for key in found if "dnd" in key and "@" not in key] == [code, code]


@pytest.mark.parametrize("plugin_id", ["ovix-yealink", "ovix-snom", "ovix-fanvil"])
def test_a_phone_without_user_keeps_no_directory_of_the_last_one(
    plugin_id: str, tmp_path: Path
) -> None:
    plugin = loaded(plugin_id, tmp_path)
    full, autoprov = configuration("full"), configuration("autoprov")
    named = {key for key, value in configured(plugin, full).items() if "xivo_user_uuid" in value}
    assert named
    found = configured(plugin, autoprov)
    assert named <= found.keys()
    assert not any("xivo_user_uuid" in value for value in found.values())


def test_keys_of_a_yealink_go_on_on_its_modules(yealink: VendorPlugin) -> None:
    raw_config = configuration("standard SIP") | {"funckeys": keys(27, 28, 67, 68)}
    found = configured(yealink, raw_config, "T46S")
    assert found["linekey.27.value"] == "1027"
    assert found["expansion_module.1.key.1.value"] == "1028"
    assert found["expansion_module.1.key.40.value"] == "1067"
    assert found["expansion_module.2.key.1.value"] == "1068"


def test_keys_of_an_old_yealink_go_on_on_its_memory_keys(yealink: VendorPlugin) -> None:
    raw_config = configuration("standard SIP") | {"funckeys": keys(6, 7, 16, 17)}
    found = configured(yealink, raw_config, "T28P")
    assert found["linekey.6.value"] == "1006"
    assert found["memorykey.1.value"] == "1007"
    assert found["memorykey.10.value"] == "1016"
    assert found["expansion_module.1.key.1.value"] == "1017"


def test_a_yealink_picks_up_with_the_code_and_the_number(yealink: VendorPlugin) -> None:
    raw_config = configuration("funckey blf")
    assert configured(yealink, raw_config)["linekey.1.extension"] == "*81202"
    del raw_config["exten_pickup_call"]
    assert configured(yealink, raw_config)["linekey.1.extension"] == ""


def test_a_yealink_base_gives_each_line_a_handset(yealink: VendorPlugin) -> None:
    found = configured(yealink, configuration("multiple lines"), "W60B")
    assert found["handset.2.incoming_lines"] == "2"
    assert "handset.1.name" not in configured(yealink, configuration("multiple lines"), "T46U")


@pytest.mark.parametrize(
    ("zone", "offset", "start"),
    [
        ("Europe/Paris", "+1", "3/5/7/2"),
        ("America/Montreal", "-5", "3/2/7/2"),
        ("Asia/Kolkata", "+5:30", None),
        ("Australia/Sydney", "+10", "10/1/7/2"),
    ],
)
def test_a_yealink_is_told_the_time_of_where_it_is(
    yealink: VendorPlugin, zone: str, offset: str, start: str | None
) -> None:
    found = configured(yealink, configuration("standard SIP") | {"timezone": zone})
    assert found["local_time.time_zone"] == offset
    assert found.get("local_time.start_time") == start


def test_the_directory_of_a_yealink_searches_what_is_typed(yealink: VendorPlugin) -> None:
    url = configured(yealink, configuration("full"))["remote_phonebook.data.1.url"]
    assert url.endswith("&term=#SEARCH")
    assert "/yealink?" in url


def test_a_second_registrar_is_a_second_server_of_the_account(yealink: VendorPlugin) -> None:
    found = configured(yealink, configuration("backup proxy and registrar"))
    assert found["account.1.sip_server.2.address"] == "10.20.0.3"
    found = configured(yealink, configuration("standard SIP"))
    assert found["account.1.sip_server.2.address"] == ""


# ---- templates of operators (acceptance.md, D) ---------------------------------------------------


def test_an_operators_template_goes_before_the_packages(yealink: VendorPlugin) -> None:
    """D1 to D4."""
    device = form("ovix-yealink")["device"]
    custom = Path(yealink._plugin_dir, "var", "templates")
    written = Path(yealink._tftpboot_dir, "805ec009abdc.cfg")

    def configured_again() -> str:
        yealink.configure(device, checked(configuration("standard SIP")))
        return written.read_text()

    for name in ("base.tpl", "T46U.tpl", "805ec009abdc.cfg.tpl"):
        (custom / name).write_text("{{ phone.line(1).password }} by " + name)
        assert configured_again() == f"secret-of-1 by {name}"
    for name in ("805ec009abdc.cfg.tpl", "T46U.tpl", "base.tpl"):
        (custom / name).unlink()
    assert configured_again().startswith("#!version")


def test_an_operators_template_gets_texts_that_are_written_already(snom: VendorPlugin) -> None:
    device = form("ovix-snom")["device"]
    raw_config = configuration("standard SIP")
    raw_config["sip_lines"]["1"]["display_name"] = "<A&B>"
    custom = Path(snom._plugin_dir, "var", "templates", "base.tpl")
    custom.write_text(
        "<x>{{ sip_lines['1'].display_name }}{{ phone.line(1).display_name | e }}</x>"
    )
    snom.configure(device, checked(raw_config))
    content = Path(snom._tftpboot_dir, "000413741767.xml").read_text()
    assert content == "<x>&lt;A&amp;B&gt;&lt;A&amp;B&gt;</x>"


def test_a_template_that_fails_leaves_all_files_as_they_were(snom: VendorPlugin) -> None:
    """D5."""
    device, before = form("ovix-snom")["device"], tftpboot(snom)
    Path(snom._plugin_dir, "var", "templates", "files.tpl").write_text("{% if %}")
    with pytest.raises(TemplateSyntaxError):
        snom.configure(device, checked(configuration("standard SIP")))
    assert tftpboot(snom) == before


def test_a_model_of_any_length_is_a_name_of_a_file(snom: VendorPlugin) -> None:
    device = {**form("ovix-snom")["device"], "model": "x" * 5000}
    snom.configure(device, checked(configuration("standard SIP")))
    snom.deconfigure(device)


# ---- Snom ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plugin_id", "model", "event"),
    [
        ("ovix-snom", "D785", "check-sync;reboot=false"),
        ("ovix-snom", None, "check-sync;reboot=false"),
        ("ovix-snom", "M900", "check-sync;reboot=true"),
        ("ovix-yealink", "T46U", "check-sync"),
        ("ovix-grandstream", "GRP2614", "check-sync"),
        ("ovix-fanvil", "X4", "check-sync"),
        ("ovix-generic", "SIP", "check-sync"),
    ],
)
def test_a_phone_is_told_to_fetch_its_files_by_the_event_of_its_vendor(
    plugin_id: str, model: str | None, event: str, tmp_path: Path
) -> None:
    """J4."""
    told: list[Any] = []

    def note(device: Any, event: str, headers: Any) -> "defer.Deferred[None]":
        told.append(event)
        return defer.succeed(None)

    synchronize.set_notifier(note)
    try:
        loaded(plugin_id, tmp_path).synchronize({"model": model, "ip": "10.0.0.5"}, {})
    finally:
        synchronize.set_notifier(None)
    assert told == [event]


def test_a_line_of_a_snom_fails_over_to_an_identity_behind_those_of_lines(
    snom: VendorPlugin,
) -> None:
    lines = {
        "1": own_proxy(1),
        "2": own_proxy(2, backup_proxy_ip="10.20.0.2"),
        "3": own_proxy(3, backup_proxy_ip="10.20.0.3"),
    }
    found = configured(snom, configuration("standard SIP") | {"sip_lines": lines})
    path = "/settings/phone-settings/{}[idx={},perm=R]"
    assert [found[path.format("user_failover_identity", n)] for n in range(1, 6)] == [
        "none", "4", "5", "none", "none"
    ]  # fmt: skip
    assert found[path.format("user_host", 5)] == "10.20.0.3"
    assert found[path.format("user_name", 5)] == "line3"
    assert found[path.format("user_active", 6)] == "off"


def test_keys_of_a_snom_say_what_they_are(snom: VendorPlugin) -> None:
    raw_config = configuration("full")
    found = configured(snom, raw_config)
    path = "/settings/functionKeys[e=2]/fkey[idx={},context={},perm=R]"
    assert found[path.format(0, 1)] == "speed 1201"
    assert found[path.format(1, 1)] == "blf <sip:1202@10.20.0.1>|*8"
    assert found[path.format(4, 1)] == "orbit <sip:700@10.20.0.1>"


def test_a_snom_that_knows_only_its_model_is_sent_to_what_tells_its_mac(
    snom: VendorPlugin,
) -> None:
    content = tftpboot(snom)["snomD785.htm"].decode()
    assert "http://10.20.0.1:8667/snomD785.htm?mac={mac}" in content


def test_a_snom_base_gets_the_file_of_bases(snom: VendorPlugin) -> None:
    found = configured(snom, configuration("multiple lines"), "M700")
    assert found["/settings/extensions/subscr_sip_ua_data_sip_name[id=2]"] == "line2"


# ---- Grandstream ---------------------------------------------------------------------------------


def test_a_grandstream_is_told_the_rule_of_its_time_zone(grandstream: VendorPlugin) -> None:
    found = configured(grandstream, configuration("timezone Montreal"))
    assert found["/gs_provision[version=1]/config[version=1]/P246"] == (
        "STD5:00DST4:00,M3.2.0/02:00:00,M11.1.0/02:00:00"
    )


def test_the_second_port_of_a_gateway_has_numbers_of_its_own(grandstream: VendorPlugin) -> None:
    found = configured(grandstream, configuration("multiple lines"), "HT802")
    path = "/gs_provision[version=1]/config[version=1]/P"
    assert found[path + "735"] == "line2"
    assert path + "404" not in found


def test_lines_beyond_those_of_a_grandstream_are_left_out(grandstream: VendorPlugin) -> None:
    found = configured(grandstream, configuration("multiple lines"), "HT801")
    assert "line2" not in found.values()


def test_a_gxp2000_reads_its_values_in_their_older_form(grandstream: VendorPlugin) -> None:
    found = configured(grandstream, configuration("full"), "GXP2000")
    assert found["P35"] == "line1"
    assert found["P64"] == "780"
    assert found["P246"] == "3,-1,7,2,0;10,-1,7,3,0;60"
    assert "Grandstream/cfgc074ad0b63ee.xml" not in tftpboot(grandstream)


# ---- Fanvil --------------------------------------------------------------------------------------


def test_keys_of_a_fanvil_name_number_account_and_use(fanvil: VendorPlugin) -> None:
    found = configured(fanvil, configuration("full"))
    assert found["DSSKEY CONFIG MODULE/Fkey1 Value"] == "1201@1/f"
    assert found["DSSKEY CONFIG MODULE/Fkey2 Value"] == "1202@1/ba*81202"
    assert found["DSSKEY CONFIG MODULE/Fkey5 Value"] == "700@1/c"


def test_a_fanvil_counts_its_zone_in_quarters_of_an_hour(fanvil: VendorPlugin) -> None:
    found = configured(fanvil, configuration("timezone half an hour"))
    assert found["DATE CONFIG MODULE/Time Zone"] == "22"
    assert found["DATE CONFIG MODULE/Time Zone Name"] == "UTC+5:30"


# ---- all -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "plugin_id",
    ["ovix-yealink", "ovix-snom", "ovix-grandstream", "ovix-fanvil", "ovix-generic"],
)
def test_a_number_out_of_all_bounds_costs_nothing(plugin_id: str, tmp_path: Path) -> None:
    plugin = loaded(plugin_id, tmp_path)
    raw_config = configuration("standard SIP")
    for number in ("999999999", "9" * 5000):
        raw_config["sip_lines"][number] = own_proxy()
        raw_config["funckeys"] = {number: {"type": "blf", "value": "1", "label": "x"}}
    for model in ("", *plugin.models):
        configured(plugin, raw_config, model)
    assert all(len(content) < 100_000 for content in tftpboot(plugin).values())


def test_samples_are_documents_of_devices() -> None:
    for path in Path(__file__).parent.glob("*/*/device.json"):
        device = json.loads(path.read_text())
        assert {"mac", "vendor", "model"} <= device.keys()
