"""Everybody who may log in, as one list: accounts, and beside them telephony users."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid5

from ovix_schema import Account, AccountEmail, User
from ovix_web.bodies import Schema
from ovix_web.work import Work
from pydantic import Field
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Row,
    Select,
    String,
    cast,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    union_all,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by, array

from .entities import in_reach, under
from .errors import ManagedByConfd, UnknownUser
from .holders import method_of_account
from .listing import listed, uuid_of_tenant
from .sessions import holder_in_path


class Email(Schema):
    """An address."""

    uuid: UUID
    address: str
    main: bool
    confirmed: bool


class UserRead(Schema):
    """Somebody, or a program, who may log in."""

    uuid: UUID
    username: str | None
    name: str | None
    firstname: str | None
    lastname: str | None
    emails: list[Email]
    type: Literal["root", "admin"] | None
    purpose: Literal["user", "internal", "external_api"]
    authentication_method: Literal["default", "native", "ldap", "saml", "oidc"]
    backend: str = Field(description="Which back end takes the password")
    enabled: bool
    host: str | None
    acl: list[str]
    description: str | None
    entity_id: int | None
    tenant_uuid: UUID | None
    created_at: datetime | None = Field(description="Null for telephony users")


_BACKENDS = {"admin": "xivo_admin", "service": "xivo_service", "user": "wazo_user"}


def _main_address() -> ColumnElement[Any]:
    return (
        select(AccountEmail.address)
        .where(AccountEmail.account_id == Account.id, AccountEmail.main)
        .scalar_subquery()
    )


def _emails() -> ColumnElement[Any]:
    """All addresses of an account as `Email`, the main one first."""
    one = func.jsonb_build_object(
        "uuid", AccountEmail.uuid, "address", AccountEmail.address,
        "main", AccountEmail.main, "confirmed", AccountEmail.confirmed,
    )  # fmt: skip
    ordered = aggregate_order_by(one, AccountEmail.main.desc(), func.lower(AccountEmail.address))
    return (
        select(func.coalesce(func.jsonb_agg(ordered), literal_column("'[]'::jsonb")))
        .where(AccountEmail.account_id == Account.id)
        .scalar_subquery()
    )


def _everybody() -> Any:
    """Accounts and telephony users under the same columns."""
    accounts = select(
        Account.uuid, Account.kind, Account.login.label("username"), Account.name,
        Account.firstname, Account.lastname, _main_address().label("email"),
        _emails().label("emails"), Account.is_root, Account.internal, Account.enabled,
        Account.host, Account.acl, Account.description, Account.entity_id, Account.created_at,
        method_of_account.label("authentication_method"),
    )  # fmt: skip
    users = select(
        User.uuid, literal("telephony"), User.username,
        func.concat_ws(" ", User.firstname, User.lastname), User.firstname, User.lastname,
        User.email, cast(null(), JSONB), literal(False), literal(False),
        User.enabled & User.cti_enabled, cast(null(), String),
        cast(array([], type_=String), ARRAY(String)), User.description, User.entity_id,
        cast(null(), Account.created_at.type), User.authentication_method,
    ).where(or_(User.username.is_not(None), User.cti_enabled))  # fmt: skip
    return union_all(accounts, users).subquery("everybody")


_EVERYBODY = _everybody()
_COLUMNS: dict[str, ColumnElement[Any]] = {
    name: _EVERYBODY.c[name]
    for name in (
        *("username", "uuid", "name", "firstname", "lastname", "enabled", "host", "description"),
        *("entity_id", "created_at"),
    )
} | {"email": _EVERYBODY.c.email}


def seen(work: Work, *conditions: ColumnElement[bool], below: bool = False) -> Select[Any]:
    """Everybody the caller sees, who fulfils the conditions on `everybody`.

    ``below``: of tenants below the request's too, whether it says so or not.
    """
    entity = _EVERYBODY.c.entity_id
    return (
        select(_EVERYBODY, uuid_of_tenant(entity))
        .where(*conditions)
        .where(*(under(work, entity) if below else in_reach(work, entity)))
    )


everybody = _EVERYBODY.c
"""The columns of accounts and telephony users together."""


def shown_user(row: Row[Any]) -> dict[str, Any]:
    """The JSON of a row of `seen`."""
    is_admin = row.kind == "admin"
    return {
        "uuid": row.uuid,
        "username": row.username,
        "name": row.name,
        "firstname": row.firstname,
        "lastname": row.lastname,
        "emails": _confds_address(row) if row.emails is None else row.emails,
        "type": ("root" if row.is_root else "admin") if is_admin else None,
        "purpose": _purpose(row),
        "authentication_method": row.authentication_method,
        "backend": _BACKENDS.get(row.kind, "xivo_user"),
        "enabled": row.enabled,
        "host": row.host,
        "acl": list(row.acl),
        "description": row.description,
        "entity_id": row.entity_id,
        "tenant_uuid": row.tenant_uuid,
        "created_at": row.created_at,
    }


def _purpose(row: Row[Any]) -> str:
    if row.kind != "service":
        return "user"
    return "internal" if row.internal else "external_api"


def _confds_address(row: Row[Any]) -> list[dict[str, Any]]:
    """A telephony user's: who keeps users in confd answers for it."""
    if not row.email:
        return []
    uuid = uuid5(row.uuid, row.email.lower())
    return [{"uuid": uuid, "address": row.email, "main": True, "confirmed": True}]


async def list_users(work: Work, *conditions: ColumnElement[bool], below: bool = False) -> Any:
    """Those the caller sees."""
    return await listed(
        work,
        "users",
        seen(work, *conditions, below=below),
        _COLUMNS,
        searched=("username", "name", "firstname", "lastname", "email", "description"),
        shown=shown_user,
    )


@dataclass(frozen=True, slots=True)
class Somebody:
    """An account or a telephony user, by the reference that links use."""

    uuid: UUID
    account_id: int | None
    row: Row[Any]

    @property
    def is_account(self) -> bool:
        """Whether it is changed here."""
        return self.account_id is not None


async def user_in_path(work: Work, *, below: bool = False) -> Somebody:
    """Whom the path names."""
    uuid = holder_in_path(work)
    try:  # the auth_id of a token that no account and no user holds may be anything
        return await somebody(work, UUID(uuid), below=below)
    except ValueError as error:
        raise UnknownUser(uuid=uuid) from error


async def account_in_path(work: Work) -> Account:
    """The account that the path names, locked until the transaction ends."""
    named = await user_in_path(work)
    if not named.is_account:
        raise ManagedByConfd(uuid=named.uuid)
    found = await work.session.scalars(
        select(Account).where(Account.uuid == named.uuid).with_for_update()
    )
    account = found.one_or_none()
    if account is None:  # deleted while this waited for the lock
        raise UnknownUser(uuid=named.uuid)
    return account


async def somebody(work: Work, uuid: UUID, *, below: bool = False) -> Somebody:
    """Whoever has the uuid; 404 for nobody the caller sees."""
    found = await work.session.execute(seen(work, everybody.uuid == uuid, below=below))
    row = found.one_or_none()
    if row is None:
        raise UnknownUser(uuid=uuid)
    account_id = None
    if row.kind != "telephony":
        account_id = await work.session.scalar(select(Account.id).where(Account.uuid == row.uuid))
    return Somebody(row.uuid, account_id, row)
