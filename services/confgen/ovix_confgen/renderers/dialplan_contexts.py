"""extensions_contexts.conf: the contexts of the database with their numbers and hints.

Form and templates: reference/asterisk.md 1.2 and 3.2. The numbers come in the order of their
contexts, so that a file of any size is written piece by piece.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from ovix_telephony.patterns import InvalidPattern, is_pattern, parse
from ovix_telephony.ranges import NumberRange, dialled_did

from ovix_confgen.conf_text import Unwritable, comment, context_name, interface
from ovix_confgen.renderers import feature_codes
from ovix_confgen.rows import DialledNumber, DialplanContext, Unsupported

FILE = "extensions_contexts.conf"
PLATFORM_PREFIXES = ("xivo-subr", "xivo-emergency-")
"""Contexts that every call runs through, should they be there (subroutines of integrators' files),
and those of emergency numbers: an entity's own would take the calls of all."""

_UNKNOWN = "exten = i,1,Gosub(xivo-no-user-find,s,1)\n"


def _goes_on_at(number: str) -> str:
    """The steps of a pattern that lead to another number of its context.

    ``number`` has to filter what was dialled: a comma in it would name another context. Text that
    ends the filter's parenthesis may leave nothing, and without a number the call would go round.
    """
    return f"GotoIf($[${{LEN({number})}} = 0]?i,1)\n same = n,Goto({number},1)\n"


_FIXED = {
    "internal": (
        f"include = {feature_codes.CONTEXT}\n"
        "include = xivo-extrafeatures\n"
        "include = parkedcalls\n"
        "exten = t,1,Hangup()\n" + _UNKNOWN
    ),
    "incall": (
        _UNKNOWN
        + "exten = _+X!,1,"
        + _goes_on_at("${FILTER(0-9*#,${EXTEN:1})}")
        + "exten = s,1,Gosub(xivo-to-header,s,1)\n"
        " same = n,GotoIf($[${LEN(${GOSUB_RETVAL})} = 0]?i,1)\n"
        " same = n,Goto(${GOSUB_RETVAL},1)\n"
    ),
    "outcall": "",
}
_EXTEN = re.compile(r"[A-Za-z0-9_*#+.!\[\]-]{1,80}")
_LONGEST_DID = 40
"""Digits; no operator sends more, and the dialplan matches up to 80."""
_KINDS = {"internal": "internal", "incall": "incall", "outcall": "plain"}


@dataclass
class ContextWriter:
    """Writes one context: its head, the numbers given to it, and its end."""

    context: DialplanContext
    known: frozenset[str]
    """Names that may be included: an inclusion of what is not there is a warning at each load."""
    unsupported: list[Unsupported] = field(default_factory=list)
    _taken: dict[object, str] = field(default_factory=dict)

    def head(self) -> str:
        """``[name]``, what the type of the context brings, and its inclusions in order."""
        lines = [f"[{self.context.name}]\n", _FIXED.get(self.context.type, _UNKNOWN)]
        lines += [f"include = {name}\n" for name in self.context.includes if name in self.known]
        lines += [_longer_number(length) for length in self._did_lengths()]
        return "".join(lines)

    def number(self, number: DialledNumber) -> str:
        """An extension and its hint."""
        action = _action(number)
        if action is None:
            return ""
        try:
            text = _writable(self._dialled(number))
            key = parse(text).key if is_pattern(text) else text
        except (InvalidPattern, Unwritable) as reason:
            return self._ignore(number, "exten", number.exten, str(reason))
        other = self._taken.setdefault(key, number.exten)
        if other != number.exten:
            return self._ignore(number, "exten", number.exten, f"is dialled as {other} is")
        kind = _KINDS.get(self.context.type)
        if kind is None:
            return f"exten = {text},1,Gosub(xivo-no-user-find,s,1)\n"
        return (
            f"exten = {text},1,Gosub(xivo-dialled,{kind},1(${{CONTEXT}},${{EXTEN}}))\n"
            f" same = n,{action}\n"
            # Else a pattern of the same context that is longer than this would go on.
            " same = n,Hangup()\n"
        ) + self._hint(number, text)

    def _hint(self, number: DialledNumber, exten: str) -> str:
        if not number.hint or is_pattern(exten):
            return ""
        try:
            return f"exten = {exten},hint,{interface(number.hint)}\n"
        except Unwritable as reason:
            return self._ignore(number, "hint", number.hint, str(reason))

    def _dialled(self, number: DialledNumber) -> str:
        """What is matched: of a DID, the digits the operator sends."""
        if self.context.type != "incall":
            return number.exten
        ranges = [
            NumberRange(each.start, each.end, each.did_length)
            for each in self.context.ranges
            if each.kind == "incall" and each.start.isdigit() and each.end.isdigit()
        ]
        return dialled_did(ranges, number.exten)

    def _did_lengths(self) -> list[int]:
        if self.context.type != "incall":
            return []
        lengths = {each.did_length for each in self.context.ranges if each.kind == "incall"}
        return sorted(length for length in lengths if 0 < length <= _LONGEST_DID)

    def _ignore(self, number: DialledNumber, option: str, text: str, reason: str) -> str:
        name = f"extension {number.exten}@{number.context}"
        self.unsupported.append(Unsupported(FILE, name, option, text, reason))
        return comment(f"{number.exten}: {reason}")


def usable_contexts(
    contexts: Iterable[DialplanContext], reserved: frozenset[str]
) -> tuple[list[DialplanContext], list[Unsupported]]:
    """The contexts that can be written: a name of the library would mix with the library."""
    usable: list[DialplanContext] = []
    ignored: list[Unsupported] = []
    for context in contexts:
        try:
            context_name(context.name)
        except Unwritable as reason:
            ignored.append(Unsupported(FILE, f"context {context.name}", "name", "", str(reason)))
            continue
        if context.name in reserved or context.name.startswith(PLATFORM_PREFIXES):
            reason_text = "is the name of a context of the platform"
            ignored.append(Unsupported(FILE, f"context {context.name}", "name", "", reason_text))
            continue
        usable.append(context)
    return usable, ignored


def _action(number: DialledNumber) -> str | None:
    if number.type == "user" and number.user_id is not None:
        return f"Gosub(user,s,1({number.user_id},,{number.id}))"
    if number.type == "outcall" and number.outcall_extension_id is not None:
        return f"Gosub(outcall,s,1({number.outcall_extension_id},))"
    return None


def _writable(exten: str) -> str:
    if exten in ("_.", "_!"):
        # They would catch h, i and t as well (reference/agid.md part 9).
        return "_[0-9*#]!"
    if not _EXTEN.fullmatch(exten):
        raise Unwritable("is no extension")
    return exten


def _longer_number(length: int) -> str:
    """An operator that sends more digits than agreed: the last ones are what is matched."""
    sent = f"${{FILTER(0-9,${{EXTEN}}):-{length}}}"
    return f"exten = _{'X' * (length + 1)}!,1," + _goes_on_at(sent)
