"""Users: who logs in, by what account (reference/auth.md, B and C; features F-001, F-009).

Accounts are made here: administrators (type root or admin), programs (XiVO's web-services accounts)
and users of auth's own. Telephony users are shown beside them, may get policies and groups like
them, and are changed in confd.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

from ovix_schema import Account, User
from ovix_web import Operation
from ovix_web.bodies import Schema, Strict, text
from ovix_web.passwords import hash_password
from ovix_web.work import Work
from pydantic import AfterValidator, Field
from sqlalchemy import func, or_, select

from . import acl_templates
from .access_lists import access_list
from .builtin_policies import POLICIES, XIVO_ADMIN
from .entities import chosen_entity
from .errors import Conflict, InvalidData, ManagedByConfd
from .everybody import UserRead, everybody, list_users, seen, shown_user, user_in_path
from .grants import granted_by, must_hold
from .holders import Holder
from .hosts import must_be_a_host
from .listing import QUERY, list_answer
from .policies import Entries

Name = Annotated[str, text(max_length=128)]
Address = Annotated[str, Field(max_length=254, pattern=r"^[^\s@\x00]+@[^\s@\x00]+$")]


class UserCreate(Schema):
    """An account. Without ``type`` and ``purpose`` it is a user of auth's own."""

    uuid: UUID | None = None
    username: Annotated[str, text(max_length=254, min_length=1)]
    password: Annotated[str, text(max_length=1024, min_length=1)] | None = Field(
        None, description="Never shown; without one nobody can log in"
    )
    email_address: Address | None = None
    name: Annotated[str, text(max_length=254)] | None = Field(
        None, description="What lists show; the username when absent"
    )
    firstname: Name | None = None
    lastname: Name | None = None
    type: Literal["root", "admin"] | None = Field(
        None, description="An administrator: root has every right, admin those that are granted"
    )
    purpose: Literal["user", "internal", "external_api"] = Field(
        "user",
        description="A program, by the back end xivo_service: external_api, or internal where it "
        "is the platform's own",
    )
    authentication_method: Literal["default", "native", "ldap", "saml", "oidc"] | None = Field(
        None, description="Absent: native for programs and administrators, else default"
    )
    enabled: Strict = True
    host: Annotated[str, text(max_length=255), AfterValidator(must_be_a_host)] | None = Field(
        None, description="The address, network or name it must log in from; null: anywhere"
    )
    acl: Entries = Field([], description="What it may do beside its policies")
    description: Annotated[str, text()] | None = None
    entity_id: int | None = Field(None, ge=1, le=2**31 - 1, description="null: all entities")
    tenant_uuid: UUID | None = Field(None, description="The entity by its uuid instead")


class UserUpdate(UserCreate):
    """What is to change; what is absent stays. What an account is for can't change."""

    username: Annotated[str, text(max_length=254, min_length=1)] | None = None  # type: ignore[assignment]


async def get_user(work: Work) -> Any:
    """One of them."""
    return shown_user((await user_in_path(work)).row)


async def _must_be_free(work: Work, account_uuid: UUID | None, values: Mapping[str, Any]) -> None:
    kind, login, email = values.get("kind"), values.get("login"), values.get("email")
    taken = await work.session.execute(
        select(Account.login, Account.email)
        .where(
            or_(
                (Account.kind == kind) & (func.lower(Account.login) == func.lower(login)),
                func.lower(Account.email) == func.lower(email),
            )
        )
        .where(Account.uuid.is_distinct_from(account_uuid))
    )
    for other_login, _ in taken:
        if login is not None and other_login.lower() == login.lower():
            raise Conflict(resource="users", column="username", value=login)
        raise Conflict(resource="users", column="email_address", value=email)


async def _must_be_entries(entries: Iterable[str]) -> None:
    try:
        await acl_templates.check(entries)
    except acl_templates.InvalidTemplate as error:
        raise InvalidData("users", f"acl: {error}") from error


async def create_user(work: Work) -> Any:
    """Create an account; the caller must hold what it is granted."""
    body = await work.body(UserCreate)
    await _must_be_entries(body.acl)
    kind = "admin" if body.type else "user" if body.purpose == "user" else "service"
    must_hold(work.identity, granted_by((), body.acl))
    values: dict[str, Any] = {
        "kind": kind,
        "login": body.username,
        "name": body.name or body.username,
        "email": body.email_address,
        "is_root": body.type == "root",
        "internal": kind == "service" and body.purpose == "internal",
        "authentication_method": body.authentication_method
        or ("default" if kind == "user" else "native"),
        **{
            name: getattr(body, name)
            for name in ("firstname", "lastname", "enabled", "host", "acl", "description")
        },
        "entity_id": await chosen_entity(work, "users", body.entity_id, body.tenant_uuid),
    }
    if body.type == "root":
        must_be_root(work)
    await _must_be_free(work, None, values)
    if body.uuid is not None:
        await _must_be_nobodys(work, body.uuid)
        values["uuid"] = body.uuid
    if body.password is not None:
        values["password_hash"] = await hash_password(body.password)
    account = Account(**values)
    work.session.add(account)
    await work.session.flush()
    return await _shown(work, account.uuid)


