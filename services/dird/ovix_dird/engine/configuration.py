"""What is configured: sources, displays, profiles. One value, replaced as a whole on a change."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ..errors import UnknownProfile
from ..links import is_link_template
from ..phone_displays import PhoneDisplay
from .results import Column, SourceName

ServiceName = Literal["lookup", "reverse", "favorites"]
Merge = Literal["safe", "numbers", "never"]
SERVICES: tuple[ServiceName, ...] = ("lookup", "reverse", "favorites")
DEFAULT_COUNTRY = "FR"
DEFAULT_PROFILE = "default"


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """A configured source; ``settings`` are for its back end to read."""

    uuid: str
    name: str
    backend: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    entity_id: int | None = None
    """The only entity that sees it; None: all."""
    of_file: bool = False
    """It stands in the operator's own files alone: nobody else said what it reaches."""

    @property
    def named(self) -> SourceName:
        """As results name it."""
        template = self.settings.get("contact_url")
        usable = isinstance(template, str) and is_link_template(template)
        return SourceName(self.uuid, self.name, self.backend, template if usable else None)


@dataclass(frozen=True, slots=True)
class LdapServerConfig:
    """An LDAP server that sources name by its uuid."""

    uri: str
    starttls: bool = False
    entity_id: int | None = None


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """The sources of one service of a profile, in order."""

    sources: tuple[str, ...] = ()
    """Their uuids."""
    timeout_s: float | None = None
    merge: Merge = "safe"
    """Which contacts of two sources are one: ``safe``, of one name that share a number or e-mail;
    ``numbers``, that share one; ``never``."""


@dataclass(frozen=True, slots=True)
class ProfileConfig:
    """A named choice of sources, and of the columns that show what they give."""

    name: str
    columns: Sequence[Column] = ()
    services: Mapping[ServiceName, ServiceConfig] = field(default_factory=dict)
    entity_id: int | None = None
    phone_display: PhoneDisplay | None = None
    """What phones are shown, where that is configured apart from the columns."""

    def service(self, name: ServiceName) -> ServiceConfig | None:
        """What the profile says of a service; None where it does not offer it."""
        return self.services.get(name)


@dataclass(frozen=True, slots=True)
class Configuration:
    """All of it."""

    sources: Mapping[str, SourceConfig] = field(default_factory=dict)
    """By uuid."""
    profiles: Mapping[tuple[int | None, str], ProfileConfig] = field(default_factory=dict)
    """By the entity that sees it (None: all) and name."""
    countries: Mapping[int, str] = field(default_factory=dict)
    """By entity."""
    contexts: frozenset[tuple[int | None, str]] = frozenset()
    """The internal ones: the entity (None: all) and name of each."""
    ldap_servers: Mapping[str, LdapServerConfig] = field(default_factory=dict)
    """By uuid."""

    def profile(self, name: str, entity_id: int | None) -> ProfileConfig:
        """The entity's own, else the one for all; raises `UnknownProfile`.

        Who belongs to no entity also finds those of entities, the first one's first. An internal
        context that has no profile of its name searches as ``default`` does: its users have a
        directory from the first moment on.
        """
        found = self._stored_profile(name, entity_id)
        if found is None and self._has_context(name, entity_id):
            found = self._stored_profile(DEFAULT_PROFILE, entity_id)
            found = None if found is None else replace(found, name=name)
        if found is None:
            raise UnknownProfile(profile=name)
        return found

    def _has_context(self, name: str, entity_id: int | None) -> bool:
        if entity_id is None:
            return any(each == name for _, each in self.contexts)
        return not self.contexts.isdisjoint({(entity_id, name), (None, name)})

    def _stored_profile(self, name: str, entity_id: int | None) -> ProfileConfig | None:
        for key in ((entity_id, name), (None, name)):
            if key in self.profiles:
                return self.profiles[key]
        if entity_id is None:
            owners = sorted(e for e, each in self.profiles if each == name and e is not None)
            if owners:
                return self.profiles[owners[0], name]
        return None

    def of_service(self, profile: ProfileConfig, service: ServiceName) -> list[SourceConfig]:
        """The sources of a service that there are, in order."""
        found = profile.service(service)
        uuids = found.sources if found is not None else ()
        return [self.sources[uuid] for uuid in uuids if uuid in self.sources]

    def named(self, name: str, entity_id: int | None) -> Iterator[SourceConfig]:
        """The sources of this name that the entity sees, its own first."""
        seen = [
            source
            for source in self.sources.values()
            if source.name == name and entity_id in (None, source.entity_id)
        ]
        seen += [
            source
            for source in self.sources.values()
            if source.name == name and entity_id is not None and source.entity_id is None
        ]
        yield from seen

    def country(self, entity_id: int | None) -> str:
        """Where national numbers are read: the entity's country, else the first entity's."""
        if entity_id in self.countries:
            return self.countries[entity_id]  # type: ignore[index]  # None is in no mapping of int
        return self.countries[min(self.countries)] if self.countries else DEFAULT_COUNTRY
