"""Configs of ``X_type`` registrar: rows that confd's ``/registrars`` shows too (decision 0071)."""

from typing import Any

from ovix_schema import Registrar
from sqlalchemy import func, literal_column
from sqlalchemy.dialects.postgresql import JSONB

from .errors import Refused

Document = dict[str, Any]
X_TYPE = "registrar"
TEXTS = {
    "name": "displayname",
    "main_host": "registrar_main",
    "backup_host": "registrar_backup",
    "proxy_main_host": "proxy_main",
    "proxy_backup_host": "proxy_backup",
    "outbound_proxy_host": "proxy_outbound",
}
PORTS = {
    "main_port": "registrar_main_port",
    "backup_port": "registrar_backup_port",
    "proxy_main_port": "proxy_main_port",
    "proxy_backup_port": "proxy_backup_port",
    "outbound_proxy_port": "proxy_outbound_port",
}
_COLUMNS = {**TEXTS, **PORTS, "deletable": "deletable", "id": "id"}
_NEEDED = ("main_host", "proxy_main_host")
_OWN_KEYS = frozenset({*_COLUMNS.values(), "X_type"})


def shown_as_document() -> Any:
    """The document of a row of ``Registrar``, as an SQL expression."""
    members: list[Any] = [literal_column("'X_type'"), literal_column(f"'{X_TYPE}'")]
    for column, key in _COLUMNS.items():
        members += [literal_column(f"'{key}'"), getattr(Registrar, column)]
    told = func.jsonb_strip_nulls(func.jsonb_build_object(*members, type_=JSONB), type_=JSONB)
    extra: Any = Registrar.extra
    return extra.concat(told)


def columns_of(document: Document) -> dict[str, Any]:
    """The columns that a document sets, or `Refused`; what is no column is kept beside them."""
    found: dict[str, Any] = {}
    for column, key in TEXTS.items():
        value = document.get(key)
        if value is not None and not isinstance(value, str):
            raise Refused(f"{key} must be a text")
        found[column] = (value or "") if column in _NEEDED else value
    for column, key in PORTS.items():
        value = document.get(key)
        is_port = isinstance(value, int) and not isinstance(value, bool) and 0 < value < 65536
        if value is not None and not is_port:
            raise Refused(f"{key} must be a port")
        found[column] = value
    deletable = document.get("deletable", True)
    if not isinstance(deletable, bool):
        raise Refused("deletable must be true or false")
    extra = {key: value for key, value in document.items() if key not in _OWN_KEYS}
    return found | {"deletable": deletable, "extra": extra}


def event_data(registrar: Registrar) -> dict[str, Any]:
    """What the events of a registrar tell, as confd's do."""
    return {name: getattr(registrar, name) for name in ("id", "deletable", *TEXTS, *PORTS)}
