"""``/ldap/servers``: LDAP servers, which sources then name (reference/dird.md, A12; F-366, F-368).

As in XiVO's web pages: the server is declared once, and each source has its own account, base DN
and filter on it.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

from ovix_ldap import address
from ovix_schema import DirectorySource, LdapServer
from ovix_web import ApiError, Operation, Work
from ovix_web.bodies import Schema, text
from pydantic import Field, SecretStr, model_validator
from sqlalchemy import or_, select

from ..backend import SourceFailed
from ..backends.ldap.source import LdapSettings
from ..backends.ldap.trial import try_to_bind
from ..engine.ldap_servers import SERVER, uri_of
from . import configured
from .listing import PARAMETERS

SecurityLayer = Literal["none", "tls", "ssl"]
_PORTS = {"none": 389, "tls": 389, "ssl": 636}


class ServerInUse(ApiError):
    """Sources still name the server."""

    status = 409
    template = "The LDAP server is still used by the sources {sources}"


class LdapServerWrite(Schema):
    """Where an LDAP server is, and how connections to it are encrypted."""

    name: Annotated[str, text(255, 1)]
    host: Annotated[str, text(240, 1), Field(pattern=r"^[\w.:-]+$")]
    """A name or an address, nothing else."""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Null: 389, or 636 with ``ssl``."""
    security_layer: SecurityLayer = "none"
    """``tls``: StartTLS on the plain port; ``ssl``: TLS from the first byte (``ldaps``)."""
    protocol_version: Literal[2, 3] = 3
    """Kept for XiVO's sake: connections speak version 3, as every server does."""
    description: Annotated[str, text(4096)] | None = None

    @model_validator(mode="after")
    def _is_somewhere(self) -> "LdapServerWrite":
        host, _, _ = address(uri_of(self.host, self.port or 389, self.security_layer))
        if host.lower() != self.host.lower():
            raise ValueError("host must be a name or an address, and nothing else")
        if self.security_layer == "tls" and self.protocol_version == 2:
            raise ValueError("StartTLS (tls) needs protocol_version 3")
        return self


class LdapServerRead(Schema):
    """An LDAP server."""

    uuid: UUID
    name: str
    host: str
    port: int
    security_layer: SecurityLayer
    protocol_version: int
    description: str | None
    entity_id: int | None


class LdapServerList(Schema):
    """LDAP servers."""

    total: int
    filtered: int
    items: list[LdapServerRead]


class LdapServerTest(Schema):
    """As whom to bind in a test; nobody by default."""

    ldap_username: Annotated[str, text(1024)] = ""
    ldap_password: SecretStr = SecretStr("")
    verify_certificate: bool | Annotated[str, text(4096, 1)] = True


class LdapServerTested(Schema):
    """Whether the server took connection and bind; if not, why."""

    success: bool
    reason: str | None


async def list_servers(work: Work) -> object:
    """Every LDAP server."""
    found = await configured.rows(work, LdapServer)
    return configured.page(work, [_shown(each) for each in found])


async def create(work: Work) -> object:
    """A new LDAP server, for sources to name."""
    body = await work.body(LdapServerWrite)
    await configured.must_be_free(work, LdapServer, body.name)
    server = LdapServer(entity_id=work.entity_id, **_columns(body))
    work.session.add(server)
    await work.session.flush()  # for its uuid
    configured.applies_on_commit(work)
    return _shown(server)


async def get_server(work: Work) -> object:
    """One LDAP server."""
    return _shown(await configured.this_one(work, LdapServer, "ldap-server"))


async def replace(work: Work) -> object:
    """Another address: sources that name the server connect there from now on."""
    server = await configured.to_change(work, LdapServer, "ldap-server")
    body = await work.body(LdapServerWrite)
    await configured.must_be_free(work, LdapServer, body.name, server)
    for name, value in _columns(body).items():
        setattr(server, name, value)
    return None


async def delete_server(work: Work) -> object:
    """A server goes, unless a source names it. Raises `ServerInUse`."""
    server = await configured.to_change(work, LdapServer, "ldap-server")
    # A source that is being made waits for this, and then finds no server.
    await work.session.scalar(
        select(LdapServer.uuid).where(LdapServer.uuid == server.uuid).with_for_update()
    )
    named = DirectorySource.settings[SERVER].astext == str(server.uuid)
    using = select(DirectorySource.name).where(named).order_by(DirectorySource.name).limit(10)
    if sources := (await work.session.scalars(using)).all():
        raise ServerInUse(sources=", ".join(sources))
    await work.session.delete(server)
    return None


