"""What plugins derive from, call and are told by, besides files and templates."""

import json
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from ovix_provd.surface import synchronize
from ovix_provd.surface.devices import pgasso
from ovix_provd.surface.devices.ident import RequestType
from ovix_provd.surface.plugins import (
    Plugin,
    StandardPlugin,
    add_wazo_phoned_user_service_url,
    add_xivo_phonebook_url,
    add_xivo_phonebook_url_from_format,
)
from ovix_provd.surface.services import (
    InvalidParameterError,
    JsonConfigPersister,
    PersistentConfigureServiceDecorator,
)
from twisted.internet import defer

USER = {
    "X_xivo_phonebook_ip": "10.0.0.1",
    "X_xivo_user_uuid": "u-u",
    "X_xivo_phonebook_profile": "default",
}


# ---- plugins -----------------------------------------------------------------------------------


def test_a_plugin_that_overrides_nothing_does_nothing(tmp_path: Path) -> None:
    tmp_path.joinpath("plugin-info").write_text('{"version": "1.0"}')
    plugin = StandardPlugin("app", str(tmp_path), {"proxies": {}}, {})
    assert plugin._tftpboot_dir == str(tmp_path / "var/tftpboot")
    assert (plugin._app, plugin._plugin_dir) == ("app", str(tmp_path))
    assert plugin.info == {"version": "1.0"}
    assert (plugin.services, plugin.pg_associator, plugin.http_service) == ({}, None, None)
    plugin.load()
    plugin.configure_common({})
    plugin.configure({}, {})
    plugin.deconfigure({})
    plugin.close()
    assert plugin.get_remote_state_trigger_filename({}) is None
    assert plugin.is_sensitive_filename("x") is False
    failure = _result(plugin.synchronize({}, {}))
    assert isinstance(failure, NotImplementedError)


def test_services_of_one_plugin_are_not_those_of_another(tmp_path: Path) -> None:
    one, other = (Plugin("app", str(tmp_path), {}, {}) for _ in range(2))
    one.services = {"install": object()}
    assert other.services == {}


# ---- association -------------------------------------------------------------------------------


class Associator(pgasso.BasePgAssociator):
    """Of a plugin for T46S."""

    def __init__(self) -> None:
        pgasso.BasePgAssociator.__init__(self)

    def _do_associate(self, vendor: str, model: str | None, version: str | None) -> int:
        return pgasso.DeviceSupport.PROBABLE.value + 10 if vendor == "Yealink" else 100


def test_a_phone_of_unknown_vendor_is_not_judged() -> None:
    assert Associator().associate({"model": "T46S"}) == pgasso.UNKNOWN_SUPPORT == 200
    assert Associator().associate({"vendor": "Yealink"}) == 310
    with pytest.raises(NotImplementedError):
        pgasso.BasePgAssociator().associate({"vendor": "Yealink"})


def test_levels_are_integers_under_their_old_and_new_names() -> None:
    old = [pgasso.NO_SUPPORT, pgasso.IMPROBABLE_SUPPORT, pgasso.UNKNOWN_SUPPORT,
           pgasso.PROBABLE_SUPPORT, pgasso.INCOMPLETE_SUPPORT, pgasso.COMPLETE_SUPPORT,
           pgasso.FULL_SUPPORT]  # fmt: skip
    assert old == [*pgasso.DeviceSupport] == [0, 100, 200, 300, 400, 500, 600]


def test_kinds_of_requests_equal_the_texts_that_old_packages_compare_with() -> None:
    assert [RequestType.HTTP, RequestType.TFTP, RequestType.DHCP] == ["http", "tftp", "dhcp"]


# ---- phonebooks --------------------------------------------------------------------------------


def test_a_directory_is_that_of_the_user_in_the_profile() -> None:
    raw_config = dict(USER)
    add_xivo_phonebook_url(raw_config, "yealink")
    assert raw_config["XX_xivo_phonebook_url"] == (
        "http://10.0.0.1:9498/0.1/directories/input/default/yealink?xivo_user_uuid=u-u"
    )
    add_xivo_phonebook_url(raw_config, "snom", "lookup", "name={x}", "term=#SEARCH")
    assert raw_config["XX_xivo_phonebook_url"] == (
        "http://10.0.0.1:9498/0.1/directories/lookup/default/snom"
        "?name={x}&xivo_user_uuid=u-u&term=#SEARCH"
    )


