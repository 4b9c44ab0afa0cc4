"""Schedules and the dial destinations they lead to."""

from typing import Any

import pytest
from httpx import AsyncClient
from ovix_confd.destinations import destination_json
from ovix_schema import Entity
from ovix_telephony.destinations import StoredAction, from_stored, to_stored
from ovix_testkit.builders import a_user
from ovix_web import Sessions
from sqlalchemy import Text, bindparam, select

UUID = "0b7a6f6e-2f0e-4b0c-9b5a-111111111111"
DESTINATIONS: tuple[dict[str, Any], ...] = (
    {"type": "none"},
    {"type": "user", "user_id": 7, "ring_time": 20, "moh_uuid": UUID},
    {"type": "user", "user_id": 7},
    {"type": "group", "group_id": 3, "ring_time": 5},
    {
        "type": "queue", "queue_id": 3, "ring_time": 5, "skill_rule_id": 2,
        "skill_rule_variables": {"lang": "fr"},
    },
    {"type": "queue", "queue_id": 3},
    {"type": "conference", "conference_id": 3},
    {"type": "meetme", "conference_id": 3},
    {"type": "ivr", "ivr_id": 3},
    {"type": "voicemail", "voicemail_id": 3, "skip_instructions": True, "greeting": "busy"},
    {"type": "voicemail", "voicemail_id": 3},
    {"type": "switchboard", "switchboard_uuid": UUID, "ring_time": 3},
    {"type": "extension", "exten": "1000", "context": "default"},
    {"type": "outcall", "outcall_id": 3, "exten": "0123"},
    {"type": "sound", "filename": "hello", "skip": True, "no_answer": True},
    {"type": "sound", "filename": "hello"},
    {"type": "custom", "command": "Playback(x)"},
    {"type": "hangup"},
    {"type": "hangup", "cause": "busy", "timeout": 4},
    {"type": "hangup", "cause": "congestion"},
    {"type": "application", "application": "callback_disa", "pin": "12", "context": "c"},
    {"type": "application", "application": "disa", "context": "c"},
    {"type": "application", "application": "directory", "context": "c"},
    {"type": "application", "application": "fax_to_mail", "email": "a@b.fr"},
    {"type": "application", "application": "voicemail", "context": "c"},
    {"type": "application", "application": "custom", "application_uuid": UUID},
)  # fmt: skip
ALWAYS = {"hours_start": "08:00", "hours_end": "12:00"}


@pytest.mark.parametrize("destination", DESTINATIONS, ids=lambda each: "-".join(
    str(each[name]) for name in ("type", "application", "cause") if name in each))  # fmt: skip
async def test_postgresql_reads_a_destination_as_the_rules_do(
    sessions: Sessions, destination: dict[str, Any]
) -> None:
    stored: StoredAction = to_stored(destination)
    arguments = [bindparam(None, each, type_=Text) for each in (
        stored.action, stored.arg1, stored.arg2)]  # fmt: skip
    async with sessions() as session:
        shown = await session.scalar(select(destination_json(*arguments)))
    expected = from_stored(stored)
    assert shown is not None
    names = {"user_firstname", "user_lastname", "voicemail_name", "group_name"}
    assert {k: v for k, v in shown.items() if k not in names} == expected


async def test_periods_left_out_mean_any_day(api: AsyncClient) -> None:
    body = {"closed_destination": {"type": "none"}, "open_periods": [ALWAYS]}
    created = await api.post("/schedules", json=body)
    assert (await api.put(created.headers["Location"], json=body)).status_code == 204
    edited = await api.get(created.headers["Location"])
    for item in (created.json(), edited.json()):
        [period] = item["open_periods"]
        assert period["week_days"] == list(range(1, 8))
        assert period["month_days"] == list(range(1, 32))
        assert period["months"] == list(range(1, 13))


@pytest.mark.parametrize(
    "wrong",
    [
        {"hours_start": "24:00"}, {"hours_start": "12:01"}, {"hours_end": "8:00"},
        {"week_days": []}, {"week_days": [0]}, {"week_days": [8]}, {"month_days": [32]},
        {"months": [13]}, {"hours_start": None},
    ],
)  # fmt: skip
async def test_a_period_that_never_comes_is_refused(api: AsyncClient, wrong: Any) -> None:
    body = {"closed_destination": {"type": "none"}, "open_periods": [ALWAYS | wrong]}
    assert (await api.post("/schedules", json=body)).status_code == 400


async def test_an_exceptional_period_needs_a_destination(api: AsyncClient) -> None:
    body = {"closed_destination": {"type": "none"}, "exceptional_periods": [ALWAYS]}
    answer = await api.post("/schedules", json=body)
    assert answer.json() == ["Input Error - exceptional_periods.0.destination: ['Field required']"]


@pytest.mark.parametrize(
    "wrong", [{}, {"type": "moon"}, {"type": "user"}, {"type": "extension", "exten": "x"}, "none"]
)
async def test_a_destination_is_checked(api: AsyncClient, wrong: Any) -> None:
    answer = await api.post("/schedules", json={"closed_destination": wrong})
    assert answer.status_code == 400
    assert answer.json()[0].startswith("Input Error - closed_destination: ")


async def test_a_destination_leads_to_what_the_caller_sees(
    api: AsyncClient, client: Any, entity: Entity, save: Any
) -> None:
    user = await save(a_user(firstname="Anne", lastname="Roy", entity_id=entity.id))
    body = {"closed_destination": {"type": "user", "user_id": user.id, "ring_time": 10}}
    item = (await api.post("/schedules", json=body)).json()
    assert item["closed_destination"] == {
        "type": "user", "user_id": user.id, "ring_time": 10, "moh_uuid": None,
        "user_firstname": "Anne", "user_lastname": "Roy",
    }  # fmt: skip
    other = await save(Entity(name="second"))
    stranger = await client("confd.#", entity_id=other.id)
    refused = await stranger.post("/schedules", json=body)
    assert refused.status_code == 400
    assert refused.json() == [
        f"Input Error - field 'actionarg1': User was not found ('id': {user.id})"
    ]
    missing = {"closed_destination": {"type": "group", "group_id": 1}}
    assert (await api.post("/schedules", json=missing)).status_code == 400
