"""Dial destinations: the JSON of the API, and the action with two arguments that is stored.

The table is reference/confd/incalls-outcalls-trunks-registers.md, "Dial destinations". Each row of
it is one ``Form`` here: the JSON fields it has, the action it is stored as, and which argument
carries what. ``to_stored`` and ``from_stored`` walk the same table, so they cannot disagree.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from .custom_commands import checked_command
from .destination_fields import (
    Field,
    InvalidDestination,
    boolean,
    choice,
    identifier,
    json_object,
    optional_text,
    seconds,
    sounds,
    text,
    uuid_text,
)

Destination: TypeAlias = dict[str, Any]
Values: TypeAlias = Mapping[str, Any]
Argument: TypeAlias = str | None

ARGUMENT_LENGTH = 255
_CONTEXT = r"[a-zA-Z0-9_-]{1,39}"
_EMAIL = r"[^@\s]+@[^@\s]+"


class StoredAction(NamedTuple):
    """A destination as rows and channel variables carry it."""

    action: str
    arg1: Argument = None
    arg2: Argument = None


@dataclass(frozen=True, slots=True)
class Target:
    """The object a destination leads to, which must exist."""

    resource: str
    id: int | str


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of destination: its JSON fields, its stored action and who carries what."""

    type: str
    action: str
    fields: tuple[Field, ...] = ()
    pack: Callable[[Values], tuple[Argument, Argument]] = lambda _values: (None, None)
    unpack: Callable[[Argument, Argument], Destination] = lambda _arg1, _arg2: {}
    variant: tuple[str, str] | None = None
    """A second field that tells forms of one type apart, such as ``application``."""
    target: tuple[str, str] | None = None
    """The resource that must exist, and the field that names it."""


def to_stored(destination: Mapping[str, Any]) -> StoredAction:
    """Check a destination of the API and give its stored form."""
    form = _form_of(destination)
    values = {field.name: field.checked(destination) for field in form.fields}
    arg1, arg2 = form.pack(values)
    for argument in (arg1, arg2):
        if argument is not None and len(argument) > ARGUMENT_LENGTH:
            raise InvalidDestination(form.fields[-1].name, "The destination is too long to store.")
    return StoredAction(form.action, arg1, arg2)


def from_stored(stored: StoredAction) -> Destination:
    """The JSON of a stored destination, without the read-only names of its target."""
    form = _BY_ACTION.get(stored.action)
    if form is None:
        raise InvalidDestination("action", f"'{stored.action}' is not known")
    head: Destination = {"type": form.type}
    if form.variant:
        head[form.variant[0]] = form.variant[1]
    return head | form.unpack(stored.arg1, stored.arg2)


def target_of(destination: Mapping[str, Any]) -> Target | None:
    """The object that must exist for the destination to be valid, if it names one."""
    form = _form_of(destination)
    if form.target is None:
        return None
    resource, field = form.target
    return Target(resource, destination[field])


def context_of(destination: Mapping[str, Any]) -> str | None:
    """The context in which the destination is dialled or looked for, if it names one."""
    named = any(field.name == "context" for field in _form_of(destination).fields)
    return str(destination["context"]) if named else None


def dialplan_arguments(stored: StoredAction) -> tuple[str, str, str]:
    """The three values the ``forward`` context reads (reference/agid.md 3.2).

    ``|`` becomes ``;`` in the first argument: the dialplan turns ``;`` into ``,``.
    """
    arg1 = (stored.arg1 or "").replace("|", ";")
    arg2 = stored.arg2 or ""
    if stored.action in ("user", "queue"):
        arg2 = arg2.partition(";")[0]
    return stored.action, arg1, arg2


def _form_of(destination: Mapping[str, Any]) -> Form:
    kind = destination.get("type")
    forms = [form for form in FORMS if form.type == kind]
    if not forms:
        raise InvalidDestination("type", "Not a valid choice.")
    if forms[0].variant is None:
        return forms[0]
    field, _ = forms[0].variant
    # Generation H requires a hangup cause; XiVO does not, and takes it for a normal one.
    wanted = destination.get(field, "normal" if kind == "hangup" else None)
    for form in forms:
        if form.variant == (field, wanted):
            return form
    raise InvalidDestination(field, "Not a valid choice.")


