"""What provisioning tells phones."""

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from .declarative import Table, owned_by


class Registrar(Table):
    """Where phones register and send their calls; one without an entity is there for all."""

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


__all__ = ["Registrar"]
