"""Renders documents from one snapshot and puts those that differ in their files' places."""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import structlog

from ovix_confgen import files
from ovix_confgen.dhcp import writers as dhcp
from ovix_confgen.documents import DOCUMENTS, Document
from ovix_confgen.renderers.dialplan_globals import INTEGRATORS_DIRECTORY, LIBRARY_DIRECTORY
from ovix_confgen.rows import Unsupported
from ovix_confgen.settings import ConfgenSettings
from ovix_confgen.source import Source
from ovix_confgen.writers import packaged_names

log = structlog.stdlib.get_logger(__name__)

Snapshot: TypeAlias = Callable[[], AbstractAsyncContextManager[Source]]
PENDING_FILE = ".pending-reloads.json"
UNSUPPORTED_KEPT = 1000
"""Of each file; the count goes on."""


@dataclass
class FileState:
    """What is known of a file since it was last rendered."""

    name: str
    size: int = 0
    sha256: str = ""
    rendered_at: datetime | None = None
    changed_at: datetime | None = None
    seconds: float = 0.0
    unsupported: list[Unsupported] = field(default_factory=list)
    unsupported_count: int = 0


class Generation:
    """The configuration directory: what is in it, and which modules have not read it yet."""

    def __init__(self, settings: ConfgenSettings, snapshot: Snapshot) -> None:
        self._settings = settings
        self._snapshot = snapshot
        self.directory: Path = settings.asterisk_config_dir
        self.states = {document.name: FileState(document.name) for document in DOCUMENTS}
        self.pending: set[str] = set()
        """Modules whose files are newer than what Asterisk has read."""
        self.live_reload = True
        """Whether Asterisk may be asked to read it, as of the last rendering."""
        self._being_reloaded: set[str] = set()

    def prepare(self) -> None:
        """Make the directories, and remember what a process before us had still to reload."""
        for path in (
            self.directory,
            self.directory / LIBRARY_DIRECTORY,
            self.directory / INTEGRATORS_DIRECTORY,
        ):
            path.mkdir(mode=0o750, parents=True, exist_ok=True)
        dhcp.prepare(self._settings.dhcp)
        files.remove_others(self.directory / LIBRARY_DIRECTORY, packaged_names("dialplan"))
        try:
            self.pending |= set(json.loads((self.directory / PENDING_FILE).read_text()))
        except FileNotFoundError:
            pass
        except ValueError:
            # A reload too many does no harm, a lost one would.
            self.pending |= {module for document in DOCUMENTS for module in document.modules}

    async def render(self, documents: Sequence[Document] = DOCUMENTS) -> list[str]:
        """Render the documents; gives the names of the files that changed."""
        drafts: list[tuple[Document, files.Candidate]] = []
        try:
            async with self._snapshot() as source:
                async for installation in source.installation():
                    self.live_reload = installation.live_reload
                for document in documents:
                    candidate = await self._draft(document, source)
                    drafts.append((document, candidate))
        except BaseException:
            for _, candidate in drafts:
                candidate.discard()
            raise
        return self._accept(drafts)

    @property
    def unread(self) -> set[str]:
        """Modules that Asterisk has not read yet, those that it is reading included."""
        return self.pending | self._being_reloaded

    def begin_reload(self, module: str) -> None:
        """A change from now on asks for another reload; this one is remembered until it is done."""
        self.pending.discard(module)
        self._being_reloaded.add(module)

    def end_reload(self, module: str, *, done: bool) -> None:
        """Asterisk has read the module's files, or could not be asked."""
        self._being_reloaded.discard(module)
        if not done:
            self.pending.add(module)
        self._save_pending()

    async def _draft(self, document: Document, source: Source) -> files.Candidate:
        state = self.states[document.name]
        began = time.perf_counter()
        unsupported: list[Unsupported] = []
        count = 0

        def report(found: Iterable[Unsupported]) -> None:
            nonlocal count
            for each in found:
                count += 1
                if len(unsupported) < UNSUPPORTED_KEPT:
                    unsupported.append(each)

        pieces = document.write(source, self._settings, report)
        target = document.directory(self._settings) / document.name
        candidate = await files.draft(target, pieces)
        state.seconds = time.perf_counter() - began
        state.unsupported, state.unsupported_count = unsupported, count
        state.size, state.sha256 = candidate.size, candidate.sha256
        return candidate

    def _accept(self, drafts: Sequence[tuple[Document, files.Candidate]]) -> list[str]:
        changed = [(document, draft) for document, draft in drafts if draft.differs]
        for _, candidate in drafts:
            if not candidate.differs:
                candidate.discard()
        if changed:
            self._replace(changed)
        now = datetime.now(UTC)
        for document, _ in drafts:
            self.states[document.name].rendered_at = now
        return [document.name for document, _ in changed]

    def _replace(self, changed: Sequence[tuple[Document, files.Candidate]]) -> None:
        # Noted before the files are replaced: a process killed in between reloads too often.
        self.pending |= {module for document, _ in changed for module in document.modules}
        self._save_pending()
        for document, candidate in changed:
            candidate.accept()
            self.states[document.name].changed_at = datetime.now(UTC)
        log.info("files_changed", files=[document.name for document, _ in changed])

    def _save_pending(self) -> None:
        files.save(self.directory / PENDING_FILE, json.dumps(sorted(self.unread)))
