"""``/0.1/backends/ldap``: a tenant's own directory, and logins by it (reference/auth.md, C2, C4).

Beside it there may be the one of the settings, for logins that name no tenant.
"""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

import structlog
from ovix_schema import Entity, EntityDomain, LdapConfig, User
from ovix_web import Operation, Sessions
from ovix_web.bodies import Schema, text
from ovix_web.work import Work
from pydantic import Field, model_validator
from sansldap import LDAPFilter
from sqlalchemy import select

from .backends import LoginRequest, Refused
from .backends.ldap_user import LdapUser
from .errors import ObjectError, UnknownTenant
from .holders import Holder
from .settings import AuthSettings

log = structlog.get_logger(__name__)

Name = Annotated[str, text(max_length=256, min_length=1)]
Attribute = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9.;-]*$")]
_PLACE = ("host", "port", "protocol_security", "bind_dn")


class UnknownLdapConfig(ObjectError):
    """The tenant has no directory."""

    status = 404
    resource = "ldap_config"
    template = "No LDAP configuration for tenant {tenant_uuid}"


class LdapConfigWrite(Schema):
    """A directory. Without ``bind_dn`` logins are bound as ``<login attribute>=<login>,<base>``."""

    host: Annotated[str, Field(max_length=512, pattern=r"^[A-Za-z0-9_.:-]+$")]
    port: int = Field(ge=1, le=65535)
    protocol_version: Literal[2, 3] = Field(3, description="Kept; version 3 is spoken")
    protocol_security: Literal["ldaps", "tls"] | None = Field(
        None, description="ldaps: encrypted from the start; tls: by StartTLS"
    )
    bind_dn: Name | None = Field(None, description="Who searches for the login's entry")
    bind_password: Name | None = Field(
        None, description="Never shown; absent, it stays if bind_dn and the server stay"
    )
    user_base_dn: Name
    user_login_attribute: Attribute
    user_email_attribute: Attribute
    search_filters: Annotated[str, text(max_length=1024, min_length=1)] | None = Field(
        None, description="With {username} and {user_login_attribute}; needs a bind_dn"
    )

    @model_validator(mode="after")
    def _filter_can_be_read(self) -> Self:
        if self.search_filters is not None:
            try:
                LDAPFilter.from_string(filled(self.search_filters, "a", self.user_login_attribute))
            except ValueError as error:
                raise ValueError("search_filters: no LDAP filter (RFC 4515)") from error
        return self


class LdapConfigRead(Schema):
    """A directory, without the password."""

    tenant_uuid: UUID
    host: str
    port: int
    protocol_version: int
    protocol_security: str | None
    bind_dn: str | None
    user_base_dn: str
    user_login_attribute: str
    user_email_attribute: str
    search_filters: str | None


def filled(template: str, login: str, attribute: str) -> str:
    """The filter for a login, whose characters can't change what it means (RFC 4515, 3)."""
    plain = "".join(
        each
        if each.isascii() and each.isalnum()
        else "".join(f"\\{byte:02x}" for byte in each.encode(errors="replace"))
        for each in login
    )
    # The attribute first: a login may look like a placeholder, but for its braces' escapes.
    return template.replace("{user_login_attribute}", attribute).replace("{username}", plain)


async def _entity(work: Work) -> Any:
    """The request's entity, or the default one where that is none."""
    found = await work.session.scalar(select(Entity).where(Entity.id == work.entity_of_new()))
    if found is None:
        raise UnknownTenant(uuid=None)
    return found


async def _config(work: Work, entity: Entity, *, or_none: bool = False) -> LdapConfig | None:
    found = await work.session.scalar(
        select(LdapConfig).where(LdapConfig.entity_id == entity.id).with_for_update()
    )
    if found is None and not or_none:
        raise UnknownLdapConfig(tenant_uuid=entity.uuid)
    return found


def _shown(entity: Entity, config: Any) -> dict[str, Any]:
    names = [name for name in LdapConfigRead.model_fields if name != "tenant_uuid"]
    return {"tenant_uuid": entity.uuid, **{name: getattr(config, name) for name in names}}


async def get_config(work: Work) -> Any:
    """The tenant's."""
    entity = await _entity(work)
    return _shown(entity, await _config(work, entity))


async def put_config(work: Work) -> Any:
    """The whole of it, for one that there is too."""
    body = await work.body(LdapConfigWrite)
    entity = await _entity(work)
    config = await _config(work, entity, or_none=True)
    values = body.model_dump()
    if config is None:
        config = LdapConfig(entity_id=entity.id)
        work.session.add(config)
    elif "bind_password" not in body.model_fields_set and all(
        getattr(config, name) == values[name] for name in _PLACE
    ):
        # Elsewhere it is not sent: whoever may write here must not learn it by that.
        del values["bind_password"]
    for name, value in values.items():
        setattr(config, name, value)
    await work.session.flush()
    return _shown(entity, config)


