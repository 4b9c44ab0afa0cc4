"""Options of a voicemail box that app_voicemail evaluates, or sends callers by."""

import re

CONTEXT_OPTIONS = frozenset({"callback", "dialout", "exitcontext"})
"""A caller of the box dials in them (Asterisk's voicemail.conf)."""
_EVALUATED = frozenset({"emailbody", "emailsubject", "fromstring"})
_OF_THE_MESSAGE = re.compile(r"\$\{VM_[A-Z_]+\}")
_PLAIN = re.compile(r"[^|,\x00-\x1f\x7f-\x9f\u2028\u2029]*")


def is_context_option(name: str) -> bool:
    """Whether the value of this option is a context; Asterisk looks at no case."""
    return name.strip().lower() in CONTEXT_OPTIONS


def check(name: str, value: str) -> None:
    """``ValueError`` for a value that would read the machine's files, or not mean what it says."""
    if name.strip().lower() in _EVALUATED and "$" in _OF_THE_MESSAGE.sub("", value):
        raise ValueError("holds another expression than ${VM_…}")
    # The file of boxes has no place for these: what is written without them is another context.
    if is_context_option(name) and (not _PLAIN.fullmatch(value) or value != value.strip()):
        raise ValueError("is no name of a context")


__all__ = ["check", "is_context_option"]
