"""Following the configuration: which phones an event concerns, and their regeneration.

The queue is durable, so a change is followed even when confd or provd was away meanwhile, and a
crash between the two is made good by the event's next delivery.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ovix_bus import Message, Queue, TryLater
from ovix_bus.catalogue.provisioning import device_synchronize_requested
from ovix_web import Sessions
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ..provd import Provd, ProvdUnavailable
from .regeneration import up_to_date

QUEUE = Queue(name="confd-phones", bindings=("config.#",))
DEFAULT_REGISTRAR, AUTOPROV = "default", "autoprov"
SYNCHRONIZE = device_synchronize_requested.name
Data = Mapping[str, Any]

_CONCERNED = text("""
WITH people AS (
    SELECT id FROM users
    WHERE id = ANY(CAST(:users AS int[])) OR uuid = ANY(CAST(:user_uuids AS uuid[]))
    UNION SELECT user_id FROM user_lines WHERE line_id = ANY(CAST(:lines AS int[]))
    UNION SELECT user_id FROM user_lines
        JOIN line_extensions ON line_extensions.line_id = user_lines.line_id
        WHERE extension_id = ANY(CAST(:extensions AS int[]))
), templates AS (
    SELECT unnest(CAST(:templates AS int[])) AS id
    UNION SELECT template_id FROM func_keys WHERE user_id IN (SELECT id FROM people)
    UNION SELECT template_id FROM func_keys WHERE group_id = ANY(CAST(:groups AS int[]))
), owners AS (
    SELECT id FROM people
    UNION SELECT user_id FROM func_key_templates
        WHERE id = ANY(ARRAY(SELECT id FROM templates)) AND user_id IS NOT NULL
    UNION SELECT their.user_id FROM templates CROSS JOIN LATERAL (
        SELECT user_id FROM user_func_key_templates WHERE template_id = templates.id OFFSET 0
    ) AS their
)
SELECT device_id FROM lines WHERE device_id IS NOT NULL AND id = ANY(CAST(:lines AS int[]))
UNION SELECT device_id FROM lines WHERE device_id IS NOT NULL
    AND id = ANY(ARRAY(
        SELECT line_id FROM user_lines WHERE user_id = ANY(ARRAY(SELECT id FROM owners))))
UNION SELECT device_id FROM lines WHERE device_id IS NOT NULL
    AND endpoint_sip_id = ANY(CAST(:endpoints_sip AS int[]))
UNION SELECT device_id FROM lines WHERE device_id IS NOT NULL
    AND endpoint_sccp_id = ANY(CAST(:endpoints_sccp AS int[]))
UNION SELECT device_id FROM lines WHERE device_id IS NOT NULL
    AND registrar = ANY(CAST(:registrars AS text[]))
UNION SELECT unnest(CAST(:devices AS text[]))
""")
"""Each way to a device on its own, so that each has its index: an OR of them walks all lines.

Of a subselect, and of a template's users, the planner expects a good part of the table, which it
would walk; of an array it expects a few, and what is lateral is asked one by one.
"""
_EVERYTHING = text("SELECT DISTINCT device_id FROM lines WHERE device_id IS NOT NULL")

_FIELDS: dict[str, dict[str, str]] = {
    "user": {"id": "users"},
    "line": {"id": "lines"},
    "extension": {"id": "extensions"},
    "sip_endpoint": {"id": "endpoints_sip"},
    "sccp_endpoint": {"id": "endpoints_sccp"},
    "func_key_template": {"id": "templates"},
    "registrar": {"id": "registrars"},
    "device": {"id": "devices"},
    "group": {"id": "groups"},
}
"""By resource: what the ``id`` of its life's events names."""
_LINKS: dict[str, dict[str, str]] = {
    "line_extension": {"line_id": "lines"},
    "line": {"line_id": "lines", "user_id": "users"},
    "line_endpoint_sip": {"line.id": "lines"},
    "line_endpoint_sccp": {"line.id": "lines"},
    "line_device": {"device.id": "devices"},
    "func_key_template": {"user_uuid": "user_uuids"},
    "group_extension": {"group_id": "groups"},
}
"""By the two ends of a link: what its events name."""
_CHANGES_ALL = frozenset(
    {
        "extension_feature_edited",
        "features_general_edited",
        "features_featuremap_edited",
        # The keys that led there are gone, and with them the way to their phones.
        "group_deleted",
    }
)
# What was just created is on no phone: its links follow.
_LIFE, _LINKED = ("edited", "deleted"), ("associated", "dissociated")


@dataclass
class Concern:
    """What an event names."""

    named: dict[str, list[Any]] = field(default_factory=dict)
    everything: bool = False

    def __bool__(self) -> bool:
        return self.everything or bool(self.named)


def concern_of(name: str, data: Data) -> Concern:
    """Whose phones an event may change; nothing for one that no phone is configured from."""
    resource, _, verb = name.rpartition("_")
    known = _FIELDS if verb in _LIFE else _LINKS if verb in _LINKED else {}
    named: dict[str, list[Any]] = {}
    for path, kind in known.get(resource, {}).items():
        value: Any = data
        for step in path.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        if value is not None:
            named.setdefault(kind, []).append(value)
    return Concern(named, everything=name in _CHANGES_ALL)


async def concerned_devices(session: AsyncSession, concern: Concern) -> list[str]:
    """The devices whose configuration an event may change."""
    if concern.everything:
        return list(await session.scalars(_EVERYTHING))
    kinds = (*(each["id"] for each in _FIELDS.values()), "user_uuids")
    values = {kind: concern.named.get(kind, []) for kind in kinds}
    return list(await session.scalars(_CONCERNED, values))


class Following:
    """Keeps phones' configurations what they should be."""

    def __init__(self, sessions: Sessions, provd: Provd) -> None:
        self._sessions, self._provd = sessions, provd

    async def on_event(self, message: Message) -> None:
        """Regenerate the devices that an event concerns. `TryLater` while provd is away."""
        if message.name == SYNCHRONIZE:
            await self._synchronize(str(message.data["id"]))
            return
        concern = concern_of(message.name, message.data)
        if not concern:
            return
        async with self._sessions() as session:
            devices = await concerned_devices(session, concern)
        try:
            await up_to_date(self._sessions, self._provd, devices)
            if message.name == "registrar_edited" and message.data["id"] == DEFAULT_REGISTRAR:
                await self._move_waiting_phones(message.data)
        except ProvdUnavailable as error:
            raise TryLater(str(error)) from error

    async def _synchronize(self, device_id: str) -> None:
        """What was asked for from the phone itself, whose links were announced before."""
        try:
            await up_to_date(self._sessions, self._provd, [device_id])
            await self._provd.ask_to_synchronize(device_id)
        except ProvdUnavailable as error:
            raise TryLater(str(error)) from error

    async def _move_waiting_phones(self, registrar: Data) -> None:
        """Phones that wait for a line register at the default registrar."""
        found = await self._provd.config(AUTOPROV)
        if found is None:
            return
        raw = found.document["raw_config"]
        line = {
            **raw.get("sip_lines", {}).get("1", {}),
            "registrar_ip": registrar["main_host"],
            "proxy_ip": registrar["proxy_main_host"],
        }
        moved = {
            **raw,
            "sip_lines": {**raw.get("sip_lines", {}), "1": line},
            "sccp_call_managers": {
                **raw.get("sccp_call_managers", {}),
                "1": {"ip": registrar["proxy_main_host"]},
            },
        }
        if moved != raw:
            await self._provd.put_config({**found.document, "raw_config": moved})
