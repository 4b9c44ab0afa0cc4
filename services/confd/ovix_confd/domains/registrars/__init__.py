"""``/registrars``: where phones register. Source: reference/confd/devices-funckeys.md."""

from typing import Annotated
from uuid import uuid4

from ovix_bus.catalogue import provisioning
from ovix_schema import Line, Registrar
from pydantic import Field
from sqlalchemy import select

from ...kit import (
    Announces,
    Example,
    Key,
    Link,
    ResourceSpec,
    Rows,
    Schema,
    Strict,
    Values,
    Work,
    associated,
    link,
    links,
    not_permitted,
    partial_of,
    taken,
    text,
)

Host = Annotated[str, text(255)]
Port = Annotated[int, Field(ge=1, le=65535)]
RegistrarId = Annotated[str, Field(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_.~-]{0,127}$")]
"""What may stand in a URL as it is."""


class RegistrarCreate(Schema):
    """A registrar to create; an id that is not given is generated."""

    id: RegistrarId = Field(default_factory=lambda: uuid4().hex)
    deletable: Strict = True
    name: Annotated[str, text(128)] | None = None
    main_host: Host
    main_port: Port | None = None
    backup_host: Host | None = None
    backup_port: Port | None = None
    proxy_main_host: Host
    proxy_main_port: Port | None = None
    proxy_backup_host: Host | None = None
    proxy_backup_port: Port | None = None
    outbound_proxy_host: Host | None = None
    outbound_proxy_port: Port | None = None


class RegistrarRead(Schema):
    """A registrar."""

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
    links: list[Link]


_FIELDS = tuple(RegistrarCreate.model_fields)


async def may_be_deleted(work: Work, registrar: Registrar) -> None:
    """Neither the installation nor a line needs it. Lines that are given it now have it locked."""
    if not registrar.deletable:
        raise not_permitted("Registrar is not deletable", id=registrar.id)
    line_id = await work.session.scalar(
        select(Line.id).where(Line.registrar == registrar.id).limit(1)
    )
    if line_id is not None:
        raise associated("Registrar", "Line", registrar_id=registrar.id, line_id=line_id)


def _data(registrar: Registrar) -> Values:
    return {field: getattr(registrar, field) for field in _FIELDS}


REGISTRARS = ResourceSpec(
    name="registrar",
    title="Registrar",
    path="/registrars",
    model=Registrar,
    read=RegistrarRead,
    create=RegistrarCreate,
    update=partial_of(RegistrarCreate, without=frozenset({"id"})),
    rows=Rows(
        item={
            **{field: getattr(Registrar, field) for field in _FIELDS},
            "links": links(link("registrars", "/registrars/", Registrar.id)),
        },
        columns={field: getattr(Registrar, field) for field in _FIELDS if field != "deletable"},
        order="name",
        key=Key(text=Registrar.id),
        source=Registrar.__table__,
        entity=Registrar.entity_id,
    ),
    deletion=(may_be_deleted,),
    announces=Announces(
        created=provisioning.registrar_created,
        edited=provisioning.registrar_edited,
        deleted=provisioning.registrar_deleted,
        data=_data,
    ),
    conflicts={"pk_registrars": taken("Registrar")},
    example=Example(
        body={
            "id": "lyon",
            "deletable": True,
            "name": "Lyon",
            "main_host": "192.0.2.10",
            "main_port": 5060,
            "backup_host": "192.0.2.11",
            "backup_port": 5062,
            "proxy_main_host": "192.0.2.10",
            "proxy_main_port": 5060,
            "proxy_backup_host": "192.0.2.11",
            "proxy_backup_port": 5062,
            "outbound_proxy_host": "sbc.example.org",
            "outbound_proxy_port": 5080,
        },
        change={"name": "Lyon 2", "backup_host": None, "backup_port": None},
        vary=lambda n: {"name": f"Lyon {n}", "id": f"lyon{n}"},
    ),
)
SPECS = (REGISTRARS,)
