"""Files of phones are whole, and a killed writer leaves nothing behind for good."""

import os
import subprocess
import sys
import time
from pathlib import Path

from ovix_provd.surface import atomic

KILLED_WRITER = """
import os, sys
from pathlib import Path
from ovix_provd.surface import atomic
Path.replace = lambda self, target: os.kill(os.getpid(), 9)
atomic.write(Path(sys.argv[1]), b"secret")
"""


def test_what_a_killed_writer_left_is_removed_once_it_is_old(tmp_path: Path) -> None:
    phone = tmp_path / "phones" / "001122334455.cfg"
    subprocess.run([sys.executable, "-c", KILLED_WRITER, str(phone)], check=False)
    (left,) = phone.parent.iterdir()

    assert atomic.sweep(tmp_path) == 0
    an_hour_ago = time.time() - atomic.ABANDONED_AFTER_S - 1
    os.utime(left, (an_hour_ago, an_hour_ago))
    assert atomic.sweep(tmp_path) == 1
    assert list(phone.parent.iterdir()) == []


def test_files_of_phones_and_of_others_stay(tmp_path: Path) -> None:
    names = [".htaccess", ".a.tmp", "x.12345678.tmp", "001122334455.cfg"]
    for name in names:
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (0, 0))

    assert atomic.sweep(tmp_path) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


def test_a_directory_that_is_not_there_has_nothing_to_remove(tmp_path: Path) -> None:
    assert atomic.sweep(tmp_path / "var") == 0
