"""Settings every service reads from the environment (``OVIX_…``)."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Network = IPv4Network | IPv6Network


def _networks(value: object) -> object:
    """``10.0.0.0/8, 192.0.2.1`` (or a list) as networks."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        return value
    return tuple(
        ip_network(part.strip(), strict=False) if isinstance(part, str) else part
        for part in parts
        if part != ""
    )


Networks = Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_networks)]


def _listed(value: object) -> object:
    """``a, b`` as ``["a", "b"]``."""
    return (
        [part.strip() for part in value.split(",") if part.strip()]
        if isinstance(value, str)
        else value
    )


Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]


def own(service: str, key: str, default: Any, **constraints: Any) -> Any:
    """A field read from ``OVIX_<SERVICE>_<KEY>``; code gives it by its plain name.

    The plain name is no variable of its own: ``HOST`` and ``PORT`` mean other things elsewhere.
    """
    return Field(default, validation_alias=f"OVIX_{service}_{key}".upper(), **constraints)


class ServiceSettings(BaseSettings):
    """What all services share. A service's class adds ``host``, ``port`` and its own, by `own`."""

    model_config = SettingsConfigDict(
        env_prefix="OVIX_", frozen=True, extra="ignore", populate_by_name=True
    )

    host: str = "0.0.0.0"
    port: int = Field(0, ge=0, le=65535)

    database_url: str = Field("postgresql://ovix:ovix@127.0.0.1:5432/ovix", repr=False)
    database_pool_size: int = Field(10, ge=1)
    database_timeout_s: float = Field(5.0, gt=0)
    """How long a request waits for a connection before it answers 503."""
    bus_url: str = Field(default_factory=lambda given: given["database_url"], repr=False)

    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    access_log: bool = True

    cors_enabled: bool = True
    cors_origins: Listed = ("*",)
    trusted_proxies: Networks = ()
    """Networks whose ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed."""

    max_body_bytes: int = Field(10 * 1024 * 1024, ge=1024)
    body_timeout_s: float = Field(30.0, gt=0)
    header_timeout_s: float = Field(10.0, gt=0)
    keep_alive_s: int = Field(30, ge=1)
    """How long a connection is kept for its next request; longer than a proxy keeps it."""
    request_timeout_s: float = Field(30.0, gt=0)
    shutdown_timeout_s: float = Field(10.0, gt=0)
    max_connections: int = Field(4096, ge=1)
    backlog: int = Field(2048, ge=1)

    tls_certificate: str | None = None
    tls_key: str | None = None
