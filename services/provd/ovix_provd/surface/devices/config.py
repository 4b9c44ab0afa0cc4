"""What a configuration must hold before a plugin gets it (reference/provd/data-model.md, 3)."""

from copy import deepcopy
from typing import Any

RawConfig = dict[str, Any]


class RawConfigError(Exception):
    """A configuration that no phone can work with; plugins raise it as well."""


def checked(raw_config: RawConfig) -> RawConfig:
    """A private copy of the configuration with the defaults of what it leaves out.

    Raises `RawConfigError` where something mandatory is missing. What is null is missing.
    """
    try:
        _check(raw_config)
        return _with_defaults(deepcopy(raw_config))
    except AttributeError as error:
        raise RawConfigError(f"a part of the configuration is no object: {error}") from error


def no_server(line: int | str) -> RawConfigError:
    """A line that would register nowhere: an installation that nobody told where Asterisk is."""
    return RawConfigError(
        f"line {line} has no proxy_ip, and there is no sip_proxy_ip: set main_host and"
        " proxy_main_host of its registrar (confd: PUT /1.1/registrars/default) to Asterisk's"
        " address as phones see it"
    )


def _check(raw_config: RawConfig) -> None:
    for key in ("ip", "http_port", "tftp_port"):
        _need(raw_config, key)
    for switch, key in (
        ("ntp_enabled", "ntp_ip"), ("vlan_enabled", "vlan_id"), ("syslog_enabled", "syslog_ip"),
    ):  # fmt: skip
        if raw_config.get(switch):
            _need(raw_config, key, f"{switch} is set, but there is no {key}")
    for number, line in _items(raw_config, "sip_lines"):
        if not (raw_config.get("sip_proxy_ip") or line.get("proxy_ip")):
            raise no_server(number)
        if raw_config.get("protocol") == "SIP":
            for key in ("username", "password", "display_name"):
                _need(line, key, f"line {number} has no {key}")
    for priority, call_manager in _items(raw_config, "sccp_call_managers"):
        _need(call_manager, "ip", f"call manager {priority} has no ip")
    for number, funckey in _items(raw_config, "funckeys"):
        _need(funckey, "type", f"function key {number} has no type")
        if funckey["type"] in ("speeddial", "blf"):
            _need(funckey, "value", f"function key {number} has no value")


def _items(raw_config: RawConfig, key: str) -> list[tuple[str, RawConfig]]:
    return list((raw_config.get(key) or {}).items())


def _need(found: RawConfig, key: str, reason: str | None = None) -> None:
    if found.get(key) is None:
        raise RawConfigError(reason or f"there is no {key}")


def _with_defaults(raw_config: RawConfig) -> RawConfig:
    _default(raw_config, "http_base_url", f"http://{raw_config['ip']}:{raw_config['http_port']}")
    _default(raw_config, "config_version", 1)
    if raw_config.get("syslog_enabled"):
        _default(raw_config, "syslog_port", 514)
        _default(raw_config, "syslog_level", "warning")
    _default(raw_config, "sip_registrar_ip", raw_config.get("sip_proxy_ip"))
    _default(raw_config, "sip_srtp_mode", "disabled")
    _default(raw_config, "sip_transport", "udp")
    for key in ("sip_lines", "sccp_call_managers", "funckeys"):
        _default(raw_config, key, {})
    for line in raw_config["sip_lines"].values():
        _default(line, "registrar_ip", line.get("proxy_ip"))
        _default(line, "auth_username", line.get("username"))
    return raw_config


def _default(found: RawConfig, key: str, value: Any) -> None:
    """Set what is missing, unless there is no default either: templates test for ``defined``."""
    if found.get(key) is None and value is not None:
        found[key] = value
