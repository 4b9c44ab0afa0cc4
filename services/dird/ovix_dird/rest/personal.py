"""``/personal``: each user's own contacts (reference/dird.md, A6). Nobody sees another's."""

import asyncio
from typing import Any
from uuid import UUID

from ovix_schema import PersonalContact
from ovix_web import Operation, Work, still_at_work
from ovix_web.bodies import Schema
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from starlette.responses import Response

from ..contacts import Line, faults, hash_of_contact, write_csv
from ..errors import DuplicatePersonalContact, NoSuchContact
from . import asking, writing

AT_ONCE = 500


class PersonalList(Schema):
    """All contacts of the user."""

    items: list[dict[str, str]]


class PersonalFailure(Schema):
    """A line of a file that is no contact."""

    line: int
    errors: list[str]


class PersonalImported(Schema):
    """What became of a file."""

    created: list[dict[str, str]]
    failed: list[PersonalFailure]


class PersonalRead(Schema):
    """A contact: ``id`` and the keys it was given."""

    id: str


async def get_all(work: Work) -> object:
    """The user's contacts, as JSON or as CSV."""
    contacts = await _contacts(work)
    asked = work.query.get("format") or work.request.headers.get("Content-Type", "")
    if not asked.startswith("text/csv"):
        return {"items": contacts}
    if not contacts:
        return Response(status_code=204)
    return Response(await asyncio.to_thread(write_csv, contacts), media_type="text/csv")


async def create(work: Work) -> object:
    """A new contact."""
    user_uuid, fields = asking.own_uuid(work), await _given(work)
    uuid = await work.session.scalar(
        insert(PersonalContact)
        .values(user_uuid=user_uuid, fields=fields, content_hash=hash_of_contact(fields))
        .on_conflict_do_nothing()
        .returning(PersonalContact.uuid)
    )
    if uuid is None:
        raise DuplicatePersonalContact()
    return _shown(uuid, fields)


async def purge(work: Work) -> object:
    """All contacts of the user go."""
    mine = PersonalContact.user_uuid == asking.own_uuid(work)
    await work.session.execute(delete(PersonalContact).where(mine))
    return None


async def get_one(work: Work) -> object:
    """One contact."""
    fields = await work.session.scalar(select(PersonalContact.fields).where(*_this_one(work)))
    if fields is None:
        raise NoSuchContact(contact=work.path["id"])
    return _shown(work.path["id"], fields)


async def replace(work: Work) -> object:
    """Another content for a contact."""
    this_one, fields = _this_one(work), await _given(work)
    content_hash = hash_of_contact(fields)
    same = select(PersonalContact.uuid).where(
        PersonalContact.user_uuid == asking.own_uuid(work),
        PersonalContact.content_hash == content_hash,
        PersonalContact.uuid != work.path["id"],
    )
    if await work.session.scalar(same) is not None:
        raise DuplicatePersonalContact()
    changed = await work.session.scalar(
        update(PersonalContact)
        .where(*this_one)
        .values(fields=fields, content_hash=content_hash)
        .returning(PersonalContact.uuid)
    )
    if changed is None:
        raise NoSuchContact(contact=work.path["id"])
    return _shown(changed, fields)


async def delete_one(work: Work) -> object:
    """A contact goes."""
    gone = await work.session.scalar(
        delete(PersonalContact).where(*_this_one(work)).returning(PersonalContact.uuid)
    )
    if gone is None:
        raise NoSuchContact(contact=work.path["id"])
    return None


async def import_csv(work: Work) -> object:
    """Contacts of a CSV file; those that are there already are not doubled."""
    user_uuid = asking.own_uuid(work)
    lines = await writing.csv_lines(work)
    good: list[Line] = []
    failed: list[Any] = []
    for line in lines:
        if line.errors:
            failed.append(line.failure)
        else:
            good.append(line)
    if not good:
        raise writing.InvalidContact(failed or ["No contact found"])
    created = []
    for start in range(0, len(good), AT_ONCE):
        created += await _stored(work, user_uuid, good[start : start + AT_ONCE])
        still_at_work(work.request)
    return {"created": created, "failed": failed}


