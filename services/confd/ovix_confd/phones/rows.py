"""What phones' configurations are made of, read for many devices by five statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ovix_telephony.phone_configuration import (
    PhoneKey,
    PhoneLine,
    Place,
    RegistrarPlaces,
    document,
)
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

Document = dict[str, Any]

_DEVICES = text("""
SELECT wanted.id, device.document AS device, own.document AS own,
       CASE WHEN device.config = wanted.id THEN own.configdevice ELSE current.configdevice END
           AS template,
       EXISTS (SELECT FROM lines WHERE lines.device_id = wanted.id) AS has_lines
FROM unnest(CAST(:ids AS text[])) AS wanted (id)
LEFT JOIN devices AS device ON device.id = wanted.id
LEFT JOIN provd_configs AS own ON own.id = wanted.id
LEFT JOIN provd_configs AS current ON current.id = device.config
""")
_LINES = text("""
SELECT line.device_id, line.position, line.context, extension.exten AS number,
       person.id AS user_id, person.uuid AS user_uuid,
       sip.id IS NOT NULL AS is_sip, sip.username, sip.secret,
       coalesce(substring(sip.native_options ->> 'callerid' FROM '^"(.*)"'), sccp.cid_name, '')
           AS caller_id_name,
       registrar.main_host, registrar.main_port, registrar.proxy_main_host,
       registrar.proxy_main_port, registrar.backup_host, registrar.backup_port,
       registrar.proxy_backup_host, registrar.proxy_backup_port,
       registrar.outbound_proxy_host, registrar.outbound_proxy_port
FROM lines AS line
JOIN user_lines ON user_lines.line_id = line.id AND user_lines.main_user
JOIN users AS person ON person.id = user_lines.user_id
JOIN line_extensions ON line_extensions.line_id = line.id AND line_extensions.main_extension
JOIN extensions AS extension ON extension.id = line_extensions.extension_id
LEFT JOIN endpoints_sip AS sip ON sip.id = line.endpoint_sip_id
LEFT JOIN endpoints_sccp AS sccp ON sccp.id = line.endpoint_sccp_id
LEFT JOIN registrars AS registrar ON registrar.id = line.registrar
WHERE line.device_id = ANY(CAST(:ids AS text[]))
  AND (sip.id IS NOT NULL OR sccp.id IS NOT NULL)
ORDER BY line.device_id, line.position
""")
_KEYS = text("""
SELECT owner.user_id, key.position, key.label, key.blf, key.destination, (
    SELECT extension.exten FROM extensions AS extension
    WHERE extension.id = CASE key.destination ->> 'type'
        WHEN 'user' THEN (
            SELECT line_extensions.extension_id FROM user_lines
            JOIN line_extensions ON line_extensions.line_id = user_lines.line_id
                AND line_extensions.main_extension
            WHERE user_lines.user_id = key.user_id AND user_lines.main_line)
        WHEN 'group' THEN (SELECT extension_id FROM groups WHERE groups.id = key.group_id)
    END) AS number
FROM (
    SELECT user_id, id AS template_id, 1 AS rank FROM func_key_templates
    WHERE user_id = ANY(CAST(:users AS int[]))
    UNION ALL
    SELECT user_id, template_id, 0 FROM user_func_key_templates
    WHERE user_id = ANY(CAST(:users AS int[]))
) AS owner
JOIN func_keys AS key ON key.template_id = owner.template_id
ORDER BY owner.user_id, owner.rank, key.position
""")
_FEATURE_CODES = text("SELECT feature, exten FROM feature_codes WHERE enabled")
_FEATURES = text(
    "SELECT content -> 'options' FROM settings"
    " WHERE name IN ('features_general', 'features_featuremap')"
)
PARKING = "700"
"""``parkext`` of the one parking lot there is, unless the options say otherwise."""


@dataclass
class PhoneState:
    """A device as provd has it, and the configuration it should have."""

    device_id: str
    device: Document | None
    own: Document | None
    """The configuration that was generated for it."""
    template: str | None
    has_lines: bool
    lines: list[PhoneLine] = field(default_factory=list)
    wanted: Document = field(default_factory=dict)


async def phone_states(session: AsyncSession, device_ids: Iterable[str]) -> list[PhoneState]:
    """The state of each of these devices, those included that are gone."""
    ids = sorted(set(device_ids))
    found = await session.execute(_DEVICES, {"ids": ids})
    states = {
        row.id: PhoneState(row.id, row.device, row.own, row.template, row.has_lines)
        for row in found
    }
    for row in await session.execute(_LINES, {"ids": ids}):
        states[row.device_id].lines.append(_line(row))
    first = [state.lines[0].user_id for state in states.values() if state.lines]
    keys: dict[int, dict[int, PhoneKey]] = {}
    if first:
        for row in await session.execute(_KEYS, {"users": first}):
            # The user's own keys come last, over those of his template.
            keys.setdefault(row.user_id, {})[row.position] = PhoneKey(
                row.position, row.label, row.blf, row.destination, row.number
            )
    service_codes, key_codes = await _codes(session)
    for state in states.values():
        own_keys = keys.get(state.lines[0].user_id, {}) if state.lines else {}
        state.wanted = document(
            state.device_id,
            template=state.template,
            lines=state.lines,
            keys=list(own_keys.values()),
            service_codes=service_codes,
            key_codes=key_codes,
        )
    return list(states.values())


async def _codes(session: AsyncSession) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Feature codes by name; and those with the codes of features.conf."""
    codes: dict[str, str] = {
        row.feature: row.exten for row in await session.execute(_FEATURE_CODES)
    }
    everything = {"parkext": PARKING, **codes}
    for options in await session.scalars(_FEATURES):
        everything |= {name: value for name, value in options.items() if name not in codes}
    return codes, everything


def _line(row: Any) -> PhoneLine:
    return PhoneLine(
        position=row.position,
        protocol="SIP" if row.is_sip else "SCCP",
        context=row.context,
        number=row.number,
        user_id=row.user_id,
        user_uuid=str(row.user_uuid),
        registrar=RegistrarPlaces(
            main=Place(row.main_host or "", row.main_port),
            proxy=Place(row.proxy_main_host or "", row.proxy_main_port),
            backup=_place(row.backup_host, row.backup_port),
            backup_proxy=_place(row.proxy_backup_host, row.proxy_backup_port),
            outbound_proxy=_place(row.outbound_proxy_host, row.outbound_proxy_port),
        ),
        username=row.username or "",
        secret=row.secret or "",
        caller_id_name=row.caller_id_name,
    )


def _place(host: str | None, port: int | None) -> Place | None:
    return Place(host, port) if host else None


BATCH = 200
"""Devices whose state is read at once."""


def batches(ids: Iterable[str]) -> Iterable[Sequence[str]]:
    """The ids in parts."""
    listed = sorted(set(ids))
    for start in range(0, len(listed), BATCH):
        yield listed[start : start + BATCH]
