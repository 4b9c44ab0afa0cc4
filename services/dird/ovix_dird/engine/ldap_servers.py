"""Sources that name an LDAP server connect as that server says. Pure.

As in XiVO: one entry declares the server, and each filter has an account and selects data of its
own (reference/dird.md, A12).
"""

from dataclasses import replace

from .configuration import Configuration, SourceConfig

SERVER = "ldap_server_uuid"


def uri_of(host: str, port: int, security_layer: str) -> str:
    """``ldap(s)://host:port``."""
    scheme = "ldaps" if security_layer == "ssl" else "ldap"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def with_servers(configuration: Configuration) -> Configuration:
    """The configuration with the address of its server in every source that names one.

    A source whose server there is not (or not for its entity) has no address at all.
    """
    sources = {
        uuid: _connected(each, configuration) if each.settings.get(SERVER) else each
        for uuid, each in configuration.sources.items()
    }
    return replace(configuration, sources=sources)


def _connected(source: SourceConfig, configuration: Configuration) -> SourceConfig:
    server = configuration.ldap_servers.get(str(source.settings[SERVER]))
    if server is None or server.entity_id not in (None, source.entity_id):
        return replace(source, settings={**source.settings, "ldap_uri": None})
    address = {"ldap_uri": server.uri, "ldap_starttls": server.starttls}
    return replace(source, settings={**source.settings, **address})
