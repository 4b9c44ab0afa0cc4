"""Phonebooks: ``/tenants/{tenant}/phonebooks`` (16.16) and ``/phonebooks`` (2026.08)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from ovix_schema import Phonebook
from ovix_web import ApiError, Operation, Work
from ovix_web.bodies import Schema, text
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from ..backends.stored_contacts import escaped
from ..errors import DuplicatePhonebook, NoSuchPhonebook
from .listing import PARAMETERS, listing_of

DEFAULT_TENANT = "default"
_TENANT = re.compile(r"[a-z0-9_.-]{1,255}")


class InvalidTenant(ApiError):
    """Names of tenants are small letters, digits, and three signs."""

    status = 400
    template = "The tenant should be alphanumeric: {tenant}"


class PhonebookWrite(Schema):
    """A phonebook's name and what it is for."""

    name: Annotated[str, text(255, 1)]
    description: Annotated[str, text(4096)] | None = None


class PhonebookRead(Schema):
    """A phonebook."""

    id: int
    uuid: UUID
    tenant: str
    name: str
    description: str | None


class PhonebookList(Schema):
    """Phonebooks; ``total`` and ``filtered`` both count those that match the search."""

    items: list[PhonebookRead]
    total: int
    filtered: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where phonebooks are found: the API of one generation."""

    prefix: str
    """Of every path."""
    one: str
    """The rest of the path of a phonebook."""
    scope: str
    key: str
    """What the path names a phonebook by, as scopes name it."""
    suffix: str = ""
    """Of operation ids."""
    deprecated: bool = False


TENANTS = Place(
    "/tenants/{tenant}/phonebooks",
    "/{phonebook_id:int}",
    "dird.tenants.{tenant}.phonebooks",
    "{phonebook_id}",
    "_of_tenant",
)
PHONEBOOKS = Place("/phonebooks", "/{phonebook_uuid:uuid}", "dird.phonebooks", "{phonebook_uuid}")
PLACES = (TENANTS, PHONEBOOKS)


def tenant_of(work: Work) -> str | None:
    """The tenant of the path; raises `InvalidTenant`."""
    tenant: str | None = work.path.get("tenant")
    if tenant is not None and not _TENANT.fullmatch(tenant):
        raise InvalidTenant(tenant=tenant)
    return tenant


def visible(work: Work) -> list[ColumnElement[bool]]:
    """Conditions of the phonebooks that there are for this request."""
    tenant = tenant_of(work)
    conditions: list[ColumnElement[bool]] = list(work.owned(Phonebook.entity_id))
    if tenant is not None:
        conditions.append(Phonebook.tenant == tenant)
    return conditions


async def this_phonebook(work: Work) -> Phonebook:
    """The phonebook of the path; raises `NoSuchPhonebook`."""
    conditions = visible(work)
    if "phonebook_uuid" in work.path:
        named = work.path["phonebook_uuid"]
        conditions.append(Phonebook.uuid == named)
    else:
        named = work.path["phonebook_id"]
        if named >= 2**31:
            raise NoSuchPhonebook(phonebook=named)
        conditions.append(Phonebook.id == named)
    found = await work.session.scalar(select(Phonebook).where(*conditions))
    if found is None:
        raise NoSuchPhonebook(phonebook=named)
    return found


async def list_phonebooks(work: Work) -> object:
    """The phonebooks of a tenant, or all of them."""
    asked, conditions = listing_of(work.query), visible(work)
    if asked.search:
        pattern = func.concat("%", func.ovix_search(escaped(asked.search)), "%")
        conditions.append(
            or_(
                func.ovix_search(Phonebook.name).like(pattern),
                func.ovix_search(func.coalesce(Phonebook.description, "")).like(pattern),
            )
        )
    rows = await work.session.scalars(select(Phonebook).where(*conditions).order_by(Phonebook.id))
    items = [shown(each) for each in rows]
    total = len(items)
    return {"items": asked.sorted(items), "total": total, "filtered": total}


async def create(work: Work) -> object:
    """A new phonebook; its tenant is there as soon as it has one."""
    tenant, body = tenant_of(work) or DEFAULT_TENANT, await work.body(PhonebookWrite)
    made = await work.session.scalar(
        insert(Phonebook)
        .values(entity_id=work.entity_id, tenant=tenant, **body.model_dump())
        .on_conflict_do_nothing()
        .returning(Phonebook)
    )
    if made is None:
        raise DuplicatePhonebook()
    return shown(made)


async def get_phonebook(work: Work) -> object:
    """One phonebook."""
    return shown(await this_phonebook(work))


async def replace(work: Work) -> object:
    """Another name and description."""
    phonebook, body = await this_phonebook(work), await work.body(PhonebookWrite)
    phonebook.name, phonebook.description = body.name, body.description
    await work.session.flush()  # a name that is taken is told now
    return shown(phonebook)


async def delete_phonebook(work: Work) -> object:
    """A phonebook goes, with its contacts."""
    await work.session.delete(await this_phonebook(work))
    return None


def shown(phonebook: Phonebook) -> dict[str, Any]:
    """A phonebook as JSON."""
    return {
        "id": phonebook.id,
        "uuid": str(phonebook.uuid),
        "tenant": phonebook.tenant,
        "name": phonebook.name,
        "description": phonebook.description,
    }


def _operations(place: Place) -> Iterator[Operation]:
    all_of_them, one = place.prefix, place.prefix + place.one
    scope, this, suffix = place.scope, f"{place.scope}.{place.key}", place.suffix
    taken = {"responses": {"409": {"description": "The name is taken"}}}
    yield Operation(
        "GET",
        all_of_them,
        f"list_phonebooks{suffix}",
        list_phonebooks,
        (f"{scope}.read",),
        query=PARAMETERS,
        answer=PhonebookList,
    )
    yield Operation(
        "POST",
        all_of_them,
        f"create_phonebook{suffix}",
        create,
        (f"{scope}.create",),
        status=201,
        body=PhonebookWrite,
        body_example={"name": "suppliers", "description": "Whom we buy from"},
        answer=PhonebookRead,
        described=taken,
    )
    yield Operation(
        "GET",
        one,
        f"get_phonebook{suffix}",
        get_phonebook,
        (f"{this}.read",),
        answer=PhonebookRead,
    )
    yield Operation(
        "PUT",
        one,
        f"replace_phonebook{suffix}",
        replace,
        (f"{this}.update",),
        body=PhonebookWrite,
        answer=PhonebookRead,
        described=taken,
    )
    yield Operation(
        "DELETE",
        one,
        f"delete_phonebook{suffix}",
        delete_phonebook,
        (f"{this}.delete",),
        status=204,
    )


OPERATIONS = tuple(operation for place in PLACES for operation in _operations(place))
