"""The call log as CSV (reference/calls.md 8.3)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from ovix_schema import CallLog, Entity
from ovix_testkit.builders import a_user

NOON = datetime(2026, 7, 14, 10, 0, 0, 250, tzinfo=UTC)
HEADER = "Call Date,Caller,Called,Period,user Field\r\n"
FIRST = '2026-07-14T12:00:00.000250,"Roy, Anne (1000)",1001,61,\r\n'
SECOND = "2026-07-15T12:00:00.000250, (0123),1000,0,vip\r\n"


def a_call(number: int, **fields: Any) -> CallLog:
    return CallLog(**{"conversation_id": str(number), "date": NOON, **fields})


async def two_calls(save: Any) -> None:
    await save(
        a_call(2, date=NOON + timedelta(days=1), source_exten="0123", destination_exten="1000",
               user_field="vip"),
        a_call(1, source_name="Roy, Anne", source_exten="1000", destination_exten="1001",
               date_answer=NOON + timedelta(seconds=5), date_end=NOON + timedelta(seconds=65.6)),
    )  # fmt: skip


async def test_calls_are_written_in_xivos_columns(api: AsyncClient, save: Any) -> None:
    """F-158."""
    await two_calls(save)
    answer = await api.get("/call_logs")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == "attachment;filename=xivo-call-logs.csv"
    assert answer.text == HEADER + FIRST + SECOND


async def test_both_dates_are_included_and_local_without_an_offset(
    api: AsyncClient, save: Any
) -> None:
    await two_calls(save)
    for start, end, expected in (
        ("2026-07-14T12:00:00.000250", "2026-07-14T12:00:00.000250", FIRST),
        ("2026-07-14T10:00:00+00:00", "2026-07-14T11:00:00Z", FIRST),
        ("2026-07-15", "2026-07-16", SECOND),
        ("2027-01-01", "2027-01-02", ""),
        ("", "", FIRST + SECOND),
    ):
        answer = await api.get("/call_logs", params={"start_date": start, "end_date": end})
        assert answer.text == HEADER + expected, (start, end)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"start_date": "2026-01-01"}, "Input Error - missing parameters: end_date"),
        ({"end_date": "2026-01-01"}, "Input Error - missing parameters: start_date"),
        (
            {"start_date": "soon", "end_date": "2026-01-01"},
            "Input Error - parameter 'start_date': 'soon' is not valid",
        ),
    ],
)
async def test_dates_that_make_no_sense_are_refused(
    api: AsyncClient, query: dict[str, str], message: str
) -> None:
    answer = await api.get("/call_logs", params=query)
    assert (answer.status_code, answer.json()) == (400, [message])


async def test_a_token_of_an_entity_gets_the_calls_of_its_users(
    client: Any, entity: Entity, save: Any
) -> None:
    ours = await save(a_user(entity_id=entity.id))
    other = await save(Entity(name="second"))
    await save(a_call(1, destination_user_uuid=ours.uuid, destination_exten="1000"), a_call(2))
    mine = await client("confd.call_logs.read", entity_id=entity.id)
    theirs = await client("confd.call_logs.read", entity_id=other.id)
    assert (await mine.get("/call_logs")).text.count("\r\n") == 2
    assert (await theirs.get("/call_logs")).text == HEADER
    assert (await (await client("confd.users.read")).get("/call_logs")).status_code == 401