def _number(argument: Argument) -> int | None:
    if not argument:
        return None
    try:
        return int(float(argument))
    except (ValueError, OverflowError):  # "inf" is a float, and no number of seconds
        return None


def _id_and_ring_time(field: str) -> dict[str, Any]:
    def pack(values: Values) -> tuple[Argument, Argument]:
        return str(values[field]), _text_of(values["ring_time"])

    def unpack(arg1: Argument, arg2: Argument) -> Destination:
        return {field: _number(arg1), "ring_time": _number(arg2)}

    return {"fields": (identifier(field), seconds("ring_time")), "pack": pack, "unpack": unpack}


def _one(field: Field, read: Callable[[Argument], Any] = lambda argument: argument) -> Any:
    def pack(values: Values) -> tuple[Argument, Argument]:
        return _text_of(values[field.name]), None

    def unpack(arg1: Argument, _arg2: Argument) -> Destination:
        return {field.name: read(arg1)}

    return {"fields": (field,), "pack": pack, "unpack": unpack}


def _two(first: Field, second: Field, read: Callable[[Argument], Any] = lambda arg: arg) -> Any:
    def pack(values: Values) -> tuple[Argument, Argument]:
        return _text_of(values[first.name]), _text_of(values[second.name])

    def unpack(arg1: Argument, arg2: Argument) -> Destination:
        return {first.name: read(arg1), second.name: arg2}

    return {"fields": (first, second), "pack": pack, "unpack": unpack}


def _text_of(value: object) -> Argument:
    return None if value is None else str(value)


def _pack_user(values: Values) -> tuple[Argument, Argument]:
    return str(values["user_id"]), _joined(values["ring_time"], values["moh_uuid"])


def _unpack_user(arg1: Argument, arg2: Argument) -> Destination:
    ring_time, _, moh_uuid = (arg2 or "").partition(";")
    return {
        "user_id": _number(arg1),
        "ring_time": _number(ring_time),
        "moh_uuid": moh_uuid or None,
    }


_SKILL_VARIABLES = json_object("skill_rule_variables", forbidden="[;|")


def _pack_queue(values: Values) -> tuple[Argument, Argument]:
    variables = values["skill_rule_variables"]
    if variables and values["skill_rule_id"] is None:
        raise InvalidDestination("skill_rule_variables", "skill_rule_id is required")
    written = _SKILL_VARIABLES.written(variables) if variables else None
    return str(values["queue_id"]), _joined(values["ring_time"], values["skill_rule_id"], written)


def _unpack_queue(arg1: Argument, arg2: Argument) -> Destination:
    ring_time, skill_rule, variables = [*(arg2 or "").split(";", 2), "", ""][:3]
    return {
        "queue_id": _number(arg1),
        "ring_time": _number(ring_time),
        "skill_rule_id": _number(skill_rule),
        "skill_rule_variables": _SKILL_VARIABLES.read(variables),
    }


def _joined(*parts: object) -> Argument:
    """The parts with ``;`` between them, without trailing empty ones; nothing gives null."""
    return ";".join("" if part is None else str(part) for part in parts).rstrip(";") or None


def _pack_sound(values: Values) -> tuple[Argument, Argument]:
    options = ("skip" if values["skip"] else "") + ("noanswer" if values["no_answer"] else "")
    return str(values["filename"]), options or None


def _unpack_sound(arg1: Argument, arg2: Argument) -> Destination:
    options = arg2 or ""
    return {"filename": arg1, "skip": "skip" in options, "no_answer": "noanswer" in options}


_GREETINGS = {"busy": "b", "unavailable": "u"}


def _pack_voicemail(values: Values) -> tuple[Argument, Argument]:
    letters = _GREETINGS.get(values["greeting"], "") + ("s" if values["skip_instructions"] else "")
    return str(values["voicemail_id"]), letters or None


