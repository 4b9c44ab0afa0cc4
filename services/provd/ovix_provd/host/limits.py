"""How long a plugin may take (decision 0073)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Limit:
    """In seconds."""

    call_s: float
    """Until the answer, where that comes later than the call returns."""
    stretch_s: float
    """One run of a plugin's code, which holds up all others."""


def _limit(seconds: float, stretch_s: float | None = None) -> Limit:
    return Limit(seconds, seconds if stretch_s is None else stretch_s)


LIMITS: Mapping[str, Limit] = MappingProxyType(
    {
        "load": _limit(60.0),
        "unload": _limit(5.0),
        "close": _limit(5.0),
        "configure": _limit(10.0),
        "deconfigure": _limit(10.0),
        "synchronize": _limit(30.0, 10.0),
        "identify": _limit(1.0),
        "associate": _limit(1.0),
        "trigger_filename": _limit(1.0),
        "is_sensitive": _limit(1.0),
        "http": _limit(10.0, 5.0),
        "tftp": _limit(10.0, 5.0),
        "all_parameters": _limit(5.0),
        "get_parameter": _limit(5.0),
        "set_parameter": _limit(5.0),
        "installable": _limit(10.0),
        "installed": _limit(10.0),
        "install": _limit(1800.0, 10.0),
        "upgrade": _limit(1800.0, 10.0),
        "uninstall": _limit(60.0, 10.0),
    }
)
"""By the name of the call. Those of all plugins hold for each of them on its own."""
OTHERS = Limit(10.0, 10.0)


@dataclass(frozen=True)
class HostLimits:
    """What the plugin host may use, and when it is given up."""

    calls: Mapping[str, Limit] = field(default_factory=lambda: LIMITS)
    memory_bytes: int = 192 * 1024 * 1024
    """Resident. Past a half more, allocations fail."""
    start_s: float = 30.0
    silent_s: float = 10.0
    """Without looking after its messages, though no plugin is known to run."""
    restart_after_s: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
    """After the first, second … death within `strikes_within_s`; the last for all further ones."""
    strikes: int = 3
    """So often may a plugin take the host down."""
    strikes_within_s: float = 600.0
    away_s: float = 30.0
    """So long a call waits for a host that is starting."""

    def of(self, method: str) -> Limit:
        """Of a call."""
        return self.calls.get(method, OTHERS)
