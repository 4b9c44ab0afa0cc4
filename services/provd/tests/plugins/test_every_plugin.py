"""What holds for each of our vendors' plugins, whatever a phone is configured with."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ovix_provd.surface.devices.config import RawConfigError, checked
from ovix_provd.surface.vendor import VendorPlugin, one_line

from .configurations import CONFIGURATIONS, HOSTILE, configuration, with_texts
from .formats import Settings, read
from .packages import IDS, form, loaded, tftpboot

NAMES = tuple(CONFIGURATIONS)


@pytest.fixture(scope="module")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, VendorPlugin]:
    place = tmp_path_factory.mktemp("plugins")
    return {plugin_id: loaded(plugin_id, place) for plugin_id in IDS}


@pytest.fixture(params=IDS)
def plugin(request: pytest.FixtureRequest, plugins: Mapping[str, VendorPlugin]) -> VendorPlugin:
    return plugins[request.param]


def device_of(plugin: VendorPlugin) -> dict[str, Any]:
    device: dict[str, Any] = form(str(plugin.id))["device"]
    return device


def configured(plugin: VendorPlugin, raw_config: dict[str, Any]) -> dict[str, Settings]:
    """The settings of each file that the phone got; it has lost them again."""
    before = tftpboot(plugin)
    device = device_of(plugin)
    plugin.configure(device, checked(raw_config))
    after = tftpboot(plugin)
    plugin.deconfigure(device)
    assert tftpboot(plugin) == before, "deconfigure removes exactly what configure wrote"
    formats = form(str(plugin.id))["formats"]
    written = {name: content for name, content in after.items() if name not in before}
    assert written, "configure writes the phone's files"
    for content in written.values():
        for sign in (b"{{", b"{%", b"Undefined", b"<function "):
            assert sign not in content
    return {
        name: read(name, content, formats, plugin.format.encoding)
        for name, content in written.items()
    }


def values(files: dict[str, Settings]) -> set[str]:
    return {value for settings in files.values() for value in settings.values()}


@pytest.mark.parametrize("name", NAMES)
def test_each_configuration_gives_files_that_parse_and_hold_the_accounts(
    plugin: VendorPlugin, name: str
) -> None:
    raw_config = configuration(name)
    found = values(configured(plugin, raw_config))
    for line in raw_config.get("sip_lines", {}).values():
        assert line["username"] in found
        assert line["password"] in found
        assert line["display_name"] in found
        assert line.get("auth_username", line["username"]) in found


def hostile(plugin: VendorPlugin) -> str:
    """A text that an account of the plugin may hold."""
    return HOSTILE.translate(str.maketrans("", "", "{}" + plugin.format.lost))


def test_no_text_becomes_another_setting(plugin: VendorPlugin) -> None:
    raw_config = configuration("full")
    tame = configured(plugin, with_texts(raw_config, ""))
    wild = configured(plugin, with_texts(raw_config, hostile(plugin)))
    assert {name: settings.keys() for name, settings in wild.items()} == {
        name: settings.keys() for name, settings in tame.items()
    }


def test_texts_are_read_back_as_they_were_written(plugin: VendorPlugin) -> None:
    raw_config = configuration("full")
    suffix = one_line(hostile(plugin))
    found = values(configured(plugin, with_texts(raw_config, suffix)))
    for line in raw_config["sip_lines"].values():
        for key in ("display_name", "password", "username", "auth_username"):
            assert line[key] + suffix in found


_TEXTS = st.text(
    st.sampled_from(list("\"'<>&;:#=\\|%$,@[]()\r\n\t\0 /ab9é\u2028\ud800")), max_size=30
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(label=_TEXTS, password=_TEXTS)
def test_no_text_at_all_becomes_another_setting(
    plugin: VendorPlugin, label: str, password: str
) -> None:
    tame, wild = configuration("full"), configuration("full")
    for line in wild["sip_lines"].values():
        line["display_name"] += label
        line["password"] += password.translate(str.maketrans("", "", plugin.format.lost))
    for key in wild["funckeys"].values():
        key["label"] += label
    assert {name: found.keys() for name, found in configured(plugin, wild).items()} == {
        name: found.keys() for name, found in configured(plugin, tame).items()
    }


def test_labels_may_hold_what_the_format_does_not(plugin: VendorPlugin) -> None:
    raw_config = configuration("full")
    tame = configured(plugin, raw_config)
    wild_config = configuration("full")
    for line in wild_config["sip_lines"].values():
        line["display_name"] += hostile(plugin) + plugin.format.lost
    for key in wild_config["funckeys"].values():
        key["label"] += hostile(plugin) + plugin.format.lost
    wild = configured(plugin, wild_config)
    assert {name: settings.keys() for name, settings in wild.items()} == {
        name: settings.keys() for name, settings in tame.items()
    }


@pytest.mark.parametrize("key", ["username", "auth_username", "password"])
def test_an_account_that_the_format_can_not_hold_is_refused(plugin: VendorPlugin, key: str) -> None:
    for character in plugin.format.lost:
        raw_config = configuration("standard SIP")
        raw_config["sip_lines"]["1"][key] += character
        with pytest.raises(RawConfigError):
            plugin.configure(device_of(plugin), checked(raw_config))


def test_a_template_in_a_text_is_a_text(plugin: VendorPlugin) -> None:
    raw_config = configuration("standard SIP")
    raw_config["sip_lines"]["1"]["display_name"] = "{{ 7 * 191 }}"
    device = device_of(plugin)
    plugin.configure(device, checked(raw_config))
    contents = tftpboot(plugin).values()
    plugin.deconfigure(device)
    assert not any(b"1337" in content for content in contents)


def test_accents_are_kept(plugin: VendorPlugin) -> None:
    raw_config = configuration("standard SIP")
    raw_config["sip_lines"]["1"]["display_name"] = "Zoé Müller-Ångström"
    assert "Zoé Müller-Ångström" in values(configured(plugin, raw_config))


def test_a_phone_without_mac_is_refused(plugin: VendorPlugin) -> None:
    device = {**device_of(plugin)}
    del device["mac"]
    with pytest.raises(RawConfigError):
        plugin.configure(device, checked(configuration("standard SIP")))
    plugin.deconfigure(device)


def test_deconfigure_may_be_called_twice(plugin: VendorPlugin) -> None:
    plugin.deconfigure(device_of(plugin))
    plugin.deconfigure(device_of(plugin))


def test_files_of_a_phone_are_sensitive_and_common_ones_are_not(plugin: VendorPlugin) -> None:
    common = tftpboot(plugin)
    device = device_of(plugin)
    plugin.configure(device, checked(configuration("tls with certificate")))
    own = tftpboot(plugin).keys() - common.keys()
    plugin.deconfigure(device)
    assert all(plugin.is_sensitive_filename(Path(name).name) for name in own)
    assert not any(plugin.is_sensitive_filename(Path(name).name) for name in common)
    trigger = plugin.get_remote_state_trigger_filename(device)
    assert trigger in {Path(name).name for name in own}


def test_common_files_parse_and_hold_no_account(plugin: VendorPlugin) -> None:
    formats = form(str(plugin.id))["formats"]
    for name, content in tftpboot(plugin).items():
        assert b"{{" not in content
        read(name, content, formats, plugin.format.encoding)


def test_a_configuration_that_needs_fewer_files_leaves_none_behind(plugin: VendorPlugin) -> None:
    before = tftpboot(plugin)
    device = device_of(plugin)
    plugin.configure(device, checked(configuration("tls with certificate")))
    plugin.configure(device, checked(configuration("standard SIP")))
    plain = tftpboot(plugin).keys()
    plugin.deconfigure(device)
    plugin.configure(device, checked(configuration("standard SIP")))
    assert tftpboot(plugin).keys() == plain
    plugin.deconfigure(device)
    assert tftpboot(plugin) == before


def test_each_model_can_be_configured(plugin: VendorPlugin) -> None:
    device = device_of(plugin)
    formats = form(str(plugin.id))["formats"]
    before = tftpboot(plugin)
    for model in plugin.models:
        of_model = {**device, "model": model}
        plugin.configure(of_model, checked(configuration("full")))
        for name, content in tftpboot(plugin).items():
            read(name, content, formats, plugin.format.encoding)
        plugin.deconfigure(of_model)
        assert tftpboot(plugin) == before


def test_a_model_that_names_another_directory_writes_no_file_there(plugin: VendorPlugin) -> None:
    before = tftpboot(plugin)
    device = {**device_of(plugin), "model": "../../../../../../tmp/x"}
    plugin.configure(device, checked(configuration("standard SIP")))
    plugin.deconfigure(device)
    assert tftpboot(plugin) == before


def test_capabilities_say_what_clients_ask(plugin: VendorPlugin) -> None:
    assert plugin.models
    for capability in plugin.models.values():
        assert {"lines", "function_keys", "protocol", "type"} <= capability.keys()
        assert capability["protocol"] == "sip"
