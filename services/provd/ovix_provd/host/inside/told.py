"""What is told of an exception that a plugin raised."""

import traceback
from pathlib import Path

from jinja2 import TemplateSyntaxError

from .hidden import hidden

LONGEST = 500


def reason(error: BaseException, directory: Path) -> str:
    """One line: type, message, and where in the plugin's own files."""
    message = _message(error)
    kind = type(error).__name__
    told = f"{kind}: {message}" if message else kind
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(f"{directory}/")]
    where = getattr(error, "filename", None), getattr(error, "lineno", None)
    if own:
        place = own[-1].filename.removeprefix(f"{directory}/"), own[-1].lineno
    elif isinstance(where[0], str) and isinstance(where[1], int):
        place = where[0].removeprefix(f"{directory}/"), where[1]
    else:
        return told
    return f"{told} ({place[0]}, line {place[1]})"


def _message(error: BaseException) -> str:
    # Its text may be a megabyte, and making it may raise.
    try:
        # The text of a syntax error has the line of the template, which may hold a password.
        text = str(error.message if isinstance(error, TemplateSyntaxError) else error)
    except Exception:
        return "no message"
    line = hidden(" ".join(text[: LONGEST * 2].split()))
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
