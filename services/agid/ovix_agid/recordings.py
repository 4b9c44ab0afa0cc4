"""Where the recording of a call is written."""

import re
from datetime import datetime

_UNSAFE = re.compile(r"[^0-9A-Za-z+*#_-]")


def recording_file(kind: str, source: str, destination: str, now: datetime) -> str:
    """``<kind>-<source>-<destination>-<epoch>.wav``; numbers can't name another directory."""
    parts = (kind, _UNSAFE.sub("", source), _UNSAFE.sub("", destination))
    return f"{'-'.join(parts)}-{int(now.timestamp())}.wav"


__all__ = ["recording_file"]
