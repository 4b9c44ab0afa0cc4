"""The columns of the CSV, and what a row's cells mean: bodies of the single requests.

Source: reference/confd/users.md, "CSV import". A cell is only turned into a value here; whether the
value is right is for the schemas and rules of the resources to say.
"""

from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

from ovix_web.bodies import INT32_MAX
from pydantic import ValidationError

from ...kit import InputError, Schema, Values

Given = TypeVar("Given", bound=Schema)

USER_FIELDS = (
    "firstname",
    "lastname",
    "email",
    "username",
    "password",
    "language",
    "outgoing_caller_id",
    "mobile_phone_number",
    "call_permission_password",
    "userfield",
    "enabled",
    "supervision_enabled",
    "call_transfer_enabled",
    "dtmf_hangup_enabled",
    "call_record_enabled",
    "call_record_outgoing_external_enabled",
    "call_record_outgoing_internal_enabled",
    "call_record_incoming_external_enabled",
    "call_record_incoming_internal_enabled",
    "online_call_record_enabled",
    "ring_seconds",
    "simultaneous_calls",
    "subscription_type",
)
USER = {name: name for name in USER_FIELDS}
VOICEMAIL = {
    f"voicemail_{name}": name
    for name in (
        "name",
        "number",
        "context",
        "password",
        "email",
        "attach_audio",
        "delete_messages",
        "ask_password",
    )
}
SIP = {"sip_username": "username", "sip_secret": "secret"}
EXTENSION = {"exten": "exten", "context": "context"}
LINE = {"context": "context"}
BOOLEANS = frozenset(
    (
        *(name for name in USER_FIELDS if name.endswith("_enabled")),
        "enabled",
        "cti_profile_enabled",
        "voicemail_attach_audio",
        "voicemail_delete_messages",
        "voicemail_ask_password",
    )
)
INTEGERS = frozenset(
    ("entity_id", "ring_seconds", "simultaneous_calls", "subscription_type", "incall_ring_seconds")
)
TEXTS = frozenset(
    (
        "uuid",
        *(name for name in USER_FIELDS if name not in BOOLEANS | INTEGERS),
        *(name for name in VOICEMAIL if name not in BOOLEANS),
        *SIP,
        *EXTENSION,
        "line_protocol",
        "incall_exten",
        "incall_context",
        "cti_profile_name",
        "call_permissions",
        "labels",
    )
)
KNOWN = BOOLEANS | INTEGERS | TEXTS
PROTOCOLS = ("sip", "sccp")
SEPARATOR = ";"
_SWITCHED = {"0": False, "1": True}


def values_of(cells: Mapping[str, str]) -> Values:
    """The values of the known columns; an empty cell is null."""
    return {column: _value(column, cell) for column, cell in cells.items() if column in KNOWN}


def _value(column: str, cell: str) -> object:
    if "\0" in cell:
        raise InputError(f"field '{column}': a NUL character is not allowed")
    if cell == "":
        return None
    if column in BOOLEANS:
        if cell not in _SWITCHED:
            raise InputError(f"field '{column}': wrong type. Should be a boolean (0 or 1)")
        return _SWITCHED[cell]
    if column in INTEGERS:
        if not (cell.isascii() and cell.isdigit() and len(cell) <= 10 and int(cell) <= INT32_MAX):
            raise InputError(f"field '{column}': wrong type. Should be a positive number")
        return int(cell)
    return cell


def body(schema: type[Given], columns: Mapping[str, str], values: Values) -> Given:
    """The body that a single request would have, of those columns that are there.

    What its schema refuses is told under the names of the columns.
    """
    given = {field: values[column] for column, field in columns.items() if column in values}
    try:
        return schema.model_validate(given)
    except ValidationError as error:
        named = {field: column for column, field in columns.items()}
        told: dict[str, list[str]] = {}
        for each in error.errors(include_url=False, include_input=False):
            field = str(each["loc"][0]) if each["loc"] else ""
            told.setdefault(named.get(field, field), []).append(each["msg"])
        raise InputError(
            ", ".join(f"{column}: {messages}" for column, messages in told.items())
        ) from error


def names_of(values: Values, column: str) -> list[str]:
    """The names of a list cell, each once."""
    given = (values.get(column) or "").split(SEPARATOR)
    return list(dict.fromkeys(name.strip() for name in given if name.strip()))


def uuid_of(values: Values) -> UUID | None:
    """The uuid of the row's user, where it is given."""
    if not values.get("uuid"):
        return None
    try:
        return UUID(values["uuid"])
    except ValueError:
        raise InputError("field 'uuid': wrong type. Should be a UUID") from None


def refuse_what_is_not_there(values: Values) -> None:
    """Columns that name things no resource of this release can hold are not passed over."""
    for column in ("incall_exten", "incall_context"):
        if values.get(column):
            raise InputError(f"field '{column}': incoming calls can't be imported")
    if values.get("line_protocol") not in (None, *PROTOCOLS):
        told = ", ".join(PROTOCOLS)
        raise InputError(f"field 'line_protocol': 'line_protocol' must be one of ({told})")
