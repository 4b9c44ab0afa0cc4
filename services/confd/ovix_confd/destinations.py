"""Dial destinations in bodies and answers: checked, looked for, and shown by PostgreSQL.

Source: reference/confd/incalls-outcalls-trunks-registers.md, "Dial destinations". What is stored is
decided by `ovix_telephony.destinations` alone; `destination_json` reads that form back in SQL, so
that a list costs no work per row, and a test compares the two for every kind.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from ovix_schema import Context, Group, Outcall, User, Voicemail
from ovix_telephony.destinations import FORMS, StoredAction, context_of, target_of, to_stored
from ovix_telephony.entity_commands import named_by_command
from ovix_telephony.interfaces import Named
from pydantic import AfterValidator, WithJsonSchema
from sqlalchemy import ColumnElement, Integer, Numeric, case, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSON

from . import own_names
from .kit import InputError, Work, constant, json_object, param_not_found


def _checked(destination: dict[str, Any]) -> dict[str, Any]:
    to_stored(destination)  # raises InvalidDestination, a ValueError that names the field
    return destination


def _described() -> dict[str, Any]:
    """One schema per form, told apart by ``type`` and perhaps a second field."""
    variants: list[dict[str, Any]] = []
    for form in FORMS:
        fixed = {"type": form.type} | (dict([form.variant]) if form.variant else {})
        fields: dict[str, Any] = {field.name: {} for field in form.fields}
        required = [field.name for field in form.fields if field.required]
        variants.append(
            {
                "type": "object",
                "title": " ".join(fixed.values()),
                "required": [*(name for name in fixed if name != "cause"), *required],
                "properties": {name: {"const": value} for name, value in fixed.items()} | fields,
            }
        )
    return {"type": "object", "anyOf": variants, "example": {"type": "none"}}


Destination = Annotated[dict[str, Any], AfterValidator(_checked), WithJsonSchema(_described())]
"""A dial destination as the API takes and gives it."""


def stored_destination(destination: Mapping[str, Any]) -> StoredAction:
    """The action and arguments to store for a destination that was checked."""
    return to_stored(destination)


async def destinations_exist(work: Work, destinations: Iterable[Mapping[str, Any]]) -> None:
    """What the destinations lead to must be there, and seen by the caller; one statement.

    Contexts need not exist, but those of others than the caller's entity are unknown to him. What
    a custom command names must be the entity's own.
    """
    destinations = list(destinations)
    contexts = {name for name in map(context_of, destinations) if name is not None}
    targets = [each for each in map(target_of, destinations) if each is not None]
    commanded = _named_by_commands(work, destinations)
    known: dict[str, tuple[Any, Any]] = {
        "User": (User.id, User.entity_id),
        "Voicemail": (
            Voicemail.id,
            select(Context.entity_id).where(Context.name == Voicemail.context).scalar_subquery(),
        ),
        "Outcall": (Outcall.id, Outcall.entity_id),
        "Group": (Group.id, Group.entity_id),
    }
    # Resources that don't exist in this release can't be led to.
    led_to = [name for name in known if any(each.resource == name for each in targets)]
    seen: dict[str, Any] = {}
    for name in led_to:
        key, entity = known[name]
        ids = {each.id for each in targets if each.resource == name}
        seen[name] = select(key).where(key.in_(ids), *work.owned(entity)).scalar_subquery()
    if contexts and work.entity_id is not None:
        seen["foreign"] = (
            select(Context.name)
            .where(Context.name.in_(contexts), Context.entity_id.is_distinct_from(work.entity_id))
            .scalar_subquery()
        )
    seen |= own_names.asked(work, commanded)
    found: dict[str, list[Any]] = {}
    if seen:
        rows = await work.session.execute(select(*(func.array(each) for each in seen.values())))
        found = dict(zip(seen, rows.one(), strict=True))
    for target in targets:
        if target.id not in found.get(target.resource, ()):
            raise param_not_found("actionarg1", target.resource, id=target.id)
    for name in found.get("foreign", ()):
        raise param_not_found("context", "Context", context=name)
    own_names.check("command", commanded, found)


def _named_by_commands(work: Work, destinations: Iterable[Mapping[str, Any]]) -> Named:
    """What the custom destinations of an entity's administrator name, or 400 for one not allowed.

    An administrator of the installation may name what he likes.
    """
    named = Named()
    if work.entity_id is None:
        return named
    for each in destinations:
        if each["type"] == "custom":
            try:
                named |= named_by_command(each["command"])
            except ValueError as refusal:
                raise InputError(f"field 'command': {refusal}") from refusal
    return named


def destination_json(action: Any, arg1: Any, arg2: Any) -> ColumnElement[Any]:
    """The JSON of a stored destination, with the names of its target while that exists."""

    def number(text: Any) -> ColumnElement[Any]:
        return cast(cast(func.nullif(text, constant("")), Numeric), Integer)

    def part(position: int) -> ColumnElement[Any]:
        return func.nullif(
            func.split_part(arg2, literal_column("';'"), literal_column(str(position))),
            constant(""),
        )

    def has(letters: str) -> ColumnElement[Any]:
        return func.coalesce(func.strpos(arg2, constant(letters)), literal_column("0")) > (
            literal_column("0")
        )

    def named(column: Any, key: Any) -> ColumnElement[Any]:
        return select(column).where(key == number(arg1)).scalar_subquery()

    def application(name: str, **members: Any) -> ColumnElement[Any]:
        return json_object(type=constant("application"), application=constant(name), **members)

    def hangup(cause: str, **members: Any) -> ColumnElement[Any]:
        return json_object(type=constant("hangup"), cause=constant(cause), **members)

    def with_ring_time(kind: str, **members: Any) -> ColumnElement[Any]:
        return json_object(type=constant(kind), **members, ring_time=number(part(1)))

    greeting = case((has("b"), constant("busy")), (has("u"), constant("unavailable")), else_=None)
    shown: dict[str, ColumnElement[Any]] = {
        "user": with_ring_time(
            "user",
            user_id=number(arg1),
            user_firstname=named(User.firstname, User.id),
            user_lastname=named(func.nullif(User.lastname, constant("")), User.id),
            moh_uuid=part(2),
        ),
        "group": with_ring_time(
            "group", group_id=number(arg1), group_name=named(Group.name, Group.id)
        ),
        "queue": with_ring_time(
            "queue",
            queue_id=number(arg1),
            skill_rule_id=number(part(2)),
            skill_rule_variables=cast(part(3), JSON),
        ),
        "switchboard": with_ring_time("switchboard", switchboard_uuid=arg1),
        "conference": json_object(type=constant("conference"), conference_id=number(arg1)),
        "meetme": json_object(type=constant("meetme"), conference_id=number(arg1)),
        "ivr": json_object(type=constant("ivr"), ivr_id=number(arg1)),
        "voicemail": json_object(
            type=constant("voicemail"),
            voicemail_id=number(arg1),
            voicemail_name=named(Voicemail.name, Voicemail.id),
            skip_instructions=has("s"),
            greeting=greeting,
        ),
        "extension": json_object(type=constant("extension"), exten=arg1, context=arg2),
        "outcall": json_object(type=constant("outcall"), outcall_id=number(arg1), exten=arg2),
        "sound": json_object(
            type=constant("sound"), filename=arg1, skip=has("skip"), no_answer=has("noanswer")
        ),
        "custom": json_object(type=constant("custom"), command=arg1),
        "endcall:hangup": hangup("normal"),
        "endcall:busy": hangup("busy", timeout=number(arg1)),
        "endcall:congestion": hangup("congestion", timeout=number(arg1)),
        "application:callbackdisa": application("callback_disa", pin=arg1, context=arg2),
        "application:disa": application("disa", pin=arg1, context=arg2),
        "application:directory": application("directory", context=arg1),
        "application:faxtomail": application("fax_to_mail", email=arg1),
        "application:voicemailmain": application("voicemail", context=arg1),
        "application:custom": application("custom", application_uuid=arg1),
    }
    kinds = [(action == literal_column(f"'{name}'"), value) for name, value in shown.items()]
    return case(*kinds, else_=json_object(type=constant("none")))
