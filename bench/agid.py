"""Questions of Asterisk per second, against the floor of one SELECT in three round trips.

``python bench/agid.py [--seconds 4]``. The peer's current release answers
incoming_user_set_features 12 to 37 times a second on two cores, with 14 to 19 statements and 55
round trips. Every question has a connection of its own, as Asterisk makes one per AGI().
"""

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import cycle
from pathlib import Path
from statistics import median

import asyncpg
import uvloop
from ovix_engines.ports import free_port

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.agid_client import Answers, ask, request_of
from bench.harness import (
    Figure,
    Machine,
    exclusive,
    measure,
    show,
    statements_per,
)

COMPANY = 1_000
CONCURRENCIES = (1, 16)
ROUNDS = 5
TARGET_RATIO = 0.5
MAX_ROUND_TRIPS = 5

_COMPANY = f"""
INSERT INTO contexts (name, type) VALUES ('default', 'internal');
INSERT INTO users (firstname, lastname, caller_id, call_transfer_enabled)
    SELECT 'User', n::text, '"User ' || n || '"', true FROM generate_series(1, {COMPANY}) n;
INSERT INTO endpoints_sip (username, secret)
    SELECT 'sip' || n, 'secret' FROM generate_series(1, {COMPANY}) n;
INSERT INTO lines (context, provisioning_code, endpoint_sip_id)
    SELECT 'default', (100000 + n)::text, n FROM generate_series(1, {COMPANY}) n;
INSERT INTO voicemails (name, number, context)
    SELECT 'box ' || n, (10000 + n)::text, 'default' FROM generate_series(1, {COMPANY}) n;
UPDATE users SET voicemail_id = id, voicemail_enabled = true;
INSERT INTO user_lines SELECT n, n, true, true FROM generate_series(1, {COMPANY}) n;
INSERT INTO extensions (id, exten, context)
    SELECT 100000 + n, (10000 + n)::text, 'default' FROM generate_series(1, {COMPANY}) n;
INSERT INTO line_extensions SELECT n, 100000 + n, true FROM generate_series(1, {COMPANY}) n;
INSERT INTO dial_actions (category, category_id, event, action, arg1)
    SELECT 'user', n, event, 'voicemail', n::text
    FROM generate_series(1, {COMPANY}) n, unnest(ARRAY['noanswer', 'busy']) event;
INSERT INTO call_permissions (name, extensions) VALUES ('no mobiles', '{{06XXXXXXXX,07XXXXXXXX}}');
INSERT INTO user_call_permissions SELECT n, 1 FROM generate_series(1, {COMPANY}) n;
INSERT INTO schedules (name, timezone, closed_action) VALUES ('office', 'Europe/Paris', 'none');
INSERT INTO schedule_periods (schedule_id, mode, position, hours_start, hours_end)
    VALUES (1, 'opened', 0, '00:00', '23:59');
INSERT INTO user_schedules SELECT n, 1 FROM generate_series(1, {COMPANY}) n;
ANALYZE;
"""  # a company like many: every user has a phone, a voicemail box, a right and a schedule


@dataclass(frozen=True)
class Question:
    """A handler, what the channel holds and what the dialplan gives it."""

    script: str
    variables: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()


_CALL = {
    "XIVO_USERID": "1",
    "XIVO_DSTID": "2",
    "XIVO_CALLORIGIN": "intern",
    "XIVO_SRCNUM": "10001",
    "XIVO_DSTNUM": "10002",
    "XIVO_BASE_CONTEXT": "default",
    "XIVO_PATH": "user",
    "XIVO_PATH_ID": "2",
}
QUESTIONS = (
    Question("incoming_user_set_features", _CALL),
    Question("user_set_call_rights", _CALL),
    Question("check_schedule", _CALL),
    Question("getring", _CALL),
    Question("user_get_vmbox", _CALL),
    Question("phone_get_features", _CALL),
    Question("phone_set_feature", _CALL, ("dnd",)),
)


@dataclass
class _Measured:
    """A question asked in rounds, each next to one of the floor."""

    port: int
    question: Question
    rounds: list[Figure] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._request = request_of(self.question.script, self.question.arguments)
        # Everybody in the company is called in turn.
        self._calls = cycle(
            [
                Answers(
                    {**self.question.variables, "XIVO_DSTID": str(user), "XIVO_PATH_ID": str(user)}
                )
                for user in range(1, COMPANY + 1)
            ]
        )

    async def ask(self, _worker: int = 0) -> int:
        answers = next(self._calls)
        round_trips = await ask(self.port, self._request, answers)
        if answers.failures:
            raise RuntimeError(f"{self.question.script} failed")
        return round_trips

    async def ask_once(self, _worker: int) -> None:
        await self.ask()

    async def one_round(self, concurrency: int, seconds: float) -> float:
        figure = await measure(self.ask_once, concurrency=concurrency, seconds=seconds)
        self.rounds.append(figure)
        return figure.per_second

    async def figure(self, machine: Machine) -> tuple[Figure, int]:
        return (
            Figure(
                f"{self.question.script}, {(trips := await self.ask())} round trips",
                per_second=median(each.per_second for each in self.rounds),
                median_ms=median(each.median_ms for each in self.rounds),
                p99_ms=median(each.p99_ms for each in self.rounds),
                ratio=median(self.ratios),
                statements=await statements_per(machine, self.ask_once),
            ),
            trips,
        )


async def _run(machine: Machine, floor_port: int, agi_port: int, seconds: float) -> bool:
    held = True
    for concurrency in CONCURRENCIES:
        floor = _Measured(floor_port, Question("floor: SELECT 1"))
        measured = [_Measured(agi_port, question) for question in QUESTIONS]
        # The machine does other things meanwhile: each ratio is of two rounds side by side.
        for _ in range(ROUNDS):
            for each in measured:
                reference = await floor.one_round(concurrency, seconds / ROUNDS)
                rate = await each.one_round(concurrency, seconds / ROUNDS)
                each.ratios.append(rate / reference)
        floor.ratios.append(1.0)
        figures = []
        for each in (floor, *measured):
            figure, trips = await each.figure(machine)
            figures.append(figure)
            held = held and trips <= MAX_ROUND_TRIPS and (figure.statements or 0) <= 2
        # The harness takes the floor's SELECT 1 for a heartbeat and leaves it out of the count.
        figures[0] = replace(figures[0], statements=1.0)
        held = held and (concurrency == 1 or (figures[1].ratio or 0) >= TARGET_RATIO)
        show(f"agid, {concurrency} at once", figures)
    return held


async def _fill(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(_COMPANY)
    await connection.close()


def main() -> int:
    """Measure and print; 1 when the target is missed."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=3.0, help="per question")
    seconds = arguments.parse_args().seconds
    with exclusive(), Machine() as machine:
        asyncio.run(_fill(machine.database_url))
        agi_port = free_port()
        machine.service("agid", port_variable="OVIX_AGID_HTTP_PORT", OVIX_AGID_PORT=str(agi_port))
        floor = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("agid_floor.py")), machine.database_url],
            stdout=subprocess.PIPE,
        )
        try:
            assert floor.stdout
            floor_port = int(floor.stdout.readline())
            memory = machine.resting_memory_mb()[0]
            held = uvloop.run(_run(machine, floor_port, agi_port, seconds))
        finally:
            floor.terminate()
            floor.communicate()
        print(f"  resting memory of agid: {memory:.0f} MB")
        print(
            f"  target ({TARGET_RATIO} of the floor at 16 at once): {'held' if held else 'MISSED'}"
        )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
