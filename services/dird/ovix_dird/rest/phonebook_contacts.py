"""``…/phonebooks/{id}/contacts``: contacts that are shared (reference/dird.md, A7)."""

from collections.abc import Iterator
from typing import Any

from ovix_schema import PhonebookContact
from ovix_web import Operation, Work, still_at_work
from ovix_web.bodies import Schema
from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from ..backends.stored_contacts import escaped
from ..contacts import Line, hash_of_contact, phonebook_faults
from ..errors import DuplicateContact, NoSuchContact
from . import writing
from .listing import PARAMETERS, listing_of
from .phonebooks import PLACES, Place, this_phonebook

AT_ONCE = 500


class ContactRead(Schema):
    """A contact: ``id`` and the keys it was given."""

    id: str


class ContactList(Schema):
    """Contacts; ``total`` and ``filtered`` both count those that match the search."""

    items: list[ContactRead]
    total: int
    filtered: int


class ContactFailure(Schema):
    """A line of a file that is no contact."""

    line: int
    errors: list[str]


class ContactsImported(Schema):
    """What became of a file."""

    created: list[ContactRead]
    failed: list[ContactFailure]


async def list_contacts(work: Work) -> object:
    """Contacts of a phonebook."""
    asked, phonebook = listing_of(work.query), await this_phonebook(work)
    conditions: list[ColumnElement[bool]] = [PhonebookContact.phonebook_id == phonebook.id]
    if asked.search:
        pattern = func.concat("%", func.ovix_search(escaped(asked.search)), "%")
        conditions.append(PhonebookContact.search_text.like(pattern))
    order: list[Any] = [PhonebookContact.created_at, PhonebookContact.uuid]
    if asked.descending:
        order = [each.desc() for each in order]
    if asked.order not in (None, "id"):
        value = func.ovix_search(PhonebookContact.fields[asked.order].astext)
        order.insert(0, (value.desc() if asked.descending else value.asc()).nulls_last())
    total = await work.session.scalar(
        select(func.count()).select_from(PhonebookContact).where(*conditions)
    )
    rows = await work.session.execute(
        select(PhonebookContact.uuid, PhonebookContact.fields)
        .where(*conditions)
        .order_by(*order)
        .limit(asked.limit)
        .offset(asked.offset)
    )
    items = [_shown(uuid, fields) for uuid, fields in rows]
    return {"items": items, "total": total, "filtered": total}


async def create(work: Work) -> object:
    """A new contact."""
    phonebook, fields = await this_phonebook(work), await _given(work)
    uuid = await work.session.scalar(
        insert(PhonebookContact)
        .values(phonebook_id=phonebook.id, fields=fields, content_hash=hash_of_contact(fields))
        .on_conflict_do_nothing()
        .returning(PhonebookContact.uuid)
    )
    if uuid is None:
        raise DuplicateContact()
    return _shown(uuid, fields)


async def get_contact(work: Work) -> object:
    """One contact."""
    this_one = await _this_one(work)
    fields = await work.session.scalar(select(PhonebookContact.fields).where(*this_one))
    if fields is None:
        raise NoSuchContact(contact=work.path["contact_uuid"])
    return _shown(work.path["contact_uuid"], fields)


async def replace(work: Work) -> object:
    """Another content for a contact."""
    this_one, fields = await _this_one(work), await _given(work)
    changed = await work.session.scalar(
        update(PhonebookContact)
        .where(*this_one)
        .values(fields=fields, content_hash=hash_of_contact(fields))
        .returning(PhonebookContact.uuid)
    )
    if changed is None:
        raise NoSuchContact(contact=work.path["contact_uuid"])
    return _shown(changed, fields)


async def delete_contact(work: Work) -> object:
    """A contact goes."""
    gone = await work.session.scalar(
        delete(PhonebookContact).where(*await _this_one(work)).returning(PhonebookContact.uuid)
    )
    if gone is None:
        raise NoSuchContact(contact=work.path["contact_uuid"])
    return None


