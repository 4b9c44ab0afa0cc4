"""``csv``: what is found in a file, and what happens while it changes under one's hands."""

import asyncio
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from ovix_dird.backend import Contact, Resources, SourceFailed, Viewer
from ovix_dird.backends.csv_file import CsvBackend, CsvSettings, CsvSource
from structlog.testing import capture_logs

from .conftest import WatchByHand

FRENCH = Viewer(country="FR")
PEOPLE = '''\
id,firstname,lastname,number,mobile
1,Élodie,Dupont,01 23 45 67 89,06.12.34.56.78
2,Marie,Dupont-Martin,1001,
3,"Jean, dit ""Jeannot""",Martin,+33 (0)1 98 76 54 32,
'''


def settings_of(path: Path, **more: Any) -> CsvSettings:
    return CsvSettings.model_validate(
        {
            "name": "people",
            "file": str(path),
            "searched_columns": ["firstname", "lastname", "number", "mobile"],
            "first_matched_columns": ["number", "mobile"],
            "format_columns": {"name": "{firstname} {lastname}", "phone": "{number}"},
            "unique_column": "id",
            **more,
        }
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE)
    return path


def put(path: Path, content: str | bytes) -> None:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


async def opened(path: Path, resources: Resources, **more: Any) -> CsvSource:
    return await CsvBackend().open(settings_of(path, **more), resources)


async def quickly_settled(path: Path, resources: Resources, settle_s: float = 0.01) -> CsvSource:
    source = CsvSource(settings_of(path), resources.results_max, settle_s)
    source.watched = resources.files.watch(path, source.reload)
    await source.reload()
    return source


def names(contacts: Sequence[Contact]) -> list[str]:
    return [contact.fields["name"] for contact in contacts]


async def test_accents_case_and_the_order_of_words_do_not_count(
    path: Path, resources: Resources
) -> None:
    source = await opened(path, resources)
    assert names(await source.search("elodie", FRENCH)) == ["Élodie Dupont"]
    assert names(await source.search("MARTIN jean", FRENCH)) == ['Jean, dit "Jeannot" Martin']
    assert names(await source.search("dupont", FRENCH)) == ["Élodie Dupont", "Marie Dupont-Martin"]
    assert await source.search("nobody", FRENCH) == []


async def test_the_best_match_comes_first(path: Path, resources: Resources) -> None:
    source = await opened(path, resources)
    assert names(await source.search("martin", FRENCH)) == [
        'Jean, dit "Jeannot" Martin',
        "Marie Dupont-Martin",
    ]


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("0123456789", "Élodie Dupont"),
        ("+33 1 23 45 67 89", "Élodie Dupont"),
        ("0033612345678", "Élodie Dupont"),
        ("0198765432", 'Jean, dit "Jeannot" Martin'),
        ("1001", "Marie Dupont-Martin"),
    ],
)
async def test_a_number_is_found_however_it_is_written(
    path: Path, resources: Resources, number: str, name: str
) -> None:
    source = await opened(path, resources)
    hit = await source.first_match(number, FRENCH)
    assert hit is not None
    assert hit.fields["name"] == name
    assert list(await source.first_matches([number, "999"], FRENCH)) == [number]


async def test_half_a_number_is_nobody_s(path: Path, resources: Resources) -> None:
    source = await opened(path, resources)
    assert await source.first_match("23456789", FRENCH) is None
    assert await source.first_match("anonymous", FRENCH) is None
    assert await source.first_match("", FRENCH) is None


async def test_contacts_are_found_again_by_their_unique_column(
    path: Path, resources: Resources
) -> None:
    source = await opened(path, resources)
    [found] = await source.search("elodie", FRENCH)
    assert found.entry_id == "1"
    assert names(await source.contacts(["3", "1", "none"], FRENCH)) == [
        'Jean, dit "Jeannot" Martin',
        "Élodie Dupont",
    ]


async def test_without_a_unique_column_nothing_is_favoritable(
    path: Path, resources: Resources
) -> None:
    source = await opened(path, resources, unique_column=None)
    assert [found.entry_id for found in await source.search("elodie", FRENCH)] == [None]
    assert await source.contacts(["1"], FRENCH) == []


async def test_a_source_that_searches_no_column_finds_nobody(
    path: Path, resources: Resources
) -> None:
    source = await opened(path, resources, searched_columns=[])
    assert await source.search("dupont", FRENCH) == []
    assert await source.search("", FRENCH) == []


async def test_a_changed_file_is_read_again(
    path: Path, resources: Resources, files: WatchByHand
) -> None:
    source = await opened(path, resources)
    put(path, "firstname,lastname\nAda,Lovelace\n")
    await files.changed(path)
    assert names(await source.search("ada", FRENCH)) == ["Ada Lovelace"]
    assert await source.search("elodie", FRENCH) == []


