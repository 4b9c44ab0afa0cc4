"""What a phone can name is below the root, or is not served (acceptance I2, I3, I5)."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_provd.phones.files import NoFile, OpenFile, open_below, open_named


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "tftpboot"
    (root / "sub" / "deeper").mkdir(parents=True)
    (root / "phone.cfg").write_bytes(b"configuration")
    (root / "sub" / "deeper" / "language.xml").write_bytes(b"<fr/>")
    (root / "back\\slash").write_bytes(b"one name")
    sibling = tmp_path / "tftpboot-old"
    sibling.mkdir()
    (sibling / "secret").write_bytes(b"secret")
    (tmp_path / "secret").write_bytes(b"secret")
    return root


def served(answer: OpenFile | NoFile) -> bytes:
    assert isinstance(answer, OpenFile), answer
    with answer:
        content = answer.content.read()
    assert answer.size == len(content)
    return content


@pytest.mark.parametrize(
    "name",
    [
        b"sub/deeper/language.xml",
        b"/sub/deeper/language.xml",
        b"//sub//deeper/./language.xml",
        b"absent/../sub/deeper/language.xml",
    ],
)
def test_a_tftp_name_is_normalised(root: Path, name: bytes) -> None:
    assert served(open_named(root, name)) == b"<fr/>"


def test_a_backslash_is_a_character_like_others(root: Path) -> None:
    assert served(open_named(root, b"back\\slash")) == b"one name"
    assert open_named(root, b"..\\..\\secret") is NoFile.MISSING


def test_size_and_time_are_those_of_the_file(root: Path) -> None:
    os.utime(root / "phone.cfg", (1_000_000, 1_234_567))
    with_times = open_named(root, b"phone.cfg")
    assert isinstance(with_times, OpenFile)
    with with_times:
        assert (with_times.size, with_times.modified_at) == (13, 1_234_567.0)
    assert with_times.content.closed


@pytest.mark.parametrize(
    "name",
    [
        b"../secret",
        b"/../secret",
        b"../../../../etc/passwd",
        b"../tftpboot-old/secret",
        b"sub/../../secret",
        b"..",
        b"phone.cfg\0.jpg",
    ],
)
def test_a_tftp_name_does_not_leave_the_root(root: Path, name: bytes) -> None:
    assert open_named(root, name) is NoFile.OUTSIDE


@pytest.mark.parametrize(
    "components",
    [
        [b"..", b"secret"],
        [b"../secret"],
        [b"/etc/passwd"],
        [b"", b"phone.cfg"],
        [b".", b"phone.cfg"],
        [b"sub", b"..", b"phone.cfg"],
        [b"phone.cfg\0"],
    ],
)
def test_a_component_is_a_plain_name(root: Path, components: list[bytes]) -> None:
    assert open_below(root, components) is NoFile.OUTSIDE


@pytest.mark.parametrize("name", [b"", b"/", b"sub", b"sub/", b"sub/deeper/."])
def test_a_directory_is_told_from_nothing(root: Path, name: bytes) -> None:
    assert open_named(root, name) is NoFile.DIRECTORY


@pytest.mark.parametrize(
    "name", [b"absent", b"phone.cfg/below", b"absent/below", b"n" * 300, b"n/" * 600, b"\xff\xfe"]
)
def test_what_is_not_there_is_missing(root: Path, name: bytes) -> None:
    assert open_named(root, name) is NoFile.MISSING


def test_a_root_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert open_named(tmp_path / "absent", b"phone.cfg") is NoFile.MISSING


def test_links_below_the_root_are_followed_others_are_not(root: Path) -> None:
    outside = {"file": "../secret", "absolute": str(root.parent / "secret"), "up": ".."}
    inside = {"near": "phone.cfg", "here": str(root / "sub/../phone.cfg"), "chain": "./near"}
    for link, target in {**outside, **inside, "folder": "sub/deeper", "loop": "loop"}.items():
        (root / link).symlink_to(target)
    (root / "sub" / "above").symlink_to("../sub/../phone.cfg")
    (root / "sub" / "beyond").symlink_to("../../tftpboot/phone.cfg")
    (root / "prefix").symlink_to(f"{root}-old/secret")

    for name in (b"file", b"absolute", b"up/secret", b"sub/beyond", b"prefix"):
        assert open_named(root, name) is NoFile.OUTSIDE, name
    for name in (b"near", b"here", b"chain", b"sub/above"):
        assert served(open_named(root, name)) == b"configuration", name
    assert served(open_named(root, b"folder/language.xml")) == b"<fr/>"
    assert open_named(root, b"loop") is NoFile.MISSING
    assert open_named(root, b"folder") is NoFile.DIRECTORY


def test_what_is_no_regular_file_is_not_opened_and_does_not_block(root: Path) -> None:
    os.mkfifo(root / "fifo")
    assert open_named(root, b"fifo") is NoFile.MISSING


def test_a_machine_without_descriptors_is_not_a_missing_file(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(*_: object, **__: object) -> int:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(os, "open", none_left)
    with pytest.raises(OSError, match="Too many"):
        open_named(root, b"phone.cfg")


def test_no_descriptor_is_left_open(root: Path) -> None:
    (root / "out").symlink_to("../secret")
    before = set(Path("/proc/self/fd").iterdir())
    for name in (b"sub/deeper/language.xml", b"sub/deeper", b"sub/deeper/absent", b"out", b"/"):
        answer = open_named(root, name)
        if isinstance(answer, OpenFile):
            answer.content.close()
    assert set(Path("/proc/self/fd").iterdir()) == before


_PIECES = st.sampled_from([b"..", b".", b"", b"sub", b"deeper", b"secret", b"out", b"x", b"\0"])


@given(st.lists(_PIECES, max_size=8))
def test_no_name_reads_the_secret(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes]
) -> None:
    above = tmp_path_factory.getbasetemp() / "names"
    root = above / "tftpboot"
    if not root.exists():
        (root / "sub" / "deeper").mkdir(parents=True)
        (above / "secret").write_bytes(b"secret")
        (root / "out").symlink_to("..")
        (root / "sub" / "out").symlink_to("../..")
    for answer in (open_named(root, b"/".join(pieces)), open_below(root, pieces)):
        assert isinstance(answer, NoFile)