async def _stored(work: Work, user_uuid: UUID, lines: list[Line]) -> list[dict[str, str]]:
    by_hash: dict[bytes, dict[str, str]] = {}
    for line in lines:
        fields = {name: value for name, value in line.fields.items() if name != "id"}
        by_hash.setdefault(hash_of_contact(fields), fields)
    await work.session.execute(
        insert(PersonalContact)
        .values(
            [
                {"user_uuid": user_uuid, "fields": fields, "content_hash": content_hash}
                for content_hash, fields in by_hash.items()
            ]
        )
        .on_conflict_do_nothing()
    )
    rows = await work.session.execute(
        select(PersonalContact.content_hash, PersonalContact.uuid).where(
            PersonalContact.user_uuid == user_uuid, PersonalContact.content_hash.in_(by_hash)
        )
    )
    uuids = dict(rows.all())
    return [_shown(uuids[each], fields) for each, fields in by_hash.items() if each in uuids]


async def _given(work: Work) -> dict[str, Any]:
    fields = await writing.an_object(work)
    if wrong := faults(fields):
        raise writing.InvalidContact(wrong)
    return {name: value for name, value in fields.items() if name != "id"}


async def _contacts(work: Work) -> list[dict[str, str]]:
    rows = await work.session.execute(
        select(PersonalContact.uuid, PersonalContact.fields)
        .where(PersonalContact.user_uuid == asking.own_uuid(work))
        .order_by(PersonalContact.created_at, PersonalContact.uuid)
    )
    return [_shown(uuid, fields) for uuid, fields in rows]


def _this_one(work: Work) -> tuple[Any, Any]:
    return (
        PersonalContact.user_uuid == asking.own_uuid(work),
        PersonalContact.uuid == work.path["id"],
    )


def _shown(uuid: object, fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "id": str(uuid)}


_DUPLICATE = {"409": {"description": "The user has just this contact"}}
_ONE = "/personal/{id:uuid}"
_CSV = {
    "text/csv": {"schema": {"type": "string"}},
    "application/json": {"schema": {"$ref": "#/components/schemas/PersonalList"}},
}

OPERATIONS = (
    Operation(
        "GET",
        "/personal",
        "get_personal",
        get_all,
        ("dird.personal.read",),
        summary="All contacts of the user",
        query={"format": "text/csv: as a CSV file"},
        answer=PersonalList,
        described={
            "responses": {
                "200": {"description": "Done", "content": _CSV},
                "204": {"description": "No contact, where CSV was asked for"},
            }
        },
    ),
    Operation(
        "POST",
        "/personal",
        "create_personal",
        create,
        ("dird.personal.create",),
        status=201,
        summary="A new contact: any keys, whose values are strings",
        answer=PersonalRead,
        described={"requestBody": writing.ANY_OBJECT, "responses": _DUPLICATE},
    ),
    Operation(
        "DELETE",
        "/personal",
        "purge_personal",
        purge,
        ("dird.personal.delete",),
        status=204,
        summary="Delete all contacts of the user",
    ),
    Operation(
        "POST",
        "/personal/import",
        "import_personal",
        import_csv,
        ("dird.personal.import.create",),
        status=201,
        summary="Contacts of a CSV file, each line by itself",
        answer=PersonalImported,
        described={"requestBody": writing.CSV_FILE},
    ),
    Operation(
        "GET",
        _ONE,
        "get_personal_contact",
        get_one,
        ("dird.personal.{id}.read",),
        answer=PersonalRead,
    ),
    Operation(
        "PUT",
        _ONE,
        "replace_personal_contact",
        replace,
        ("dird.personal.{id}.update",),
        answer=PersonalRead,
        described={"requestBody": writing.ANY_OBJECT, "responses": _DUPLICATE},
    ),
    Operation(
        "DELETE",
        _ONE,
        "delete_personal_contact",
        delete_one,
        ("dird.personal.{id}.delete",),
        status=204,
    ),
)
