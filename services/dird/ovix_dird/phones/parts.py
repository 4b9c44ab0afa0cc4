"""What phones need beside the directory, kept in the state of dird's application."""

from fastapi import FastAPI

from ..settings import DirdSettings
from .dnd_on_phones import DndOnPhones, Echoes
from .kept_searches import KeptSearches
from .lookup_log import LookupLog
from .remote_keys import RemoteKeys, remote_keys

PARTS = ("directory", "kept_searches", "phones_log", "remote_keys", "echoes", "dnd_on_phones")
"""What the phones' application takes over from dird's."""


def add_phones_parts(main: FastAPI, settings: DirdSettings, keys: RemoteKeys | None = None) -> None:
    """Put them there; ``keys`` presses keys of phones, through Asterisk by default."""
    state = main.state
    state.kept_searches = KeptSearches(settings.phones_pages_kept_s)
    state.phones_log = LookupLog()
    state.remote_keys = keys or remote_keys(settings)
    state.echoes = Echoes()
    state.dnd_on_phones = DndOnPhones(state.sessions, state.remote_keys, state.echoes)