@pytest.mark.parametrize(
    ("half", "cause"),
    [
        (b"", "no header"),
        (b"id,firstname,lastname,number,mobile\n1,Ada,Lov", "breaks off"),
        (b"id,firstname,lastname,number,mobile\n1,Ada,Lovelace,1,2\n2,", "breaks off"),
        (b'id,firstname,lastname,number,mobile\n1,"Ada', "end of data"),
        ("id,firstname,lastname,number,mobile\n1,É".encode()[:-1], "UTF-8"),
    ],
    ids=["empty", "in a field", "in a row", "in quotes", "in a character"],
)
async def test_a_half_written_file_leaves_the_contacts_as_they_were_until_it_is_whole(
    path: Path, resources: Resources, files: WatchByHand, half: bytes, cause: str
) -> None:
    source = await quickly_settled(path, resources, settle_s=1)
    put(path, half)
    with capture_logs() as logs:
        reading = asyncio.create_task(files.changed(path))
        await until(lambda: bool(logs))
        assert cause in logs[0]["cause"]
        assert names(await source.search("elodie", FRENCH)) == ["Élodie Dupont"]
        put(path, "id,firstname,lastname,number,mobile\n1,Ada,Lovelace,1,2\n")
        await reading
        await files.changed(path)
    assert names(await source.search("ada", FRENCH)) == ["Ada Lovelace"]
    assert [each["event"] for each in logs] == ["csv_not_read", "csv_readable_again"]


async def test_a_file_that_ends_without_a_newline_is_read_once_it_has_settled(
    path: Path, resources: Resources, files: WatchByHand
) -> None:
    source = await quickly_settled(path, resources)
    put(path, "firstname,lastname,number\nAda,Lovelace\nGrace,Hopper")
    await files.changed(path)
    assert names(await source.search("", FRENCH)) == ["Ada Lovelace", "Grace Hopper"]


async def test_a_file_that_was_replaced_while_it_was_read_is_read_again(
    path: Path, resources: Resources, files: WatchByHand, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = await quickly_settled(path, resources)
    read = source._read_file

    def replaced_meanwhile(*, whole: bool) -> Any:
        result = read(whole=whole)
        monkeypatch.undo()
        new = path.with_suffix(".new")
        new.write_text("firstname,lastname\nAda,Lovelace\n")
        new.replace(path)
        return result

    monkeypatch.setattr(source, "_read_file", replaced_meanwhile)
    await files.changed(path)
    assert names(await source.search("ada", FRENCH)) == ["Ada Lovelace"]


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"\xff\xfe\x00binary", "UTF-8"),
        (b"a,b\n1,\x00\n", "NUL"),
        (b"a,a,b\n1,2,3\n", "twice: a"),
        (b"a,b\n" + b"x" * 70_000 + b",1\n", "more than 65536 characters"),
        (b'a,b\n"' + b"x\n" * 40_000 + b'",1\n', "more than 65536 characters"),
        (b",".join(b"c%d" % n for n in range(300)) + b"\n", "more than 256 fields"),
    ],
    ids=["binary", "nul", "doubled", "long line", "long quote", "wide"],
)
async def test_what_is_no_csv_is_told_once_and_by_name(
    path: Path, resources: Resources, files: WatchByHand, content: bytes, cause: str
) -> None:
    put(path, content)
    with capture_logs() as logs:
        source = await opened(path, resources)
        for _ in range(3):
            with pytest.raises(SourceFailed, match=cause):
                await source.search("x", FRENCH)
            await files.changed(path)
    assert [(each["event"], each["source"]) for each in logs] == [("csv_not_read", "people")]


async def test_a_missing_file_is_found_as_soon_as_it_is_there(
    tmp_path: Path, resources: Resources, files: WatchByHand
) -> None:
    path = tmp_path / "later.csv"
    source = await opened(path, resources)
    with pytest.raises(SourceFailed, match="No such file"):
        await source.first_match("1001", FRENCH)
    put(path, PEOPLE)
    await files.changed(path)
    assert await source.first_match("1001", FRENCH) is not None


async def test_a_pipe_or_directory_in_place_of_the_file_holds_nobody_up(
    tmp_path: Path, resources: Resources
) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        source = await opened(path, resources)
        with pytest.raises(SourceFailed):
            await source.search("x", FRENCH)


async def test_rows_may_be_short_long_or_blank_and_a_mark_of_byte_order_may_be_first(
    path: Path, resources: Resources
) -> None:
    put(path, "\ufefffirstname;lastname\nAda\n\nGrace;Hopper;Admiral\n".encode())
    source = await opened(path, resources, separator=";")
    found = await source.search("", FRENCH)
    assert [dict(contact.fields)["lastname"] for contact in found] == ["", "Hopper"]


async def test_a_closed_source_is_not_watched_any_more(
    path: Path, resources: Resources, files: WatchByHand
) -> None:
    source = await opened(path, resources)
    assert path in files.watched
    await source.close()
    assert files.watched == {}


@pytest.mark.parametrize(
    "wrong", [{"file": "people.csv"}, {"file": ""}, {"separator": ";;"}, {"separator": '"'}]
)
def test_settings_that_can_t_work_are_refused(path: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        settings_of(path, **wrong)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - logs tell nobody when they come
            await asyncio.sleep(0.005)
