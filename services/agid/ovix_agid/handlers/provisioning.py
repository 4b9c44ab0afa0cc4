"""``provision``: a code dialled on a waiting phone gives it a line, ``autoprov`` takes it back.

Source: reference/agid.md, 11, and provd/lifecycle.md, 3.1. XiVO asks confd for each step; here one
statement links the line and the phone and announces it, and what follows (its configuration, then
its NOTIFY) is done by whoever follows these events, also when that has to wait.
"""

from ipaddress import ip_address
from typing import Any

from ovix_bus.catalogue import provisioning as events
from ovix_bus.event import EventType

from ..call import Call, Variables, handler

RESET = "autoprov"
CODE_LENGTH = 6

_DATA = {
    "link": (
        "jsonb_build_object('line', jsonb_build_object('id', line_id, 'name', name),"
        " 'device', jsonb_build_object('id', device_id))"
    ),
    "device": "jsonb_build_object('id', device_id)",
}


def _event(kind: EventType[Any], data: str, source: str) -> str:
    """SQL of its row of the outbox for each row of ``source`` (line_id, name, device_id)."""
    key = f"'{kind.routing_key}'"
    for place, value in (("{line.id}", "line_id::text"), ("{device.id}", "device_id")):
        if place in key:  # escaped as ovix_bus.topic does within a routing key
            key = f"replace({key}, '{place}', replace({value}, '.', '__DOT__'))"
    return f"""
        SELECT '{kind.name}', key, jsonb_build_object(
            'name', '{kind.name}', 'data', data, 'required_acl', 'events.' || key)
        FROM (SELECT {key} AS key, {_DATA[data]} AS data FROM {source}) AS made
    """  # noqa: S608 - made of constants of the code


def _announcing(links: str, devices: str) -> str:
    """SQL that announces both, the links first: who synchronizes must have heard of them."""
    return f"""
        INSERT INTO outbox (name, routing_key, body)
        SELECT name, key, body FROM (
            SELECT 1, * FROM ({links}) AS told_first
            UNION ALL SELECT 2, * FROM ({devices}) AS told_next
        ) AS events (place, name, key, body) ORDER BY place
    """  # noqa: S608


_PHONE = """
    SELECT min(id) AS device_id, min(document ->> 'X_entity_id') AS entity
    FROM devices WHERE ip = $1 HAVING count(*) = 1
"""
"""The one device at the address: where several are, nobody can tell which one rings."""

_NAME = """COALESCE(
    (SELECT username FROM endpoints_sip WHERE id = l.endpoint_sip_id),
    (SELECT interface FROM endpoints_custom WHERE id = l.endpoint_custom_id),
    CASE WHEN l.endpoint_sccp_id IS NOT NULL THEN (
        SELECT x.exten FROM line_extensions le JOIN extensions x ON x.id = le.extension_id
        WHERE le.line_id = l.id AND le.main_extension) END)"""

ASSOCIATE = f"""
WITH phone AS ({_PHONE}), wanted AS (
    SELECT l.id AS line_id, {_NAME} AS name, phone.device_id
    FROM phone, lines l JOIN contexts c ON c.name = l.context
    WHERE l.provisioning_code = $2 AND l.device_id IS NULL
        AND num_nonnulls(l.endpoint_sip_id, l.endpoint_sccp_id, l.endpoint_custom_id) = 1
        AND EXISTS (SELECT FROM line_extensions WHERE line_id = l.id)
        AND EXISTS (SELECT FROM user_lines WHERE line_id = l.id)
        AND NOT EXISTS (SELECT FROM lines o WHERE o.device_id = phone.device_id)
        AND (phone.entity IS NULL OR phone.entity = c.entity_id::text)
), linked AS (
    UPDATE lines SET device_id = wanted.device_id FROM wanted
    WHERE lines.id = wanted.line_id AND lines.device_id IS NULL
    RETURNING wanted.line_id, wanted.name, wanted.device_id
), told AS ({
    _announcing(
        _event(events.line_device_associated, "link", "linked"),
        _event(events.device_synchronize_requested, "device", "linked"),
    )
})
SELECT device_id, line_id FROM linked
"""  # noqa: S608
"""$1: the address, $2: the code. A row once the line is on the phone."""

TAKE_BACK = f"""
WITH phone AS ({_PHONE}), leaving AS (
    SELECT l.id AS line_id, {_NAME} AS name, phone.device_id
    FROM phone JOIN lines l ON l.device_id = phone.device_id
), unlinked AS (
    UPDATE lines SET device_id = NULL FROM leaving WHERE lines.id = leaving.line_id
    RETURNING leaving.line_id, leaving.name, leaving.device_id
), told AS ({
    _announcing(
        _event(events.line_device_dissociated, "link", "unlinked"),
        _event(events.device_synchronize_requested, "device", "phone"),
    )
})
SELECT device_id, 0 AS line_id FROM phone
"""  # noqa: S608
"""$1: the address. A row once the phone there has no line."""


@handler(unavailable={"XIVO_PROV_OK": ""})
async def provision(call: Call) -> Variables:
    """Arguments: the code, or ``autoprov``; the phone's address, with or without a port."""
    code, ip = call.argument(0), _address(call.argument(1))
    row = None
    if ip is not None and code == RESET:
        row = await call.database.change(TAKE_BACK, ip)
    elif ip is not None and len(code) == CODE_LENGTH and code.isascii():
        row = await call.database.change(ASSOCIATE, ip, code)
    if row is None:
        # The code itself stays out of the log: it is good for a line until it is used.
        call.notes.append(f"provision: no phone at {ip} can be given what was dialled")
        return {"XIVO_PROV_OK": ""}
    return {"XIVO_PROV_OK": "1"}


def _address(text: str) -> str | None:
    """The address as devices have it: ``192.0.2.7:5060`` without its port."""
    host, colon, port = text.rpartition(":")
    if not (colon and port.isdecimal() and (host.count(":") == 0 or host.startswith("["))):
        host = text
    try:
        return str(ip_address(host.strip("[]")))
    except ValueError:
        return None


__all__ = ["ASSOCIATE", "TAKE_BACK", "provision"]