def _unpack_voicemail(arg1: Argument, arg2: Argument) -> Destination:
    letters = arg2 or ""
    greeting = next((name for name, letter in _GREETINGS.items() if letter in letters), None)
    return {
        "voicemail_id": _number(arg1),
        "skip_instructions": "s" in letters,
        "greeting": greeting,
    }


def _application(name: str, action: str, **parts: Any) -> Form:
    return Form("application", f"application:{action}", variant=("application", name), **parts)


_PIN_AND_CONTEXT = _two(
    optional_text("pin", r"[0-9]{1,40}"),
    text("context", _CONTEXT),
)

FORMS: tuple[Form, ...] = (
    Form("none", "none"),
    Form("user", "user", fields=(identifier("user_id"), seconds("ring_time"),
                                 uuid_text("moh_uuid", required=False)),
         pack=_pack_user, unpack=_unpack_user, target=("User", "user_id")),
    Form("group", "group", **_id_and_ring_time("group_id"), target=("Group", "group_id")),
    Form("queue", "queue", fields=(identifier("queue_id"), seconds("ring_time"),
                                   identifier("skill_rule_id", required=False), _SKILL_VARIABLES),
         pack=_pack_queue, unpack=_unpack_queue, target=("Queue", "queue_id")),
    Form("conference", "conference", **_one(identifier("conference_id"), _number),
         target=("Conference", "conference_id")),
    Form("meetme", "meetme", **_one(identifier("conference_id"), _number),
         target=("MeetMe", "conference_id")),
    Form("ivr", "ivr", **_one(identifier("ivr_id"), _number), target=("IVR", "ivr_id")),
    Form("voicemail", "voicemail",
         fields=(identifier("voicemail_id"), boolean("skip_instructions"),
                 choice("greeting", *_GREETINGS)),
         pack=_pack_voicemail, unpack=_unpack_voicemail, target=("Voicemail", "voicemail_id")),
    Form("switchboard", "switchboard",
         fields=(uuid_text("switchboard_uuid"), seconds("ring_time")),
         pack=lambda values: (values["switchboard_uuid"], _text_of(values["ring_time"])),
         unpack=lambda arg1, arg2: {"switchboard_uuid": arg1, "ring_time": _number(arg2)},
         target=("Switchboard", "switchboard_uuid")),
    Form("extension", "extension",
         **_two(text("exten", r"[0-9*#]{1,255}"), text("context", _CONTEXT))),
    Form("outcall", "outcall",
         **_two(identifier("outcall_id"), text("exten", r"[0-9]{1,255}"), _number),
         target=("Outcall", "outcall_id")),
    Form("sound", "sound",
         fields=(Field("filename", sounds), boolean("skip"), boolean("no_answer")),
         pack=_pack_sound, unpack=_unpack_sound),
    Form("custom", "custom", **_one(Field("command", checked_command))),
    Form("hangup", "endcall:hangup", variant=("cause", "normal")),
    Form("hangup", "endcall:busy", variant=("cause", "busy"),
         **_one(seconds("timeout"), _number)),
    Form("hangup", "endcall:congestion", variant=("cause", "congestion"),
         **_one(seconds("timeout"), _number)),
    _application("callback_disa", "callbackdisa", **_PIN_AND_CONTEXT),
    _application("disa", "disa", **_PIN_AND_CONTEXT),
    _application("directory", "directory", **_one(text("context", _CONTEXT))),
    _application("fax_to_mail", "faxtomail", **_one(text("email", _EMAIL, longest=80))),
    _application("voicemail", "voicemailmain", **_one(text("context", _CONTEXT))),
    _application("custom", "custom", **_one(uuid_text("application_uuid")),
                 target=("Application", "application_uuid")),
)  # fmt: skip

_BY_ACTION = {form.action: form for form in FORMS}

__all__ = [
    "FORMS",
    "Destination",
    "Form",
    "InvalidDestination",
    "StoredAction",
    "Target",
    "context_of",
    "dialplan_arguments",
    "from_stored",
    "target_of",
    "to_stored",
]
