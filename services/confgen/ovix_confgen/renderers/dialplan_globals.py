"""extensions.conf: the global variables, and the order in which the other files are read."""

from collections.abc import Iterable
from dataclasses import dataclass

from ovix_confgen.conf_text import section, value

CONTEXTS_FILE = "extensions_contexts.conf"
FUNC_KEYS_FILE = "extensions_func_keys.conf"
FALLBACKS_FILE = "extensions_fallbacks.conf"
LIBRARY_DIRECTORY = "extensions_lib.d"
INTEGRATORS_DIRECTORY = "extensions_extra.d"

_SUBROUTINES_OF_OBJECTS = (
    "AGENT", "USER", "GROUP", "QUEUE", "MEETME", "DID", "OUTCALL", "PAGING", "INTERNAL",
    "CONFERENCE",
)  # fmt: skip
_SUBROUTINES_OF_FORWARDS = (
    "USER", "GROUP", "IVR", "QUEUE", "MEETME", "VOICEMAIL", "SCHEDULE", "SOUND", "CUSTOM",
    "EXTENSION",
)  # fmt: skip
_ANNOUNCED_FORWARDS = (
    "USER_UNC", "USER_NOANSWER", "USER_BUSY", "USER_CONGESTION", "USER_CHANUNAVAIL", "SCHEDULE_OUT",
)  # fmt: skip


@dataclass(frozen=True)
class DialplanSettings:
    """What the dialplan must know of the installation."""

    agid_address: str = "127.0.0.1"
    """Host or host:port of agid, as it stands in ``agi://``."""
    emergency_numbers: tuple[str, ...] = ()
    """Numbers of this site beside those of the country."""


def global_variables(settings: DialplanSettings) -> Iterable[tuple[str, str]]:
    """Names and values of reference/asterisk.md 1.1."""
    # Without it Asterisk would say HANGUP in the middle of agid's conversation (agid.md 2.5).
    yield "AGISIGHUP", "no"
    yield "XIVO_AGID_IP", value(settings.agid_address)
    yield "XIVO_OPT_PICKUPWAIT", "1"
    yield "XIVO_MAX_FWD_COUNT", "10"
    yield "XIVO_PROMPT_SUBSTITUTES", "1"
    for event in _ANNOUNCED_FORWARDS:
        yield f"XIVO_FWD_{event}_ISDA", "0"
    yield "XIVO_PRESUBR_FWD_ENABLE", "1"
    for kind in _SUBROUTINES_OF_FORWARDS:
        yield f"XIVO_PRESUBR_FWD_{kind}", f"xivo-subrfwd-{kind.lower()}"
    yield "XIVO_PRESUBR_GLOBAL_ENABLE", "1"
    for kind in _SUBROUTINES_OF_OBJECTS:
        yield f"XIVO_PRESUBR_GLOBAL_{kind}", f"xivo-subrgbl-{kind.lower()}"
    # Characters a UserEvent takes as they are: all but those that separate, quote or nest.
    yield "XIVO_EVENT_TEXT", r"\x20\x21\x23-\x27\x2a\x2b\x2d-\x5a\x5e-\xff"
    yield "XIVO_PRESUBR_GLOBAL_USER_PREDIAL", "xivo-subrgbl-user-predial"


def render(settings: DialplanSettings) -> str:
    """The whole of extensions.conf."""
    return "".join(
        (
            section(
                "general",
                # Ours is generated; "dialplan save" would write what nobody reads again.
                [("static", "yes"), ("writeprotect", "yes"), ("clearglobalvars", "no")],
            ),
            section("globals", global_variables(settings)),
            f'#include "{CONTEXTS_FILE}"\n',
            f'#include "{FUNC_KEYS_FILE}"\n',
            f'#include "{FALLBACKS_FILE}"\n',
            f'#tryinclude "{INTEGRATORS_DIRECTORY}/*.conf"\n',
            f'#include "{LIBRARY_DIRECTORY}/*.conf"\n',
        )
    )
