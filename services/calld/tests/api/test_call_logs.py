"""CEL from the spool to the database, and call logs from it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from ovix_calld.cel.call_logs import log_conversation, unlogged_conversations
from ovix_calld.cel.journalist import Journalist
from ovix_calld.cel.spool import Spool
from ovix_schema import CallLog, Cel, CelSpool
from ovix_testkit.inbox import eventually
from sqlalchemy import delete, func, select, text, update

ALICE, BOB = (f"7f3a5f9e-000{n}-4000-8000-00000000000{n}" for n in (1, 2))


class Desk:
    """A journalist that can be started, killed and started again."""

    def __init__(self, sessions: Any, path: Path, rotation_bytes: int = 1 << 30) -> None:
        self.sessions, self.path = sessions, path
        self._rotation_bytes = rotation_bytes
        self._task: asyncio.Task[None] | None = None
        self.journalist: Journalist | None = None

    def start(self) -> None:
        self.journalist = Journalist(
            self.sessions,
            Spool(self.path, self._rotation_bytes),
            poll_s=0.01,
            sweep_s=3600,
            on_rows=lambda stored, refused: None,
        )
        self._task = asyncio.create_task(self.journalist.run())

    async def kill(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def count(self, table: Any) -> int:
        async with self.sessions.begin() as session:
            return int(await session.scalar(select(func.count()).select_from(table)))

    async def read_all(self) -> None:
        """Until everything written so far is stored and logged."""
        for _ in range(6000):
            async with self.sessions.begin() as session:
                position = await session.scalar(select(CelSpool.position))
            idle = self.journalist is not None and self.journalist.up_to_date
            if idle and self.path.exists() and position == self.path.stat().st_size:
                await asyncio.sleep(0.05)
                return
            await asyncio.sleep(0.01)
        raise TimeoutError("the spool is not read")

    def write(self, data: bytes) -> None:
        self.path.parent.mkdir(exist_ok=True)
        with self.path.open("ab") as file:
            file.write(data)


@pytest_asyncio.fixture(loop_scope="session")
async def desk(company: Any, tmp_path: Path) -> AsyncIterator[Desk]:
    made = Desk(company.sessions, tmp_path / "cel-custom" / "ovix.csv")
    yield made
    await made.kill()


async def logs(company: Any) -> list[Any]:
    async with company.sessions.begin() as session:
        return list((await session.scalars(select(CallLog).order_by(CallLog.date))).all())


async def told(company: Any) -> list[Any]:
    async with company.sessions.begin() as session:
        rows = await session.execute(text("SELECT name, body FROM outbox ORDER BY id"))
        return [(row.name, row.body["data"]) for row in rows]


async def test_each_real_call_becomes_one_log_and_its_events(
    desk: Desk, company: Any, cel_csv: bytes
) -> None:
    desk.write(cel_csv)
    desk.start()
    await desk.read_all()
    made = await logs(company)
    assert len(made) == 12
    assert await desk.count(Cel) == cel_csv.count(b"\n")
    first = made[0]
    assert (first.source_name, first.source_exten) == ("Alice", "1001")
    assert (str(first.source_user_uuid), str(first.destination_user_uuid)) == (ALICE, BOB)
    assert first.source_line_identity == "pjsip/alice"
    assert first.date.tzinfo is not None
    assert first.user_field == "alice,paris"

    events = await told(company)
    assert sum(name == "call_log_created" for name, _ in events) == 12
    own = [data for name, data in events if name == "call_log_user_created"]
    assert own[0]["source_user_uuid"] == ALICE
    assert own[0]["tags"] == ["alice", "paris"]
    async with company.sessions.begin() as session:
        unlinked = await session.scalar(
            select(func.count()).select_from(Cel).where(Cel.call_log_id.is_(None))
        )
    assert unlinked == 0


async def test_killed_anywhere_nothing_is_lost_or_doubled(
    desk: Desk, company: Any, cel_csv: bytes
) -> None:
    for begin in range(0, len(cel_csv), 5000):
        desk.write(cel_csv[begin : begin + 5000])
        desk.start()
        await asyncio.sleep(0.03)
        await desk.kill()
    desk.start()
    await desk.read_all()
    assert await desk.count(Cel) == cel_csv.count(b"\n")
    assert len(await logs(company)) == 12
    assert sum(name == "call_log_created" for name, _ in await told(company)) == 12


async def test_rotation_loses_nothing(company: Any, cel_csv: bytes, tmp_path: Path) -> None:
    desk = Desk(company.sessions, tmp_path / "cel-custom" / "ovix.csv", rotation_bytes=2000)
    desk.start()
    lines = cel_csv.splitlines(keepends=True)
    for begin in range(0, len(lines), 10):
        desk.write(b"".join(lines[begin : begin + 10]))
        await asyncio.sleep(0.02)

    def left_bytes() -> int:
        found = 0
        for file in desk.path.parent.iterdir():
            with suppress(FileNotFoundError):  # it has just been removed
                found += file.stat().st_size
        return found

    for _ in range(3000):
        # The last file is put aside and read to its end.
        if await desk.count(CallLog) == 12 and left_bytes() < len(cel_csv) / 2:
            break
        await asyncio.sleep(0.01)
    await desk.kill()
    assert await desk.count(Cel) == len(lines)
    assert len(await logs(company)) == 12
    assert left_bytes() < len(cel_csv) / 2


async def test_making_a_log_again_changes_nothing(desk: Desk, company: Any, cel_csv: bytes) -> None:
    desk.write(cel_csv)
    desk.start()
    await desk.read_all()
    before = [(log.id, log.conversation_id) for log in await logs(company)]
    events = len(await told(company))
    for _, conversation_id in before:
        async with company.sessions.begin() as session:
            assert await log_conversation(session, conversation_id)
    assert [(log.id, log.conversation_id) for log in await logs(company)] == before
    assert len(await told(company)) == events


async def test_a_conversation_that_was_missed_is_found_by_the_next_sweep(
    desk: Desk, company: Any, cel_csv: bytes
) -> None:
    desk.write(cel_csv)
    desk.start()
    await desk.read_all()
    await desk.kill()
    async with company.sessions.begin() as session:
        await session.execute(text("DELETE FROM call_logs"))
        await session.execute(text("UPDATE cel SET eventtime = now() - interval '1 hour'"))
        assert len(await unlogged_conversations(session, 7)) == 12
    desk.start()
    await eventually(lambda: desk.journalist is not None and desk.journalist.up_to_date)
    assert len(await logs(company)) == 12


async def test_a_conversation_without_end_waits_until_it_fell_silent(
    desk: Desk, company: Any, cel_csv: bytes
) -> None:
    whole = cel_csv.splitlines(keepends=True)
    end = next(at for at, line in enumerate(whole) if b"LINKEDID_END" in line)
    desk.write(b"".join(whole[:end]))
    desk.start()
    await desk.read_all()
    assert await logs(company) == []
    async with company.sessions.begin() as session:
        await session.execute(update(Cel).values(eventtime=func.now()))
        assert await unlogged_conversations(session, 7) == []
        await session.execute(text("UPDATE cel SET eventtime = now() - interval '11 minutes'"))
        assert len(await unlogged_conversations(session, 7)) == 1


async def test_linked_ids_that_share_a_channel_become_one_log(
    desk: Desk, company: Any, cel_csv: bytes
) -> None:
    desk.write(cel_csv)
    desk.start()
    await desk.read_all()
    await desk.kill()
    first, second, *_ = await logs(company)
    async with company.sessions.begin() as session:
        channel = await session.scalar(
            select(Cel.uniqueid).where(Cel.linkedid == first.conversation_id).limit(1)
        )
        await session.execute(
            update(Cel)
            .where(Cel.linkedid == second.conversation_id, Cel.eventtype == "CHAN_END")
            .values(uniqueid=channel)
        )
        assert await log_conversation(session, second.conversation_id)
    remaining = await logs(company)
    assert len(remaining) == 11
    assert remaining[0].id == first.id


async def test_a_call_that_goes_on_after_a_transfer_is_logged_when_it_ends(
    desk: Desk, company: Any, cel_csv: bytes
) -> None:
    desk.write(cel_csv)
    desk.start()
    await desk.read_all()
    await desk.kill()
    first, consultation, *_ = await logs(company)
    talking = Cel.linkedid == first.conversation_id
    async with company.sessions.begin() as session:
        channel = await session.scalar(select(Cel.uniqueid).where(talking).limit(1))
        await session.execute(text("DELETE FROM call_logs"))
        await session.execute(
            update(Cel)
            .where(Cel.linkedid == consultation.conversation_id, Cel.eventtype == "CHAN_END")
            .values(uniqueid=channel)
        )
        await session.execute(delete(Cel).where(talking, Cel.eventtype == "LINKEDID_END"))
        await session.execute(update(Cel).where(talking).values(eventtime=func.now()))
        other = consultation.conversation_id
        assert other in await unlogged_conversations(session, 7000)
        assert not await log_conversation(session, other, even_unfinished=True)
        silent = text("UPDATE cel SET eventtime = now() - interval '11 minutes'")
        await session.execute(silent)
        assert await log_conversation(session, other, even_unfinished=True)


async def test_bad_records_hold_up_nothing(desk: Desk, company: Any, cel_csv: bytes) -> None:
    lines = cel_csv.splitlines(keepends=True)
    desk.write(b"\xff\xfe garbage\n" + b"".join(lines[:40]) + b'"a","b"\n' + b"".join(lines[40:]))
    desk.start()
    await desk.read_all()
    assert len(await logs(company)) == 12


@pytest.mark.parametrize("lost", [b"\x00", b'"'])
async def test_control_characters_reach_no_column(
    desk: Desk, company: Any, cel_csv: bytes, lost: bytes
) -> None:
    desk.write(cel_csv.replace(b"Alice", b"Al" + lost * 2 + b"ice"))
    desk.start()
    await desk.read_all()
    assert len(await logs(company)) == 12


async def test_a_user_whose_phone_did_not_ring_is_in_the_log_all_the_same(
    desk: Desk, company: Any, cel_csv: bytes
) -> None:
    first = cel_csv.splitlines(keepends=True)
    whole = first[: next(at for at, line in enumerate(first) if b"LINKEDID_END" in line) + 1]
    desk.write(b"".join(line for line in whole if b"PJSIP/bob-" not in line))
    desk.start()
    await desk.read_all()
    (log,) = await logs(company)
    assert str(log.destination_user_uuid) == BOB
    assert log.destination_name == "Bob"
    assert [name for name, _ in await told(company)].count("call_log_user_created") == 2