async def import_csv(work: Work) -> object:
    """Contacts of a CSV file, each line by itself."""
    phonebook = await this_phonebook(work)
    created: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    good = []
    for line in await writing.csv_lines(work):
        errors = line.errors or tuple(phonebook_faults(line.fields))
        if errors:
            failed.append({"line": line.number, "errors": list(errors)})
        else:
            good.append(line)
    for start in range(0, len(good), AT_ONCE):
        made, doubled = await _stored(work, phonebook.id, good[start : start + AT_ONCE])
        created += made
        failed += doubled
        still_at_work(work.request)
    return {"created": created, "failed": sorted(failed, key=lambda each: each["line"])}


async def _stored(
    work: Work, phonebook_id: int, lines: list[Line]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    by_hash: dict[bytes, Line] = {}
    doubled = []
    contents = [
        (hash_of_contact(fields), fields, line)
        for line in lines
        if (fields := {name: each for name, each in line.fields.items() if name != "id"})
    ]
    for content_hash, _, line in contents:
        if by_hash.setdefault(content_hash, line) is not line:
            doubled.append(_double(line))
    values = {content_hash: fields for content_hash, fields, _ in contents}
    if not values:
        return [], doubled
    rows = await work.session.execute(
        insert(PhonebookContact)
        .values(
            [
                {"phonebook_id": phonebook_id, "fields": fields, "content_hash": content_hash}
                for content_hash, fields in values.items()
            ]
        )
        .on_conflict_do_nothing()
        .returning(PhonebookContact.content_hash, PhonebookContact.uuid)
    )
    uuids = dict(rows.all())
    doubled += [_double(line) for each, line in by_hash.items() if each not in uuids]
    return [_shown(uuids[each], values[each]) for each in by_hash if each in uuids], doubled


def _double(line: Line) -> dict[str, Any]:
    return {"line": line.number, "errors": [str(DuplicateContact())]}


async def _given(work: Work) -> dict[str, Any]:
    fields = await writing.an_object(work)
    fields.pop("id", None)
    if wrong := phonebook_faults(fields):
        raise writing.InvalidContact(wrong)
    return fields


async def _this_one(work: Work) -> tuple[Any, Any]:
    phonebook = await this_phonebook(work)
    return (
        PhonebookContact.phonebook_id == phonebook.id,
        PhonebookContact.uuid == work.path["contact_uuid"],
    )


def _shown(uuid: object, fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "id": str(uuid)}


def _operations(place: Place) -> Iterator[Operation]:
    all_of_them = f"{place.prefix}{place.one}/contacts"
    one = f"{all_of_them}/{{contact_uuid:uuid}}"
    scope, suffix = f"{place.scope}.{place.key}.contacts", place.suffix
    double = {"409": {"description": "The phonebook has just this contact"}}
    yield Operation(
        "GET",
        all_of_them,
        f"list_contacts{suffix}",
        list_contacts,
        (f"{scope}.read",),
        query=PARAMETERS,
        answer=ContactList,
    )
    yield Operation(
        "POST",
        all_of_them,
        f"create_contact{suffix}",
        create,
        (f"{scope}.create",),
        status=201,
        summary="A new contact: any keys",
        answer=ContactRead,
        described={"requestBody": writing.ANY_OBJECT, "responses": double},
    )
    yield Operation(
        "POST",
        f"{all_of_them}/import",
        f"import_contacts{suffix}",
        import_csv,
        (f"{scope}.create",),
        summary="Contacts of a CSV file, each line by itself",
        answer=ContactsImported,
        described={"requestBody": writing.CSV_FILE},
    )
    yield Operation(
        "GET", one, f"get_contact{suffix}", get_contact,
        (f"{scope}.{{contact_uuid}}.read",), answer=ContactRead,
    )  # fmt: skip
    yield Operation(
        "PUT",
        one,
        f"replace_contact{suffix}",
        replace,
        (f"{scope}.{{contact_uuid}}.update",),
        answer=ContactRead,
        described={"requestBody": writing.ANY_OBJECT, "responses": double},
    )
    yield Operation(
        "DELETE", one, f"delete_contact{suffix}", delete_contact,
        (f"{scope}.{{contact_uuid}}.delete",), status=204,
    )  # fmt: skip


OPERATIONS = tuple(operation for place in PLACES for operation in _operations(place))