def must_be_root(work: Work) -> None:
    """Only who has every right makes or changes somebody who has; of an entity, within it."""
    must_hold(work.identity, (each for each in POLICIES[XIVO_ADMIN].acl if "{" not in each))


async def _must_be_nobodys(work: Work, uuid: UUID) -> None:
    found = await work.session.scalar(
        select(Account.uuid)
        .where(Account.uuid == uuid)
        .union(select(User.uuid).where(User.uuid == uuid))
    )
    if found is not None:
        raise Conflict(resource="users", column="uuid", value=uuid)


async def _shown(work: Work, uuid: UUID) -> dict[str, Any]:
    found = await work.session.execute(seen(work, everybody.uuid == uuid))
    return shown_user(found.one())


async def _account_to_change(work: Work) -> Account:
    somebody = await user_in_path(work)
    if not somebody.is_account:
        raise ManagedByConfd(uuid=somebody.uuid)
    return (
        await work.session.scalars(
            select(Account).where(Account.uuid == somebody.uuid).with_for_update()
        )
    ).one()


async def _must_hold_all_of(work: Work, account: Account) -> None:
    """Who sets somebody's password may act as that account, so must hold what it was granted."""
    holder = Holder(str(account.uuid), None, tuple(account.acl), account_id=account.id)
    try:
        held = await access_list(work.session, holder)
    except acl_templates.TooManyEntries as error:
        raise InvalidData("users", "the account has more accesses than a token may hold") from error
    must_hold(work.identity, held)


async def edit_user(work: Work) -> Any:
    """Change an account. Its tokens end where who may log in, or from where, changes."""
    body = await work.body(UserUpdate)
    await _must_be_entries(body.acl or ())
    given = body.model_fields_set
    account = await _account_to_change(work)
    if account.kind == "admin" and account.is_root:
        must_be_root(work)
    for name in ("username", "enabled", "acl", "authentication_method"):
        if name in given and getattr(body, name) is None:
            raise InvalidData("users", f"{name}: must not be null")
    if "acl" in given:
        must_hold(work.identity, granted_by(account.acl, body.acl))
    changes: dict[str, Any] = {
        name: getattr(body, name)
        for name in (
            *("firstname", "lastname", "enabled", "host", "acl", "description", "name"),
            "authentication_method",
        )
        if name in given
    }
    if "name" in changes:
        changes["name"] = body.name or body.username or account.login
    if "username" in given:
        changes["login"] = body.username
    if "email_address" in given:
        changes["email"] = body.email_address
    if "entity_id" in given or "tenant_uuid" in given:
        changes["entity_id"] = await chosen_entity(work, "users", body.entity_id, body.tenant_uuid)
    if "type" in given and account.kind == "admin" and body.type is not None:
        if body.type == "root":
            must_be_root(work)
        changes["is_root"] = body.type == "root"
    await _must_be_free(work, account.uuid, {"kind": account.kind, **changes})
    if body.password is not None:
        await _must_hold_all_of(work, account)
        changes["password_hash"] = await hash_password(body.password)
    for name, value in changes.items():
        setattr(account, name, value)
    await work.session.flush()
    return await _shown(work, account.uuid)


async def delete_user(work: Work) -> None:
    """Delete an account; its tokens end with it."""
    account = await _account_to_change(work)
    if account.kind == "admin" and account.is_root:
        must_be_root(work)
    await work.session.delete(account)


_USER = "/users/{user:uuid_or_me}"
_CONFLICT = {"responses": {"403": {"description": "Forbidden"}, "409": {"description": "Conflict"}}}
_EXAMPLE = {
    "username": "crm",
    "password": "a long secret",
    "purpose": "external_api",
    "host": "192.0.2.0/24",
    "acl": ["confd.users.read"],
}
OPERATIONS = (
    Operation(
        "GET", "/users", "list_users", list_users, ("auth.users.read",),
        answer=list_answer(UserRead), query=QUERY,
        summary="Administrators, programs and users who may log in",
    ),
    Operation(
        "POST", "/users", "create_user", create_user, ("auth.users.create",),
        body=UserCreate, body_example=_EXAMPLE, answer=UserRead, described=_CONFLICT,
        summary="Create an administrator, a program's account, or a user of auth's own",
    ),
    Operation(
        "GET", _USER, "get_user", get_user, ("auth.users.{user}.read",), answer=UserRead,
        summary="Who it is; me is the caller",
    ),
    Operation(
        "PUT", _USER, "edit_user", edit_user,
        ("auth.users.{user}.update", "auth.users.{user}.edit"),
        body=UserUpdate, answer=UserRead, described=_CONFLICT,
        summary="Change an account; not a telephony user, who is confd's",
    ),
    Operation(
        "DELETE", _USER, "delete_user", delete_user, ("auth.users.{user}.delete",), status=204,
        described={"responses": {"403": {"description": "Forbidden"}}},
        summary="Delete an account; its tokens end with it",
    ),
)  # fmt: skip
"""What is routed."""
