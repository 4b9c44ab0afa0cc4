"""Messages on the disk follow their box."""

from pathlib import Path
from uuid import uuid4

import pytest
from ovix_bus import Message
from ovix_confgen.voicemail_spool import LONGEST_CALL_S, VoicemailSpool, locked, move


def a_message(place: Path, folder: str, number: int, sound: str = "hello") -> None:
    """A message as Asterisk leaves it."""
    (place / folder).mkdir(parents=True, exist_ok=True)
    for suffix, text in (("txt", "[message]"), ("wav", sound)):
        (place / folder / f"msg{number:04}.{suffix}").write_text(text)


def heard(place: Path, folder: str = "INBOX") -> list[tuple[str, str]]:
    """The sounds of a folder by name."""
    return [(path.name, path.read_text()) for path in sorted((place / folder).glob("*.wav"))]


def vacated(number: str, new: str | None, context: str = "default") -> Message:
    """The event of a box that left a number."""
    data = {
        "id": 1,
        "number": number,
        "context": context,
        "new_number": new,
        "new_context": new and "default",
    }
    return Message(uuid4(), "voicemail_vacated", "config.voicemail.vacated", {"data": data})


class Boxes:
    """The boxes there are, and what time it is."""

    def __init__(self) -> None:
        self.used: set[str] = set()
        self.now = 1000.0

    async def in_use(self, context: str, number: str) -> bool:
        return number in self.used

    def clock(self) -> float:
        return self.now


@pytest.fixture
def boxes() -> Boxes:
    return Boxes()


@pytest.fixture
def spool(tmp_path: Path, boxes: Boxes) -> VoicemailSpool:
    made = VoicemailSpool(tmp_path, boxes.in_use, clock=boxes.clock)
    made.prepare()
    return made


@pytest.fixture
def default(tmp_path: Path) -> Path:
    return tmp_path / "default"


async def test_a_renumbered_box_takes_its_messages_and_greetings_along(
    spool: VoicemailSpool, default: Path
) -> None:
    a_message(default / "1000", "INBOX", 0, "first")
    a_message(default / "1000", "INBOX", 1, "second")
    a_message(default / "1000", "Old", 0)
    (default / "1000" / "unavail.wav").write_text("greeting")
    await spool.on_event(vacated("1000", "1500"))
    assert heard(default / "1500") == [("msg0000.wav", "first"), ("msg0001.wav", "second")]
    assert len(heard(default / "1500", "Old")) == 1
    assert (default / "1500" / "unavail.wav").read_text() == "greeting"
    assert not (default / "1000").exists()


async def test_messages_come_behind_those_that_are_there(
    spool: VoicemailSpool, default: Path
) -> None:
    a_message(default / "1500", "INBOX", 0, "there")
    a_message(default / "1000", "INBOX", 3, "moved")
    await spool.on_event(vacated("1000", "1500"))
    assert heard(default / "1500") == [("msg0000.wav", "there"), ("msg0001.wav", "moved")]


async def test_messages_of_a_deleted_box_are_deleted(spool: VoicemailSpool, default: Path) -> None:
    a_message(default / "1000", "INBOX", 0)
    a_message(default / "1001", "INBOX", 0)
    await spool.on_event(vacated("1000", None))
    assert not (default / "1000").exists()
    assert heard(default / "1001")


async def test_a_message_left_during_the_move_follows(
    spool: VoicemailSpool, default: Path, tmp_path: Path, boxes: Boxes
) -> None:
    recording = default / "1000" / "tmp" / "aBcDeF.wav"
    recording.parent.mkdir(parents=True)
    (default / "1000" / "INBOX").mkdir()
    recording.write_text("is being recorded")
    await spool.on_event(vacated("1000", "1500"))
    assert (recording.exists(), (default / "1000" / "INBOX").exists()) == (True, True)
    recording.unlink()
    a_message(default / "1000", "INBOX", 0, "late")
    await spool.on_event(vacated("1500", "1600"))
    again = VoicemailSpool(tmp_path, boxes.in_use, clock=boxes.clock)
    again.prepare()
    await again.sweep()
    assert heard(default / "1600") == [("msg0000.wav", "late")]
    assert not (default / "1000").exists()


async def test_an_old_place_is_left_alone_once_it_is_anothers_or_the_time_is_over(
    spool: VoicemailSpool, default: Path, boxes: Boxes
) -> None:
    await spool.on_event(vacated("1000", "1500"))
    await spool.on_event(vacated("1001", "1501"))
    boxes.used.add("1000")
    a_message(default / "1000", "INBOX", 0, "of another box")
    await spool.sweep()
    boxes.used.clear()
    boxes.now += LONGEST_CALL_S + 1
    a_message(default / "1001", "INBOX", 0, "much later")
    await spool.sweep()
    assert heard(default / "1000")
    assert heard(default / "1001")
    assert not (default / "1500").exists()


@pytest.mark.parametrize(("number", "context"), [
    ("..", "default"), ("1000", ".."), ("1000", "../../etc"), ("1000/x", "default"),
    ("", "default"),
])  # fmt: skip
async def test_no_name_leads_out_of_the_spool(
    spool: VoicemailSpool, default: Path, number: str, context: str
) -> None:
    a_message(default / "1000", "INBOX", 0)
    await spool.on_event(vacated(number, None, context))
    assert heard(default / "1000")


async def test_a_spool_out_of_reach_holds_up_no_event(tmp_path: Path, boxes: Boxes) -> None:
    (tmp_path / "file").write_text("")
    spool = VoicemailSpool(tmp_path / "file" / "voicemail", boxes.in_use)
    spool.prepare()
    await spool.on_event(vacated("1000", None))


async def test_other_events_are_no_concern(spool: VoicemailSpool) -> None:
    await spool.on_event(Message(uuid4(), "voicemail_deleted", "config.voicemail.deleted", {}))


def test_a_lock_that_a_crash_left_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ovix_confgen.voicemail_spool.LOCK_WAIT_S", 0.2)
    a_message(tmp_path / "1000", "INBOX", 0)
    (tmp_path / "1000" / "INBOX" / ".lock").touch()
    move(tmp_path / "1000", tmp_path / "1500")
    assert heard(tmp_path / "1500")
    with locked(tmp_path / "1500"):
        assert (tmp_path / "1500" / ".lock").exists()
    assert not (tmp_path / "1500" / ".lock").exists()
