"""The configuration as the database holds it."""

from collections.abc import Mapping
from typing import Any

from ovix_schema import (
    Context,
    DirectoryDisplay,
    DirectoryProfile,
    DirectoryProfileSource,
    DirectorySource,
    Entity,
    LdapServer,
)
from ovix_web import Sessions
from sqlalchemy import select

from .configuration import (
    SERVICES,
    Configuration,
    LdapServerConfig,
    ProfileConfig,
    ServiceConfig,
    SourceConfig,
)
from .ldap_servers import uri_of
from .results import Column

_COLUMN_FIELDS = ("field", "title", "type", "default", "number_display")


async def stored_configuration(sessions: Sessions) -> Configuration:
    """All of it, by a few statements in one snapshot."""
    async with sessions.begin() as session:
        await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        sources = (await session.scalars(select(DirectorySource))).all()
        displays = (await session.scalars(select(DirectoryDisplay))).all()
        profiles = (await session.scalars(select(DirectoryProfile))).all()
        links = (
            await session.scalars(
                select(DirectoryProfileSource).order_by(DirectoryProfileSource.position)
            )
        ).all()
        countries = (await session.execute(select(Entity.id, Entity.country))).all()
        internal = select(Context.entity_id, Context.name).where(Context.type == "internal")
        contexts = (await session.execute(internal)).all()
        ldap_servers = (await session.scalars(select(LdapServer))).all()
    columns = {each.uuid: read_columns(each.columns) for each in displays}
    linked: dict[tuple[Any, str], list[str]] = {}
    for link in links:
        linked.setdefault((link.profile_uuid, link.service), []).append(str(link.source_uuid))
    return Configuration(
        sources={
            str(each.uuid): SourceConfig(
                str(each.uuid), each.name, each.backend, each.settings, each.entity_id
            )
            for each in sources
        },
        profiles={
            (each.entity_id, each.name): ProfileConfig(
                name=each.name,
                columns=columns.get(each.display_uuid, ()) if each.display_uuid else (),
                services={
                    service: _service(linked.get((each.uuid, service), []), each.services[service])
                    for service in SERVICES
                    if service in each.services
                },
                entity_id=each.entity_id,
            )
            for each in profiles
        },
        countries=dict(countries),
        contexts=frozenset((entity_id, name) for entity_id, name in contexts),
        ldap_servers={str(each.uuid): ldap_server(each) for each in ldap_servers},
    )


def ldap_server(row: LdapServer) -> LdapServerConfig:
    """How sources that name it connect."""
    uri = uri_of(row.host, row.port, row.security_layer)
    return LdapServerConfig(uri, row.security_layer == "tls", row.entity_id)


def read_columns(columns: list[dict[str, Any]]) -> tuple[Column, ...]:
    """Columns of a display, as they are stored."""
    return tuple(
        Column(**{name: each.get(name) for name in _COLUMN_FIELDS if name in each} | _field(each))
        for each in columns
    )


def _field(column: Mapping[str, Any]) -> dict[str, Any]:
    return {"field": column.get("field")}


def _service(sources: list[str], stored: Mapping[str, Any]) -> ServiceConfig:
    options = stored.get("options") or {}
    return ServiceConfig(
        sources=tuple(sources),
        timeout_s=options.get("timeout"),
        merge=options.get("merge") or "safe",
    )
