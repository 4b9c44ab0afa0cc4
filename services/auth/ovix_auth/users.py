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
from sqlalchemy import func, select

from . import acl_templates
from .emails.addresses import Address, emails_of, must_be_free, set_main
from .entities import chosen_entity
from .errors import Conflict, InvalidData
from .everybody import (
    UserRead,
    account_in_path,
    everybody,
    list_users,
    seen,
    shown_user,
    user_in_path,
)
from .grants import granted_by, must_hold
from .hosts import must_be_a_host
from .listing import QUERY, list_answer
from .policies import Entries
from .taking_over import must_be_root, must_hold_all_of

Name = Annotated[str, text(max_length=128)]


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
    kind, login = values.get("kind"), values.get("login")
    taken = await work.session.scalar(
        select(Account.id)
        .where(Account.kind == kind, func.lower(Account.login) == func.lower(login))
        .where(Account.uuid.is_distinct_from(account_uuid))
    )
    if taken is not None:
        raise Conflict(resource="users", column="username", value=login)


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
    if body.email_address is not None:
        await must_be_free(work.session, None, body.email_address)
    if body.uuid is not None:
        await _must_be_nobodys(work, body.uuid)
        values["uuid"] = body.uuid
    if body.password is not None:
        values["password_hash"] = await hash_password(body.password)
    account = Account(**values)
    work.session.add(account)
    await work.session.flush()
    if body.email_address is not None:
        await set_main(work.session, account, body.email_address, confirmed=True)
    return await _shown(work, account.uuid)


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


async def edit_user(work: Work) -> Any:
    """Change an account. Its tokens end where who may log in, or from where, changes."""
    body = await work.body(UserUpdate)
    await _must_be_entries(body.acl or ())
    given = body.model_fields_set
    account = await account_in_path(work)
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
        await _set_email(work, account, body.email_address)
    if "entity_id" in given or "tenant_uuid" in given:
        changes["entity_id"] = await chosen_entity(work, "users", body.entity_id, body.tenant_uuid)
    if "type" in given and account.kind == "admin" and body.type is not None:
        if body.type == "root":
            must_be_root(work)
        changes["is_root"] = body.type == "root"
    await _must_be_free(work, account.uuid, {"kind": account.kind, **changes})
    if body.password is not None:
        await must_hold_all_of(work, account)
        changes["password_hash"] = await hash_password(body.password)
    for name, value in changes.items():
        setattr(account, name, value)
    await work.session.flush()
    return await _shown(work, account.uuid)


async def _set_email(work: Work, account: Account, address: str | None) -> None:
    """Confirmed at once where the caller may say so; else it has to be proven."""
    assert work.identity is not None, "every such path asks for a token"
    if address == next((each.address for each in await emails_of(work.session, account.id)), None):
        return
    if work.identity.auth_id != str(account.uuid):
        # Whoever reads an account's mail can set its password.
        await must_hold_all_of(work, account)
    may_say_so = work.identity.allows(f"auth.admin.users.{account.uuid}.emails.update")
    await set_main(work.session, account, address, confirmed=may_say_so)


async def delete_user(work: Work) -> None:
    """Delete an account; its tokens end with it."""
    account = await account_in_path(work)
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
