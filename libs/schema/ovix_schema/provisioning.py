"""Provisioning: phones, the configurations they are given, and where they register."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from .declarative import Table, owned_by


def _told(key: str) -> Any:
    """A column that repeats a key of the row's document, for indexes and for other services."""
    return mapped_column(String(255), Computed(f"document ->> '{key}'", persisted=True))


class Device(Table):
    """A phone: the document that provd shows of it.

    A key that is repeated in a column is as long as that column at most.
    """

    __tablename__ = "devices"
    __table_args__ = (
        CheckConstraint("jsonb_typeof(document) = 'object'", name="document"),
        Index("ix_devices_ip", "ip"),
        Index("ix_devices_sn", "sn"),
        Index("ix_devices_uuid", "uuid"),
        Index("ix_devices_plugin", "plugin"),
        Index("ix_devices_config", "config"),
        Index(
            "ix_devices_document",
            "document",
            postgresql_using="gin",
            postgresql_ops={"document": "jsonb_path_ops"},
        ),
        owned_by("provd"),
    )

    id: Mapped[str] = mapped_column(String(128), primary_key=True)
    document: Mapped[dict[str, Any]]
    mac: Mapped[str | None] = mapped_column(
        String(17), Computed("document ->> 'mac'", persisted=True), unique=True
    )
    ip: Mapped[str | None] = _told("ip")
    sn: Mapped[str | None] = _told("sn")
    uuid: Mapped[str | None] = _told("uuid")
    plugin: Mapped[str | None] = _told("plugin")
    vendor: Mapped[str | None] = _told("vendor")
    model: Mapped[str | None] = _told("model")
    version: Mapped[str | None] = _told("version")
    description: Mapped[str | None] = mapped_column(
        Computed("document ->> 'description'", persisted=True)
    )
    config: Mapped[str | None] = _told("config")
    configured: Mapped[bool] = mapped_column(
        Computed("""document @> '{"configured": true}'""", persisted=True)
    )


class ProvdConfig(Table):
    """A configuration that devices are given or others descend from, as provd shows it.

    Those of ``X_type`` registrar are rows of `Registrar` instead.
    """

    __tablename__ = "provd_configs"
    __table_args__ = (
        CheckConstraint(
            "jsonb_typeof(document -> 'raw_config') = 'object'"
            " AND jsonb_typeof(document -> 'parent_ids') = 'array'",
            name="document",
        ),
        CheckConstraint("x_type IS DISTINCT FROM 'registrar'", name="x_type"),
        Index("ix_provd_configs_x_type", "x_type"),
        Index("ix_provd_configs_role", "role"),
        Index(
            "ix_provd_configs_document",
            "document",
            postgresql_using="gin",
            postgresql_ops={"document": "jsonb_path_ops"},
        ),
        owned_by("provd"),
    )

    id: Mapped[str] = mapped_column(String(128), primary_key=True)
    document: Mapped[dict[str, Any]]
    x_type: Mapped[str | None] = _told("X_type")
    role: Mapped[str | None] = _told("role")
    configdevice: Mapped[str | None] = _told("configdevice")


class ProvdParameter(Table):
    """What was set through provd's configure resource."""

    __tablename__ = "provd_parameters"
    __table_args__ = (owned_by("provd"),)

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB)


class ProvdPlugin(Table):
    """A plugin that is installed, or about to be.

    Its files lie in provd's storage directory. Who changes them holds an advisory lock.
    """

    __tablename__ = "provd_plugins"
    __table_args__ = (
        CheckConstraint("change IN ('install', 'upgrade', 'uninstall', 'reload')", name="change"),
        CheckConstraint("version IS NOT NULL OR change IS NOT NULL", name="version"),
        owned_by("provd"),
    )

    id: Mapped[str] = mapped_column(String(128), primary_key=True)
    version: Mapped[str | None] = mapped_column(String(128))
    """Null while it is installed for the first time."""
    revision: Mapped[UUID]
    """Another one after each change: who has loaded another than this loads anew."""
    change: Mapped[str | None] = mapped_column(String(16))
    """The change that goes on, or that a killed process left behind."""


class ProvdReconfiguration(Table):
    """A device whose files are to be written anew."""

    __tablename__ = "provd_reconfigurations"
    __table_args__ = (owned_by("provd"),)

    device_id: Mapped[str] = mapped_column(
        ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True
    )


class Registrar(Table):
    """Where phones register and send their calls; one without an entity is there for all.

    confd writes it as a registrar, provd as a config of ``X_type`` registrar (decision 0071).
    """

    __tablename__ = "registrars"
    __table_args__ = (Index("ix_registrars_entity_id", "entity_id"), owned_by("confd"))

    id: Mapped[str] = mapped_column(String(128), primary_key=True)
    entity_id: Mapped[int | None] = mapped_column(ForeignKey("entities.id", ondelete="RESTRICT"))
    deletable: Mapped[bool] = mapped_column(server_default="true")
    name: Mapped[str | None] = mapped_column(String(128))
    main_host: Mapped[str] = mapped_column(String(255))
    main_port: Mapped[int | None]
    backup_host: Mapped[str | None] = mapped_column(String(255))
    backup_port: Mapped[int | None]
    proxy_main_host: Mapped[str] = mapped_column(String(255))
    proxy_main_port: Mapped[int | None]
    proxy_backup_host: Mapped[str | None] = mapped_column(String(255))
    proxy_backup_port: Mapped[int | None]
    outbound_proxy_host: Mapped[str | None] = mapped_column(String(255))
    outbound_proxy_port: Mapped[int | None]
    extra: Mapped[dict[str, Any]] = mapped_column(
        server_default="""{"parent_ids": [], "raw_config": {"X_key": "xivo"}}"""
    )
    """What provd's document holds besides."""


__all__ = [
    "Device",
    "ProvdConfig",
    "ProvdParameter",
    "ProvdPlugin",
    "ProvdReconfiguration",
    "Registrar",
]
