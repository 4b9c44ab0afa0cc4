"""confd: users imported from a CSV, each with line, number, SIP endpoint and voicemail box.

``python bench/csv_import.py [--rows 5000]``. Memory is that of confd at its highest, after a small
import and after the large one; then the same users are renamed and exported.
"""

import argparse
import sys
import time
from pathlib import Path

import asyncpg
import orjson
import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.confd import token_of_all
from bench.confd_rows import CONTEXT, begin
from bench.harness import Figure, Http, Machine, exclusive, show

HEADER = (
    "firstname,lastname,email,exten,context,line_protocol,sip_username,sip_secret,"
    "voicemail_name,voicemail_number,voicemail_context"
)
FEW = 500


def _csv(numbers: range) -> bytes:
    rows = (
        f"Zoé,Imported {n},u{n}@example.org,{n},{CONTEXT},sip,phone{n},secret{n},"
        f"Zoé {n},{n},{CONTEXT}"
        for n in numbers
    )
    return "\n".join((HEADER, *rows)).encode()


def _updates(answer: bytes) -> bytes:
    rows = (f"{each['user_uuid']},Renamed" for each in orjson.loads(answer)["created"])
    return "\n".join(("uuid,lastname", *rows)).encode()


async def _run(machine: Machine, rows: int) -> None:
    connection = await asyncpg.connect(machine.database_url)
    await begin(connection)
    headers = {"X-Auth-Token": await token_of_all(connection), "Content-Type": "text/csv"}
    client = Http(machine.service("confd"))
    figures: list[Figure] = []

    async def timed(name: str, method: str, path: str, content: bytes, count: int) -> bytes:
        counts: list[int] = []
        processor_s, begun_at = machine.processor_s(), time.perf_counter()
        async with machine.counted(counts):
            status, answer = await client.request(method, path, content, headers)
        seconds = time.perf_counter() - begun_at
        assert status in (200, 201), (status, answer[:500])
        cost = (machine.processor_s() - processor_s) * 1000 / count
        print(f"  {name}: {seconds:.1f} s, {cost:.2f} ms of processor time a row,"
              f" highest memory of confd {machine.highest_memory_mb():.0f} MB")  # fmt: skip
        per_row = seconds * 1000 / count
        figures.append(
            Figure(name, count / seconds, per_row, per_row, statements=counts[0] / count)
        )
        return answer

    few, many = range(200_000, 200_000 + FEW), range(300_000, 300_000 + rows)
    await timed(f"created, {FEW:,} rows", "POST", "/1.1/users/import", _csv(few), FEW)
    made = await timed(f"created, {rows:,} rows", "POST", "/1.1/users/import", _csv(many), rows)
    stored = await connection.fetchval("SELECT count(*) FROM users")
    assert stored == FEW + rows, stored
    await timed(f"renamed, {rows:,} rows", "PUT", "/1.1/users/import", _updates(made), rows)
    everyone = FEW + rows
    await timed(f"exported, {everyone:,} rows", "GET", "/1.1/users/export", b"", everyone)
    show("users as CSV (median: time by row)", figures)
    await client.close()
    await connection.close()


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=5000)
    given = arguments.parse_args()
    with exclusive(), Machine() as machine:
        uvloop.run(_run(machine, given.rows))


if __name__ == "__main__":
    main()