async def test_server(work: Work) -> object:
    """Connect to the server, and bind."""
    server = await configured.this_one(work, LdapServer, "ldap-server")
    body = await work.body(LdapServerTest)
    settings = LdapSettings(
        name=server.name,
        searched_columns=["cn"],
        ldap_uri=uri_of(server.host, server.port, server.security_layer),
        ldap_base_dn="unused",
        ldap_username=body.ldap_username,
        ldap_password=body.ldap_password,
        ldap_starttls=server.security_layer == "tls",
        verify_certificate=body.verify_certificate,
    )
    try:
        await try_to_bind(settings, work.request.app.state.reach)
    except SourceFailed as failure:
        return {"success": False, "reason": str(failure)}
    return {"success": True, "reason": None}


async def must_know(work: Work, server_uuid: UUID | None, entity_id: int | None) -> None:
    """Raises `configured.Unknown` for a server that a source of the entity can't name."""
    if server_uuid is None:
        return
    known = await work.session.scalar(
        select(LdapServer.uuid)
        .where(
            LdapServer.uuid == server_uuid,
            or_(
                LdapServer.entity_id.is_not_distinct_from(entity_id), LdapServer.entity_id.is_(None)
            ),
        )
        .with_for_update(read=True)
    )
    if known is None:
        raise configured.Unknown(resource="ldap-server", uuid=str(server_uuid))


def _columns(body: LdapServerWrite) -> dict[str, Any]:
    return {**body.model_dump(), "port": body.port or _PORTS[body.security_layer]}


def _shown(server: LdapServer) -> dict[str, Any]:
    return {
        "uuid": str(server.uuid),
        "name": server.name,
        "host": server.host,
        "port": server.port,
        "security_layer": server.security_layer,
        "protocol_version": server.protocol_version,
        "description": server.description,
        "entity_id": server.entity_id,
    }


_ALL, _ONE = "/ldap/servers", "/ldap/servers/{uuid:uuid}"
_SCOPE = "dird.ldap.servers"
_TAKEN = {"responses": {"409": {"description": "The name is taken"}}}
_EXAMPLE = {
    "name": "company",
    "host": "ldap.example.org",
    "port": 389,
    "security_layer": "tls",
    "protocol_version": 3,
    "description": "OpenLDAP of the head office",
}

OPERATIONS = (
    Operation(
        "GET",
        _ALL,
        "list_ldap_servers",
        list_servers,
        (f"{_SCOPE}.read",),
        query=PARAMETERS,
        answer=LdapServerList,
    ),
    Operation(
        "POST",
        _ALL,
        "create_ldap_server",
        create,
        (f"{_SCOPE}.create",),
        status=201,
        body=LdapServerWrite,
        body_example=_EXAMPLE,
        answer=LdapServerRead,
        described=_TAKEN,
    ),
    Operation(
        "GET", _ONE, "get_ldap_server", get_server, (f"{_SCOPE}.{{uuid}}.read",),
        answer=LdapServerRead,
    ),
    Operation(
        "PUT",
        _ONE,
        "replace_ldap_server",
        replace,
        (f"{_SCOPE}.{{uuid}}.update",),
        status=204,
        body=LdapServerWrite,
        body_example=_EXAMPLE,
        described=_TAKEN,
    ),
    Operation(
        "DELETE",
        _ONE,
        "delete_ldap_server",
        delete_server,
        (f"{_SCOPE}.{{uuid}}.delete",),
        status=204,
        described={"responses": {"409": {"description": "Sources still name it"}}},
    ),
    Operation(
        "POST",
        f"{_ONE}/test",
        "test_ldap_server",
        test_server,
        (f"{_SCOPE}.{{uuid}}.test.create",),
        summary="Connect to the server, and bind",
        body=LdapServerTest,
        body_example={"ldap_username": "cn=reader,dc=example,dc=org", "ldap_password": "secret"},
        answer=LdapServerTested,
    ),
)  # fmt: skip