async def delete_config(work: Work) -> None:
    """Its users can't log in by it any more."""
    await work.session.delete(await _config(work, await _entity(work)))


class _TenantDirectory(LdapUser):
    """ldap_user by the directory of a tenant, for users of that alone."""

    def __init__(self, sessions: Sessions, settings: AuthSettings, config: LdapConfig) -> None:
        host = f"[{config.host}]" if ":" in config.host else config.host
        scheme = "ldaps" if config.protocol_security == "ldaps" else "ldap"
        copied = {
            "ldap_uri": f"{scheme}://{host}:{config.port}",
            "ldap_starttls": config.protocol_security == "tls",
            "ldap_bind_dn": config.bind_dn,
            "ldap_bind_password": None,
            "ldap_bind_anonymous": False,
            "ldap_user_base_dn": config.user_base_dn,
            "ldap_user_login_attribute": config.user_login_attribute,
            "ldap_user_email_attribute": config.user_email_attribute,
        }
        super().__init__(sessions, settings.model_copy(update=copied))
        self._bind_password = config.bind_password or ""
        self._filters = config.search_filters
        self.users = (User.entity_id == config.entity_id,)

    def condition(self, login: str) -> LDAPFilter:
        """The tenant's own filter, where it has one."""
        if self._filters is None:
            return super().condition(login)
        return LDAPFilter.from_string(filled(self._filters, login, self._login_attribute))


class TenantDirectories:
    """The back end of logins that name a tenant by ``domain_name`` or ``tenant_id``."""

    def __init__(self, sessions: Sessions, settings: AuthSettings) -> None:
        self._sessions = sessions
        self._settings = settings
        self._known: dict[int, tuple[tuple[Any, ...], _TenantDirectory]] = {}

    def named_by(self, request: LoginRequest) -> bool:
        """Whether the login names a tenant."""
        return bool({"domain_name", "tenant_id"} & request.extras.keys())

    async def verify(self, login: str, password: str, request: LoginRequest) -> Holder:
        """The tenant's telephony user, once its directory took the password."""
        domain = request.extras.get("domain_name")
        if domain is None:
            tenant = Entity.uuid == UUID(request.extras["tenant_id"])
        else:
            of_domain = select(EntityDomain.entity_id).where(EntityDomain.name == domain.lower())
            tenant = Entity.id.in_(of_domain)
        async with self._sessions() as session:
            config = await session.scalar(
                select(LdapConfig).join(Entity, Entity.id == LdapConfig.entity_id).where(tenant)
            )
        if config is None:
            raise Refused("tenant_without_directory", is_guess=False)
        return await self._directory(config).verify(login, password, request)

    def _directory(self, config: LdapConfig) -> _TenantDirectory:
        """The same one as long as nothing changes: it knows whether the server is away."""
        columns = tuple(getattr(config, column.key) for column in LdapConfig.__table__.columns)
        known = self._known.get(config.entity_id)
        if known is not None and known[0] == columns:
            return known[1]
        try:
            directory = _TenantDirectory(self._sessions, self._settings, config)
        except (ValueError, OSError) as error:
            log.error("tenant_directory_not_usable", entity_id=config.entity_id, cause=str(error))
            raise Refused("tenant_directory_not_usable", is_guess=False) from error
        self._known[config.entity_id] = columns, directory
        return directory


_EXAMPLE = {
    "host": "ldap.acme.example",
    "port": 636,
    "protocol_security": "ldaps",
    "bind_dn": "cn=ovix,dc=acme,dc=example",
    "bind_password": "a secret",
    "user_base_dn": "ou=people,dc=acme,dc=example",
    "user_login_attribute": "uid",
    "user_email_attribute": "mail",
}
_PATH, _SCOPE = "/backends/ldap", "auth.backends.ldap"
_UNKNOWN = {"responses": {"404": {"description": "Not Found"}}}
OPERATIONS = (
    Operation(
        "GET", _PATH, "get_ldap_config", get_config, (f"{_SCOPE}.read",), answer=LdapConfigRead,
        described=_UNKNOWN, summary="The directory of a tenant",
    ),
    Operation(
        "PUT", _PATH, "put_ldap_config", put_config, (f"{_SCOPE}.update",), body=LdapConfigWrite,
        body_example=_EXAMPLE, answer=LdapConfigRead,
        summary="Have a directory prove the logins of a tenant's users",
    ),
    Operation(
        "DELETE", _PATH, "delete_ldap_config", delete_config, (f"{_SCOPE}.delete",), status=204,
        described=_UNKNOWN, summary="Forget the directory of a tenant",
    ),
)  # fmt: skip
"""What is routed."""