def test_server_and_profile_are_as_configured() -> None:
    server = {"X_xivo_phonebook_scheme": "https", "X_xivo_phonebook_port": 443}
    raw_config = {**USER, **server, "X_xivo_phonebook_profile": "from internal/1"}
    add_xivo_phonebook_url_from_format(
        raw_config, "{scheme}|{hostname}|{port}|{profile}|{user_uuid}"
    )
    assert raw_config["XX_xivo_phonebook_url"] == "https|10.0.0.1|443|from%20internal%2F1|u-u"


def test_services_of_a_user_are_switched_by_two_urls() -> None:
    raw_config = {key: value for key, value in USER.items() if not key.endswith("profile")}
    add_wazo_phoned_user_service_url(raw_config, "yealink", "dnd")
    base = "http://10.0.0.1:9498/0.1/yealink/users/u-u/services/dnd"
    assert raw_config["XX_wazo_phoned_user_service_dnd_enabled_url"] == f"{base}/enable"
    assert raw_config["XX_wazo_phoned_user_service_dnd_disabled_url"] == f"{base}/disable"


@pytest.mark.parametrize("missing", USER)
def test_nothing_is_set_for_a_phone_without_server_user_or_profile(missing: str) -> None:
    for raw_config in ({**USER, missing: ""}, {k: v for k, v in USER.items() if k != missing}):
        before = dict(raw_config)
        add_xivo_phonebook_url(raw_config, "yealink")
        add_xivo_phonebook_url_from_format(raw_config, "{profile}")
        if missing != "X_xivo_phonebook_profile":
            add_wazo_phoned_user_service_url(raw_config, "yealink", "dnd")
        assert raw_config == before


# ---- synchronizing -----------------------------------------------------------------------------


@pytest.fixture
def told() -> Iterator[list[tuple[Mapping[str, Any], str, Sequence[str]]]]:
    told: list[tuple[Mapping[str, Any], str, Sequence[str]]] = []

    def notify(
        device: Mapping[str, Any], event: str, variables: Sequence[str]
    ) -> "defer.Deferred[None]":
        told.append((device, event, variables))
        return defer.succeed(None)

    synchronize.set_notifier(notify)
    yield told
    synchronize.set_notifier(None)


def _result(deferred: "defer.Deferred[Any]") -> Any:
    """What a Deferred that fired already holds."""
    results: list[Any] = []
    deferred.addCallbacks(results.append, lambda failure: results.append(failure.value))
    return results[0]


def test_a_phone_is_notified_by_what_the_host_set(
    told: list[tuple[Mapping[str, Any], str, Sequence[str]]],
) -> None:
    device = {"ip": "10.0.0.2"}
    assert _result(synchronize.standard_sip_synchronize(device)) is None
    synchronize.standard_sip_synchronize(device, "service-control", ["Content=x"])
    assert told == [(device, "check-sync", ()), (device, "service-control", ("Content=x",))]


def test_without_a_notifier_nothing_can_be_synchronized() -> None:
    assert synchronize.get_sync_service() is None
    failure = _result(synchronize.standard_sip_synchronize({"ip": "10.0.0.2"}))
    assert isinstance(failure, RuntimeError)


# ---- parameters --------------------------------------------------------------------------------


class Account:
    """A plugin's service ``configure``."""

    description = (("username", "The name"),)

    def __init__(self) -> None:
        self.values: dict[str, Any] = {"username": None}

    def get(self, name: str) -> Any:
        return self.values[name]

    def set(self, name: str, value: Any) -> None:
        if name not in self.values:
            raise InvalidParameterError(name)
        self.values[name] = value


def test_parameters_outlive_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "var/config.json"
    PersistentConfigureServiceDecorator(Account(), JsonConfigPersister(str(file))).set(
        "username", "é"
    )
    after = PersistentConfigureServiceDecorator(Account(), JsonConfigPersister(str(file)))
    assert after.get("username") == "é"
    assert after.description == Account.description
    assert json.loads(file.read_bytes()) == {"username": "é"}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_a_plugin_does_not_take_is_not_stored(tmp_path: Path) -> None:
    persister = JsonConfigPersister(str(tmp_path / "config.json"))
    service = PersistentConfigureServiceDecorator(Account(), persister)
    with pytest.raises(InvalidParameterError):
        service.set("colour", "blue")
    assert persister.params() == {}
