"""Where phones find their directory and their user's services (reference/provd/plugins.md, 6.5).

Each function adds to a configuration, and adds nothing where that does not name the server, the
user or, for a directory, its profile.
"""

from typing import Any
from urllib.parse import quote

RawConfig = dict[str, Any]


def add_xivo_phonebook_url(
    raw_config: RawConfig,
    vendor: str,
    entry_point: str = "input",
    qs_prefix: str = "",
    qs_suffix: str = "",
) -> None:
    """Set ``XX_xivo_phonebook_url`` to a directory in a vendor's format."""
    if directory := _directory(raw_config):
        query = [qs_prefix, f"xivo_user_uuid={directory['user_uuid']}", qs_suffix]
        raw_config["XX_xivo_phonebook_url"] = (
            f"{_server_url(directory)}/0.1/directories/{entry_point}/{directory['profile']}/{vendor}"
            f"?{'&'.join(part for part in query if part)}"
        )


def add_xivo_phonebook_url_from_format(raw_config: RawConfig, url_format: str) -> None:
    """Set it to a text with the fields scheme, hostname, port, profile and user_uuid."""
    if directory := _directory(raw_config):
        raw_config["XX_xivo_phonebook_url"] = url_format.format(**directory)


def add_wazo_phoned_user_service_url(raw_config: RawConfig, vendor: str, service: str) -> None:
    """Set the URLs that switch a service of the phone's user on and off."""
    if user := _user(raw_config):
        base = f"{_server_url(user)}/0.1/{vendor}/users/{user['user_uuid']}/services/{service}"
        prefix = f"XX_wazo_phoned_user_service_{service}"
        raw_config[f"{prefix}_enabled_url"] = f"{base}/enable"
        raw_config[f"{prefix}_disabled_url"] = f"{base}/disable"


def _directory(raw_config: RawConfig) -> dict[str, Any] | None:
    user = _user(raw_config)
    profile = raw_config.get("X_xivo_phonebook_profile")
    return {**user, "profile": quote(str(profile), safe="")} if user and profile else None


def _user(raw_config: RawConfig) -> dict[str, Any] | None:
    hostname, user_uuid = raw_config.get("X_xivo_phonebook_ip"), raw_config.get("X_xivo_user_uuid")
    if not hostname or not user_uuid:
        return None
    return {
        "scheme": raw_config.get("X_xivo_phonebook_scheme") or "http",
        "hostname": hostname,
        "port": raw_config.get("X_xivo_phonebook_port") or 9498,
        "user_uuid": user_uuid,
    }


def _server_url(fields: dict[str, Any]) -> str:
    return "{scheme}://{hostname}:{port}".format(**fields)
