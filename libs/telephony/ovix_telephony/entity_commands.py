"""Custom destinations of an entity's administrator: one application of a list, and what it names.

The list is short, as each application of it is known to reach nothing but what its arguments name.
Whether these contexts and endpoints are the entity's own is for whoever knows them. Administrators
of the installation have all others but the forbidden ones (`custom_commands`).
"""

import re

from .destination_fields import sounds
from .interfaces import CONTEXT, EXTEN, Named, named_by, naming_contexts

REFUSED = "is not among the commands of an entity's administrator"

_FORM = re.compile(r"([a-zA-Z]{3,})\((.*)\)")
# Nothing that the dialplan evaluates, nor what its applications split arguments by.
_LITERAL = r"[^$\"\\(){}\[\]\x00-\x1f\x7f-\x9f]*"
_NAME = r"[^$\"\\(){}\[\],=\x00-\x1f\x7f-\x9f]*"
_SOUND = r"[^$\"\\(){}\[\],&=:\x00-\x1f\x7f-\x9f]+"
_PRIORITY = r"[0-9A-Za-z_][0-9A-Za-z_-]{0,39}"
_PLAIN = r"[0-9A-Za-z _.*#+@:/-]*"
_CLASS = r"[0-9A-Za-z_-]{1,80}"
_DIAL_OPTIONS = rf"(?:[rRtThHkKcig]|m(?:\({_CLASS}\))?|L\([0-9]+(?::[0-9]+){{0,2}}\)|S\([0-9]+\))*"
_SOUNDS = rf"(?P<sounds>{_SOUND}(?:&{_SOUND})*)(?:,(?:skip)?(?:noanswer)?)?"
_ASSIGNED = "|".join(
    (
        rf"CALLERID\(name\)={_NAME}(?:\$\{{CALLERID\(name\)\}}{_NAME})?",
        r"CALLERID\(num\)=[0-9]{1,40}",
        r"CHANNEL\(language\)=[A-Za-z]{2,3}(?:_[A-Za-z]{2,4})?",
        rf"CHANNEL\(musicclass\)={_CLASS}",
        "XIVO_FORWARD_CUSTOM_EXIT=1",
    )
)
_SAYING_NOTHING_OF_OTHERS = (
    "answer busy congestion hangup noop playtones progress ringing saydigits saynumber sayalpha"
    " stopplaytones wait"
)
_CALLING = rf"(?P<first>{CONTEXT}),{EXTEN},{_PRIORITY}"
_APPLICATIONS = {
    name: re.compile(arguments)
    for name, arguments in {
        **dict.fromkeys(_SAYING_NOTHING_OF_OTHERS.split(), _LITERAL),
        "authenticate": r"[0-9]{1,40}",
        "background": _SOUNDS,
        "dial": rf"(?P<targets>[^,]+)(?:,[0-9]{{0,5}}(?:,{_DIAL_OPTIONS})?)?",
        "directory": rf"(?P<first>{CONTEXT})(?:,(?P<second>{CONTEXT}))?",
        "disa": rf"[0-9]{{1,40}},(?P<first>{CONTEXT})",
        "gosub": rf"{_CALLING}(?:\({_PLAIN}(?:,{_PLAIN})*\))?",
        "goto": _CALLING,
        "musiconhold": rf"(?:{_CLASS})?(?:,[0-9]{{0,5}})?",
        "playback": _SOUNDS,
        "set": _ASSIGNED,
        "voicemail": rf"[0-9]{{1,40}}@(?P<first>{CONTEXT})(?:,[busd]*)?",
        # Without options: one of them opens the box without its password.
        "voicemailmain": rf"[0-9]{{0,40}}@(?P<first>{CONTEXT})",
    }.items()
}


def named_by_command(command: str) -> Named:
    """What the command reaches; ``ValueError`` for one that is not on the list."""
    # The dialplan reads both as commas.
    form = _FORM.fullmatch(command.replace("|", ",").replace(";", ","))
    arguments = _APPLICATIONS.get(form[1].lower()) if form else None
    found = arguments.fullmatch(form[2]) if form and arguments else None
    if found is None:
        raise ValueError(REFUSED)
    parts = {name: text for name, text in found.groupdict().items() if text is not None}
    if "sounds" in parts:
        sounds(parts["sounds"])
    named = naming_contexts(*(parts[name] for name in ("first", "second") if name in parts))
    if "targets" in parts:
        for target in parts["targets"].split("&"):
            named |= named_by(target)
    return named


__all__ = ["REFUSED", "named_by_command"]
