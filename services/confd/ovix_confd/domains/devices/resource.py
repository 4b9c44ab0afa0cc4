"""The device resource as it is read: provd's document, its configuration, and whose it is."""

from typing import Any

from ovix_schema import Context, Device, Line, ProvdConfig
from sqlalchemy import Integer, and_, case, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from ...kit import Announces, Example, Key, ResourceSpec, Rows, Values, constant, link, links
from .schemas import DeviceRead

ENTITY = "X_entity_id"
"""Key of provd's document: the entity of who created the device, while no line is on it."""
TEMPLATE_TYPE = "device"
FIELDS = ("ip", "mac", "sn", "plugin", "vendor", "model", "version", "description")
_CONFIG = aliased(ProvdConfig)
_DOCUMENT: Any = Device.document


def _of_document(key: str) -> Any:
    return _DOCUMENT.op("->>")(constant(key))


_GIVEN_ENTITY = _of_document(ENTITY)
_ENTITY = func.coalesce(
    select(Context.entity_id)
    .join(Line, Line.context == Context.name)
    .where(Line.device_id == Device.id)
    .order_by(Line.position)
    .limit(1)
    .correlate(Device)
    .scalar_subquery(),
    case(
        (_GIVEN_ENTITY.op("~")(literal_column("'^[0-9]{1,9}$'")), cast(_GIVEN_ENTITY, Integer)),
    ),
)
_STATUS = case(
    (and_(Device.config.is_not(None), _CONFIG.id.is_(None)), constant("corrupted")),
    (~Device.configured, constant("not_configured")),
    (Device.config.like(literal_column("'autoprov%'")), constant("autoprov")),
    else_=constant("configured"),
)
_OPTIONS = _DOCUMENT.op("->", return_type=JSONB)(constant("options"))


async def some_devices(session: AsyncSession, entity_id: int) -> Values:
    """Devices of an entity, for the contract's tests."""
    for number in range(1, 6):
        document = {
            "id": f"{entity_id:016x}{number:016x}",
            "mac": f"00:15:65:00:{entity_id % 256:02x}:{number:02x}",
            "ip": f"192.0.2.{number}",
            "vendor": "Yealink",
            "description": f"Phone {number}",
            "configured": False,
            ENTITY: entity_id,
        }
        session.add(Device(id=document["id"], document=document))
    await session.flush()
    return {}


DEVICES = ResourceSpec(
    name="device",
    title="Device",
    path="/devices",
    model=Device,
    read=DeviceRead,
    rows=Rows(
        item={
            "id": Device.id,
            "status": _STATUS,
            **{name: getattr(Device, name) for name in FIELDS},
            "template_id": _CONFIG.configdevice,
            "options": case(
                (
                    func.jsonb_typeof(_OPTIONS) == literal_column("'object'"),
                    _OPTIONS,
                ),
            ),
            "links": links(link("devices", "/devices/", Device.id)),
        },
        columns={"id": Device.id, **{name: getattr(Device, name) for name in FIELDS}},
        order="ip",
        key=Key(text=Device.id),
        source=Device.__table__.outerjoin(_CONFIG, _CONFIG.id == Device.config),
        entity=_ENTITY,
    ),
    entity=_ENTITY,
    # provd announces what becomes of devices, whoever changes them.
    announces=Announces(),
    example=Example(
        body={
            "id": "5f0e1d2c3b4a59687786958473625140",
            "status": "autoprov",
            "mac": "00:15:65:aa:bb:cc",
            "ip": "192.0.2.7",
            "vendor": "Yealink",
            "options": {"switchboard": False},
        },
        change={},
        vary=lambda _: {},
        prepare=some_devices,
    ),
)
