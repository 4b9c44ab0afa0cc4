"""What provisioning tells phones. Source: reference/confd/events.md."""

from ..event import EventData
from ..shapes import life


class Registrar(EventData):
    """A registrar, whole."""

    id: str
    deletable: bool
    name: str | None
    main_host: str
    main_port: int | None
    backup_host: str | None
    backup_port: int | None
    proxy_main_host: str
    proxy_main_port: int | None
    proxy_backup_host: str | None
    proxy_backup_port: int | None
    outbound_proxy_host: str | None
    outbound_proxy_port: int | None


registrar_created, registrar_edited, registrar_deleted = life(
    "registrar", "config.registrar", Registrar
)
