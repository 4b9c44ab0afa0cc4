"""Files that are whole for whoever reads them."""

import os
import re
import tempfile
import time
from contextlib import suppress
from pathlib import Path

PHONE_FILE_MODE = 0o640
ABANDONED_AFTER_S = 3600.0
_TEMPORARY = re.compile(r"\..*\.[a-z0-9_]{8}\.tmp", re.DOTALL)


def write(path: Path, content: bytes, mode: int = PHONE_FILE_MODE) -> None:
    """Write beside it, then rename: the file is the old one or the new one, never a part.

    Its directory is made where it is missing.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{path.name[:60]}."
    descriptor, name = tempfile.mkstemp(prefix=prefix, suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def sweep(directory: Path, abandoned_after_s: float = ABANDONED_AFTER_S) -> int:
    """Remove what a killed `write` left below a directory; how many files that were.

    They hold phones' passwords, and nobody comes back to them. Younger ones may be another
    process's that is about to rename them.
    """
    oldest = time.time() - abandoned_after_s
    removed = 0
    for path in directory.rglob(".*.tmp"):
        with suppress(FileNotFoundError):
            if _TEMPORARY.fullmatch(path.name) and path.lstat().st_mtime < oldest:
                path.unlink()
                removed += 1
    return removed
