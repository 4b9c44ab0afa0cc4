"""Which phones an event concerns: told by its body, and found by indexes."""

from typing import Any

import pytest
from ovix_confd.phones.following import concern_of, concerned_devices
from ovix_web import Sessions
from sqlalchemy import text

from .provisioning import Provisioning, a_phone, phones

__all__ = ["phones"]


@pytest.mark.parametrize(
    ("name", "data", "named"),
    [
        ("user_edited", {"id": 5, "uuid": "u"}, {"users": [5]}),
        ("line_associated", {"user_id": 5, "line_id": 6}, {"lines": [6], "users": [5]}),
        ("line_device_dissociated", {"line": {"id": 1}, "device": {"id": "d"}}, {"devices": ["d"]}),
        ("func_key_template_dissociated", {"user_uuid": "u"}, {"user_uuids": ["u"]}),
        ("registrar_edited", {"id": "default"}, {"registrars": ["default"]}),
        ("call_created", {"call_id": "1"}, {}),
        ("user_created", {"id": 5, "uuid": "u"}, {}),
        ("schedule_edited", {"id": 1}, {}),
    ],
)
def test_what_an_event_concerns(name: str, data: Any, named: Any) -> None:
    assert concern_of(name, data).named == named


async def test_whose_phones_an_event_concerns_is_found_without_walking_all_lines(
    confd: Any, phones: Provisioning, sessions: Sessions
) -> None:
    """An import of 20,000 users sends 60,000 such events."""
    device, line = await a_phone(confd, phones)
    numbers = "generate_series(1, 500) AS n"
    async with sessions.begin() as session:
        for others in (
            "devices (id, document) SELECT md5(n::text), jsonb_build_object('id', md5(n::text))",
            "lines (context, provisioning_code, device_id, registrar)"
            " SELECT 'default', (900000 + n)::text, md5(n::text), 'lyon'",
        ):
            await session.execute(text(f"INSERT INTO {others} FROM {numbers}"))
        await session.execute(text("ANALYZE devices, lines, user_lines"))
    of_line = {"line": {"id": line["id"]}, "line_id": line["id"], "user_id": line["user"]["id"]}
    rows = text("SELECT sum(seq_tup_read + idx_tup_fetch)::int FROM pg_stat_xact_user_tables")
    for name, data in (
        ("line_associated", of_line),
        ("line_endpoint_sip_dissociated", of_line),
        ("func_key_template_dissociated", {"user_uuid": line["user"]["uuid"]}),
        ("sip_endpoint_edited", {"id": line["endpoint"]}),
        ("extension_edited", {"id": line["extension"]}),
        ("registrar_edited", {"id": "default"}),
    ):
        async with sessions() as session:
            # In tables as small as these the planner would not mind.
            await session.execute(text("SET LOCAL enable_seqscan = off"))
            before = await session.scalar(rows)
            assert await concerned_devices(session, concern_of(name, data)) == [device["id"]]
            assert await session.scalar(rows) - before < 50, name
