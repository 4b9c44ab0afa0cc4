"""Lookups in all directories at once."""

from .directory import Directory, Timeouts
from .results import Column, FailedSource, Found, Hit, Reversed, SourceName

__all__ = [
    "Column",
    "Directory",
    "FailedSource",
    "Found",
    "Hit",
    "Reversed",
    "SourceName",
    "Timeouts",
]
