"""extensions_func_keys.conf: what the lamps of function keys watch (reference/asterisk.md 3.2).

A key of a service or forward watches a device of its own, named like the extension that the key
dials (``ovix_telephony.func_key_values``). Keys that call users watch the hints of their numbers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ovix_telephony.func_key_values import is_watchable, value_of
from ovix_telephony.func_keys import InvalidFunctionKey

from ovix_confgen.conf_text import Unwritable, comment, context_name
from ovix_confgen.rows import Feature, Unsupported, WatchedKey

FILE = "extensions_func_keys.conf"


@dataclass
class HintWriter:
    """Writes the hints of the keys given to it, which come context by context."""

    codes: Mapping[str, str]
    """Enabled feature codes by their name."""
    reserved: frozenset[str]
    """Contexts of the platform, which are not the database's to add to."""
    unsupported: list[Unsupported] = field(default_factory=list)
    _context: str | None = None
    _usable: bool = False
    _written: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, features: Iterable[Feature], reserved: frozenset[str]) -> "HintWriter":
        """A writer that knows these codes."""
        return cls({each.feature: each.exten for each in features}, reserved)

    def key(self, key: WatchedKey) -> str:
        """The hint of a key, and the head of its context where that is another one than before."""
        head = self._enter(key.context) if key.context != self._context else ""
        return head + self._hint(key) if self._usable else ""

    def _enter(self, context: str) -> str:
        self._context = context
        self._written.clear()
        try:
            self._usable = context_name(context) not in self.reserved
        except Unwritable:
            self._usable = False
        # The context is there already: a second section of its name adds to it.
        return f"[{context}]\n" if self._usable else ""

    def _hint(self, key: WatchedKey) -> str:
        try:
            exten = value_of(key.destination, user_id=key.user_id, codes=self.codes)
        except InvalidFunctionKey as reason:
            return self._ignore(key, str(reason))
        if exten is None or exten in self._written:
            return ""
        if not is_watchable(exten):
            return self._ignore(key, "is no extension that can be watched")
        self._written.add(exten)
        return f"exten = {exten},hint,Custom:{exten}\n"

    def _ignore(self, key: WatchedKey, reason: str) -> str:
        shown = str(key.destination.get("exten"))
        name = f"function key of user {key.user_id}"
        self.unsupported.append(Unsupported(FILE, name, "exten", shown, reason))
        return comment(f"{name}: {shown}: {reason}")
