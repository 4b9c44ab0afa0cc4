"""dird: a file of contacts in memory: how long it is read, what it takes, how it is searched.

``python -m bench.contacts [--contacts 100000]``. The floor of a search is one pass of ``find`` over
the file, that of a reverse lookup is reading the number with ``phonenumbers``.
"""

import argparse
import asyncio
import csv
import random
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import httpx
import phonenumbers
from ovix_dird.backend import Resources, Viewer
from ovix_dird.backends.csv_file import CsvBackend, CsvSettings, CsvSource
from ovix_web import Sessions
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.harness import exclusive

FIRST = (
    "Marie",
    "Jean",
    "Élodie",
    "François",
    "Hélène",
    "Jérôme",
    "Anaïs",
    "Luc",
    "Sophie",
    "Nicolas",
    "Léa",
    "Chloé",
    "Noé",
    "Zoé",
)
SYLLABLES = (
    "an",
    "ber",
    "bert",
    "blan",
    "bou",
    "cent",
    "chard",
    "che",
    "chel",
    "cia",
    "cier",
    "cle",
    "cor",
    "da",
    "dar",
    "dre",
    "du",
    "el",
    "feb",
    "fon",
    "four",
    "gar",
    "gau",
    "gi",
    "gue",
    "lam",
    "las",
    "lau",
    "le",
    "lec",
    "lerc",
    "let",
    "mar",
    "mas",
    "mer",
    "mi",
    "mo",
    "mon",
    "nard",
    "nier",
    "pe",
    "per",
    "pont",
    "rand",
    "rard",
    "reau",
    "rent",
    "ri",
    "rin",
    "ro",
    "rous",
    "roux",
    "sal",
    "seau",
    "si",
    "taine",
    "tho",
    "tin",
    "tit",
    "trand",
    "val",
    "vid",
    "vin",
    "vre",
)
FIELDS = ("id", "firstname", "lastname", "company", "email", "number", "mobile")
FRENCH = Viewer(country="FR")
TIMES = 400


@dataclass(frozen=True)
class NoWatch:
    """Nothing changes here."""

    def watch(self, path: Path, changed: Callable[[], Awaitable[None]]) -> Callable[[], None]:
        return lambda: None


def _write(path: Path, contacts: int) -> list[str]:
    """The file, and the last names in it."""

    def a_name() -> str:
        return "".join(random.choices(SYLLABLES, k=random.randint(2, 4))).title()

    names = [a_name() for _ in range(20_000)]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(FIELDS)
        for number in range(contacts):
            first, last = random.choice(FIRST), random.choice(names)
            fixed = f"0{random.randint(1, 5)} " + " ".join(
                f"{random.randint(10, 99)}" for _ in range(4)
            )
            writer.writerow(
                [
                    number,
                    first,
                    last,
                    f"Société {random.choice(names)}",
                    f"{last}{number}@example.org".lower(),
                    fixed,
                    f"+336{random.randint(10_000_000, 99_999_999)}",
                ]
            )
    return names


async def _measured(title: str, floor_ms: float, ask: Callable[[], Awaitable[int]]) -> None:
    took, found = [], 0
    for _ in range(TIMES):
        begun_at = time.perf_counter()
        found += await ask()
        took.append((time.perf_counter() - begun_at) * 1000)
    took.sort()
    middle, most = took[TIMES // 2], took[TIMES * 95 // 100]
    print(
        f"  {title}: p50 {middle:.2f} ms, p95 {most:.2f} ms,"
        f" {middle / floor_ms:.1f} times the floor of {floor_ms:.2f} ms, {found / TIMES:.0f} found"
    )


def _floor_ms(work: Callable[[], object]) -> float:
    took = []
    for _ in range(50):
        begun_at = time.perf_counter()
        work()
        took.append((time.perf_counter() - begun_at) * 1000)
    return sorted(took)[len(took) // 2]


def _middle(sorted_values: list[float]) -> float:
    return sorted_values[len(sorted_values) // 2]


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def _run(path: Path, names: list[str]) -> None:
    settings = CsvSettings(
        name="bench",
        file=str(path),
        searched_columns=list(FIELDS[1:]),
        first_matched_columns=["number", "mobile"],
        unique_column="id",
        format_columns={
            "name": "{firstname} {lastname}",
            "phone": "{number}",
            "phone_mobile": "{mobile}",
            "reverse": "{firstname} {lastname}",
        },
    )
    resources = Resources(
        sessions=cast(Sessions, None),
        engine=cast(AsyncEngine, None),
        http=cast(httpx.AsyncClient, None),
        files=NoWatch(),
    )
    before, begun_at = _memory_mb(), time.perf_counter()
    source: CsvSource = await CsvBackend().open(settings, resources)
    seconds = time.perf_counter() - begun_at
    more = _memory_mb() - before
    print(f"  read in {seconds:.2f} s; {more:.0f} MB more, {_memory_mb():.0f} MB in all")

    text = await asyncio.to_thread(path.read_bytes)
    scan = _floor_ms(lambda: text.find(b"qwxz"))

    async def part_of_a_name() -> int:
        name = random.choice(names)
        start = random.randint(0, max(0, len(name) - 4))
        return len(await source.search(name[start : start + random.randint(4, 6)], FRENCH))

    async def both_names() -> int:
        term = f"{random.choice(FIRST)} {random.choice(names)[:5]}"
        return len(await source.search(term, FRENCH))

    async def a_number() -> int:
        number = "0" + random.choice(held).removeprefix("+33")
        return int(await source.first_match(number, FRENCH) is not None)

    with path.open(newline="") as file:
        rows = csv.DictReader(file)
        held = [row["mobile"] for _, row in zip(range(1000), rows, strict=False)]
    await _measured("part of a name", scan, part_of_a_name)
    await _measured("first name and beginning of last name", scan, both_names)
    read = _floor_ms(lambda: phonenumbers.is_valid_number(phonenumbers.parse("0612345678", "FR")))
    await _measured("who has this number", read, a_number)

    # What else the process does must not wait for a file that is read again.
    gaps: list[float] = []
    reading = asyncio.create_task(source.reload())
    while not reading.done():
        begun_at = time.perf_counter()
        await asyncio.sleep(0.001)
        gaps.append((time.perf_counter() - begun_at) * 1000)
    gaps.sort()
    print(
        f"  read again meanwhile: a turn of the loop takes p50 {_middle(gaps):.1f} ms,"
        f" p95 {gaps[len(gaps) * 95 // 100]:.1f} ms, at most {gaps[-1]:.1f} ms;"
        f" {_memory_mb():.0f} MB in all"
    )


def main() -> None:
    """Print the figures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--contacts", type=int, default=100_000)
    contacts = arguments.parse_args().contacts
    random.seed(1)
    with exclusive(), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "contacts.csv"
        names = _write(path, contacts)
        print(f"{contacts} contacts, {path.stat().st_size / 1e6:.1f} MB")
        asyncio.run(_run(path, names))


if __name__ == "__main__":
    main()
