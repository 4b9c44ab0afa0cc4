"""provd's settings, from ``OVIX_…`` and ``OVIX_PROVD_…``."""

import socket
from pathlib import Path
from typing import Any, Literal

import orjson
from ovix_web import own
from ovix_web.ami_settings import AmiServer, AmiSettings
from pydantic import SecretStr

SHIPPED = Path(__file__).parent.parent / "plugins"
"""In a checkout; images say where they have them."""


class ProvdSettings(AmiSettings):
    """Settings of provisioning; those named ``ami_…`` are shared with calld and confgen."""

    host: str = own("provd", "host", "0.0.0.0")
    port: int = own("provd", "port", 8666, ge=0, le=65535)
    max_body_bytes: int = own("provd", "max_body_bytes", 1024 * 1024, ge=1024)

    key: SecretStr | None = own("provd", "key", None)
    """Shared with confd, which sends it as its token; None: tokens of auth alone are accepted."""
    dhcp_key: SecretStr | None = own("provd", "dhcp_key", None)
    """What the program of a DHCP server sends as its token; it allows to tell of leases alone."""

    external_ip: str = own("provd", "external_ip", "")
    """Under which address phones reach this server; empty: what its host name resolves to."""
    http_port: int = own("provd", "http_port", 8667, ge=0, le=65535)
    tftp_port: int = own("provd", "tftp_port", 69, ge=0, le=65535)
    base_raw_config_file: Path | None = own("provd", "base_raw_config_file", None)
    """A JSON object that is merged under the configuration of every device."""

    storage_dir: Path = own("provd", "storage_dir", Path(".ovix/provd"))
    """Plugins with the phones' files, and downloaded archives; shared by replicas (0074)."""

    shipped_plugins: Path | None = own("provd", "shipped_plugins", SHIPPED)
    """The sources of plugins that can be installed without any server."""
    plugin_server: str | None = own("provd", "plugin_server", None)
    """The server of plugins until one is set through the configure resource."""
    download_timeout_s: float = own("provd", "download_timeout_s", 600.0, gt=0)

    phones_host: str = own("provd", "phones_host", "0.0.0.0")
    """Where the phones' servers listen."""
    phones_connections: int = own("provd", "phones_connections", 4, ge=1)
    """Connections to the database that phones' requests share."""
    phones_max_connections: int = own("provd", "phones_max_connections", 4096, ge=1)
    """Connections of phones at once; others wait to be accepted."""
    phones_idle_s: float = own("provd", "phones_idle_s", 30.0, gt=0)
    """How long a connection may be without a whole request."""
    tftp_most_transfers: int = own("provd", "tftp_most_transfers", 1000, ge=1)
    tftp_most_per_address: int = own("provd", "tftp_most_per_address", 500, ge=1)
    """Transfers at once; phones that find too many ask again."""
    tftp_timeout_s: float = own("provd", "tftp_timeout_s", 4.0, ge=0.1, le=255)
    tftp_most_sends: int = own("provd", "tftp_most_sends", 4, ge=1, le=100)
    """How often a datagram is sent that no phone acknowledges, so many seconds apart."""
    trusted_proxies_count: int = own("provd", "trusted_proxies_count", 0, ge=0, le=16)
    """Proxies before the phones' HTTP server: an address of ``X-Forwarded-For`` from its right."""
    https_port: int | None = own("provd", "https_port", None, ge=0, le=65535)
    https_certificate: Path | None = own("provd", "https_certificate", None)
    https_key: Path | None = own("provd", "https_key", None)
    """PEM files; without a key it stands in the certificate's."""
    https_client_ca: Path | None = own("provd", "https_client_ca", None)
    """The authority of phones' certificates; with one, phones without are not served by HTTPS."""

    pipeline: Literal["default", "secure"] = own("provd", "pipeline", "default")
    """``secure``: who is unknown stays so; devices are created by REST and DHCP alone."""
    strict: bool = own("provd", "strict", True)
    """Whether a phone with an account is served at its own address only (docs/operators)."""
    new_devices_per_address: int = own("provd", "new_devices_per_address", 1000, ge=0)
    new_devices: int = own("provd", "new_devices", 2000, ge=0)
    new_nameless_devices: int = own("provd", "new_nameless_devices", 100, ge=0)
    """Of which nothing but their address is known: port scans make them too."""
    new_devices_period_s: float = own("provd", "new_devices_period_s", 3600.0, gt=0)
    """For how long these three count."""
    security_log: Path | None = own("provd", "security_log", None)
    """A file with XiVO's lines for fail2ban."""

    plugin_host_memory_mb: int = own("provd", "plugin_host_memory_mb", 192, ge=64)
    """What the process that plugins run in may use before it is started anew (0073)."""
    plugin_settings: dict[str, dict[str, str]] = own("provd", "plugin_settings", {})
    """Settings of plugins by their id, as a JSON object of JSON objects."""

    operation_lifetime_s: float = own("provd", "operation_lifetime_s", 3600.0, gt=0)
    """How long an operation that ended can still be asked for."""
    synchronize_timeout_s: float = own("provd", "synchronize_timeout_s", 30.0, gt=0)

    ami_servers: tuple[AmiServer, ...] = own("provd", "ami_servers", (), max_length=16)
    """Managers in the order in which they are tried; none: the one above."""

    def base_raw_config(self) -> dict[str, Any]:
        """What is merged under every configuration (reference/provd/data-model.md, 2.2)."""
        given: dict[str, Any] = {}
        if self.base_raw_config_file is not None:
            given = orjson.loads(self.base_raw_config_file.read_bytes())
        ip = self.external_ip or _own_address()
        found = {"ip": ip, "http_port": self.http_port, "tftp_port": self.tftp_port} | given
        return {"http_base_url": f"http://{found['ip']}:{found['http_port']}"} | found


def _own_address() -> str:
    try:
        return socket.gethostbyname(socket.gethostname())
    except OSError:
        return "127.0.0.1"
