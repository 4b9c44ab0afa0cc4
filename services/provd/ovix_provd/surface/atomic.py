"""Files that are whole for whoever reads them."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

PHONE_FILE_MODE = 0o640


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
