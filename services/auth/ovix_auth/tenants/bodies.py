"""Tenants over the wire (reference/auth.md, B2 and C4)."""

from typing import Annotated, Literal
from uuid import UUID

from ovix_web.bodies import Schema, text
from pydantic import AfterValidator, Field

DOMAINS_MAX = 100
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"

Method = Literal["native", "ldap", "saml", "oidc"]
"""How a login can be proven; ``oidc`` is beside XiVO."""
Domain = Annotated[
    str, Field(min_length=1, max_length=253, pattern=rf"(?i)^{_LABEL}(\.{_LABEL})*$")
]


def _sorted(names: list[str]) -> list[str]:
    """In lower case, each once."""
    return sorted({name.lower() for name in names})


Domains = Annotated[list[Domain], Field(max_length=DOMAINS_MAX), AfterValidator(_sorted)]
Line = Annotated[str, text(max_length=256)]
Place = Annotated[str, text(max_length=128)]


class Address(Schema):
    """A postal address."""

    line_1: Line | None = None
    line_2: Line | None = None
    city: Place | None = None
    state: Place | None = None
    country: Place | None = None
    zip_code: Annotated[str, text(max_length=16)] | None = None


class TenantUpdate(Schema):
    """What is to change; what is absent stays. Uuid and slug can't change."""

    name: Annotated[str, text(max_length=128, min_length=1)] | None = None
    contact: UUID | None = Field(None, description="The uuid of a user")
    phone: Annotated[str, text(max_length=32)] | None = None
    address: Address | None = None
    domain_names: Domains | None = Field(None, description="Each of one tenant alone")
    default_authentication_method: Method | None = Field(
        None, description="Of users whose own is default; null: whatever proves them"
    )


class TenantCreate(TenantUpdate):
    """A tenant, below the one that the request is about unless ``parent_uuid`` says otherwise."""

    name: Annotated[str, text(max_length=128, min_length=1)]
    uuid: UUID | None = None
    parent_uuid: UUID | None = None
    slug: Annotated[str, Field(min_length=1, max_length=10, pattern=r"^[a-z0-9_.-]+$")] | None = (
        Field(None, description="The entity's name in confd; made of the name when absent")
    )
    default_authentication_method: Method | None = "native"


class TenantRead(Schema):
    """A tenant."""

    uuid: UUID
    entity_id: int = Field(description="What confd knows it by")
    parent_uuid: UUID | None = Field(description="Null: below none")
    name: str
    slug: str
    contact: UUID | None
    phone: str | None
    domain_names: list[str]
    default_authentication_method: Method | None
    address: Address


class DomainRead(Schema):
    """A domain of a tenant."""

    uuid: UUID
    name: str
