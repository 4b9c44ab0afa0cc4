"""The routes of tenants."""

from ovix_web import Operation

from ..everybody import UserRead
from ..listing import QUERY, list_answer
from .bodies import DomainRead, TenantCreate, TenantRead, TenantUpdate
from .changes import create_tenant, delete_tenant, edit_tenant, move_tenant, release_tenant
from .members import (
    add_user_to_tenant,
    list_tenants_of_user,
    list_users_of_tenant,
    remove_user_from_tenant,
)
from .reading import get_tenant, list_domains, list_tenants

_TENANT, _SCOPE = "/tenants/{tenant:uuid}", "auth.tenants.{tenant}"
_MEMBER = f"{_TENANT}/users/{{user:uuid}}"
_FORBIDDEN = {"responses": {"403": {"description": "Forbidden"}}}
_CONFLICT = {"responses": {"403": {"description": "Forbidden"}, "409": {"description": "Conflict"}}}
_CREATION = {"responses": {**_CONFLICT["responses"], "404": {"description": "Not Found"}}}
"""404: of the parent or the contact that the body names."""
_EXAMPLE = {
    "name": "Acme France",
    "slug": "acme",
    "domain_names": ["acme.example"],
    "phone": "+33140000000",
    "address": {"line_1": "1 rue de la Paix", "city": "Paris", "zip_code": "75002"},
}

OPERATIONS = (
    Operation(
        "GET", "/tenants", "list_tenants", list_tenants, ("auth.tenants.read",),
        answer=list_answer(TenantRead), summary="Tenants, which confd knows as entities",
        query={**QUERY, "domain_name": "Keep the one that has this domain"},
    ),
    Operation(
        "POST", "/tenants", "create_tenant", create_tenant, ("auth.tenants.create",),
        body=TenantCreate, body_example=_EXAMPLE, answer=TenantRead, described=_CREATION,
        summary="Create a tenant, and with it an entity",
    ),
    Operation(
        "GET", _TENANT, "get_tenant", get_tenant, (f"{_SCOPE}.read",), answer=TenantRead,
        summary="A tenant",
    ),
    Operation(
        "PUT", _TENANT, "edit_tenant", edit_tenant, (f"{_SCOPE}.update", f"{_SCOPE}.edit"),
        body=TenantUpdate, body_example={"phone": "+33140000001"}, answer=TenantRead,
        described=_CONFLICT, summary="Change a tenant",
    ),
    Operation(
        "DELETE", _TENANT, "delete_tenant", delete_tenant, (f"{_SCOPE}.delete",), status=204,
        described=_FORBIDDEN, summary="Delete a tenant that nothing belongs to",
    ),
    Operation(
        "GET", f"{_TENANT}/domains", "list_domains_of_tenant", list_domains,
        (f"{_SCOPE}.domains.read",), answer=list_answer(DomainRead), query=QUERY,
        summary="The domains of a tenant",
    ),
    Operation(
        "PUT", f"{_TENANT}/parent/{{parent:uuid}}", "move_tenant", move_tenant,
        (f"{_SCOPE}.parent.{{parent}}.update",), status=204, described=_FORBIDDEN,
        summary="Put a tenant, with all below it, below another one",
    ),
    Operation(
        "DELETE", f"{_TENANT}/parent", "release_tenant", release_tenant,
        (f"{_SCOPE}.parent.delete",), status=204, described=_FORBIDDEN,
        summary="Put a tenant below none",
    ),
    Operation(
        "GET", f"{_TENANT}/users", "list_users_of_tenant", list_users_of_tenant,
        (f"{_SCOPE}.users.read",), answer=list_answer(UserRead), query=QUERY,
        summary="Who belongs to a tenant",
    ),
    Operation(
        "PUT", _MEMBER, "add_user_to_tenant", add_user_to_tenant,
        (f"{_SCOPE}.users.{{user}}.create",), status=204, described=_FORBIDDEN,
        summary="Bind an account of no tenant to this one",
    ),
    Operation(
        "DELETE", _MEMBER, "remove_user_from_tenant", remove_user_from_tenant,
        (f"{_SCOPE}.users.{{user}}.delete",), status=204, described=_FORBIDDEN,
        summary="Unbind an account, which sees all tenants from then on",
    ),
    Operation(
        "GET", "/users/{user:uuid_or_me}/tenants", "list_tenants_of_user", list_tenants_of_user,
        ("auth.users.{user}.tenants.read",), answer=list_answer(TenantRead), query=QUERY,
        summary="The tenant of a user",
    ),
)  # fmt: skip
"""What is routed."""
