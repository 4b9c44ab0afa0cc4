"""XiVO's YAML files laid over the configuration of the database (reference/dird.md, A1, A8, A12).

``sources.d/*.yml`` hold one source each, ``conf.d/*.yml`` whatever else dird's configuration has.
A source of a name that the database has too gets the file's keys put over its own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import structlog
import yaml

from ..phone_displays import PhoneDisplay, read_phone_display
from .configuration import (
    SERVICES,
    Configuration,
    ProfileConfig,
    ServiceConfig,
    ServiceName,
    SourceConfig,
)
from .results import Column
from .stored import read_columns

log = structlog.get_logger(__name__)

FILE_MAX_BYTES = 1024 * 1024
FOLDERS = ("conf.d", "sources.d")
_RENAMED = {"dird_phonebook": "phonebook"}
_COLUMN_ORDER = ("title", "type", "default", "field")
"""Of the columns of a display that XiVO's database keeps."""


class UnreadableFile(Exception):
    """A file that is no configuration; the text names it and says why."""


@dataclass(frozen=True, slots=True)
class YamlFiles:
    """What the files say; nothing where there are none."""

    sources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    services: Mapping[str, Any] = field(default_factory=dict)
    views: Mapping[str, Any] = field(default_factory=dict)


def read_files(directory: Path) -> YamlFiles:
    """Every file of the directory; raises `UnreadableFile`."""
    sources: dict[str, dict[str, Any]] = {}
    services: dict[str, Any] = {}
    views: dict[str, Any] = {}
    files = [directory / "config.yml", *_files(directory / "conf.d")]
    for path in files:
        content = _content(path)
        for name, keys in _mapping(content, "sources", path).items():
            sources.setdefault(str(name), {}).update(_source(keys, path) | {"name": str(name)})
        for whole, part in ((services, "services"), (views, "views")):
            for name, each in _mapping(content, part, path).items():
                known = whole.setdefault(name, {})
                if not isinstance(each, dict):
                    raise UnreadableFile(f"{path}: {part}.{name} is no mapping")
                known.update(each)
    for path in _files(directory / "sources.d"):
        keys = _source(_content(path), path)
        own_name = keys.get("name")
        if not isinstance(own_name, str) or not own_name:
            raise UnreadableFile(f"{path}: a source needs a name")
        sources.setdefault(own_name, {}).update(keys)
    return YamlFiles(sources, services, views)


def laid_over(configuration: Configuration, files: YamlFiles) -> Configuration:
    """The configuration with what the files say."""
    sources = dict(configuration.sources)
    for_all = {each.name: each for each in sources.values() if each.entity_id is None}
    for name, keys in files.sources.items():
        for_all[name] = _laid_over_source(for_all.get(name), name, keys)
        sources[for_all[name].uuid] = for_all[name]
    uuids = {name: each.uuid for name, each in for_all.items()}
    profiles = dict(configuration.profiles)
    shown = _named(files.views.get("profile_to_display"))
    phones = _phone_displays(files.views)
    offered = {service: _named(files.services.get(service)) for service in SERVICES}
    searched = {profile for of_service in offered.values() for profile in of_service}
    for name in {*shown, *phones, *searched}:
        profile = profiles.get((None, name)) or ProfileConfig(name)
        services: dict[ServiceName, ServiceConfig] = dict(profile.services)
        for service, of_service in offered.items():
            if name in of_service:
                services[service] = _service(of_service[name], uuids, f"{service}.{name}")
        columns = profile.columns
        if name in shown:
            columns = _columns(_named(files.views.get("displays")).get(shown[name]))
        profiles[None, name] = replace(
            profile,
            services=services,
            columns=columns,
            phone_display=phones.get(name, profile.phone_display),
        )
    return replace(configuration, sources=sources, profiles=profiles)


def _phone_displays(views: Mapping[str, Any]) -> dict[str, PhoneDisplay | None]:
    """By profile; None where its display is missing or can't be read: then by its columns."""
    displays = {
        name: read_phone_display(each) for name, each in _named(views.get("displays_phone")).items()
    }
    chosen = _named(views.get("profile_to_display_phone"))
    for profile, display in chosen.items():
        if displays.get(str(display)) is None:
            log.warning("phone_display_left_out", profile=profile, display=display)
    return {profile: displays.get(str(display)) for profile, display in chosen.items()}


def _laid_over_source(
    known: SourceConfig | None, name: str, keys: Mapping[str, Any]
) -> SourceConfig:
    settings = {key: value for key, value in keys.items() if key not in ("type", "name", "uuid")}
    kind = keys.get("type")
    if known is not None:
        backend = known.backend if kind is None else _backend(str(kind), settings)
        return replace(known, backend=backend, settings={**known.settings, **settings})
    uuid = keys.get("uuid")
    return SourceConfig(
        # Always the same for a name, so that favorites survive restarts.
        uuid=str(uuid) if _is_uuid(uuid) else str(uuid5(NAMESPACE_URL, f"dird-source:{name}")),
        name=name,
        backend=_backend(str(kind), settings),
        settings=settings,
        of_file=True,
    )


def _backend(kind: str, settings: Mapping[str, Any]) -> str:
    # XiVO's own type asks a confd; ours reads the users of this installation.
    if kind == "xivo" and "confd_config" in settings:
        return "wazo"
    return _RENAMED.get(kind, kind)


def _service(given: Any, uuids: Mapping[str, str], where: str) -> ServiceConfig:
    given = given if isinstance(given, dict) else {}
    names = given.get("sources") or []
    if isinstance(names, dict):  # 17.17: a map of name to true or false
        names = [name for name, enabled in names.items() if enabled]
    names = [str(each) for each in names] if isinstance(names, list) else []
    unknown = [each for each in names if each not in uuids]
    if unknown:
        log.warning("unknown_sources_left_out", service=where, sources=unknown)
    timeout = given.get("timeout")
    usable = isinstance(timeout, int | float) and timeout > 0
    return ServiceConfig(
        sources=tuple(dict.fromkeys(uuids[each] for each in names if each in uuids)),
        timeout_s=float(timeout) if usable and timeout is not None else None,
    )


def _columns(given: Any) -> tuple[Column, ...]:
    if isinstance(given, dict):
        # Keys are numbers in a text, and 100 comes after 20.
        ordered = sorted(given.items(), key=lambda item: _position(item[0]))
        given = [
            dict(zip(_COLUMN_ORDER, each, strict=False)) if isinstance(each, list) else each
            for _, each in ordered
        ]
    found = [each for each in given or [] if isinstance(each, dict)]
    return read_columns(found)


def _position(key: Any) -> tuple[int, str]:
    text = str(key)
    return (int(text), "") if text.isascii() and text.isdigit() else (2**31, text)


def _named(given: Any) -> dict[str, Any]:
    return {str(name): each for name, each in given.items()} if isinstance(given, dict) else {}


def _is_uuid(given: Any) -> bool:
    try:
        UUID(str(given))
    except ValueError:
        return False
    return True


def _files(folder: Path) -> Iterable[Path]:
    return sorted(folder.glob("*.yml")) if folder.is_dir() else []


def _content(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(FILE_MAX_BYTES + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror}") from error
    if len(content) > FILE_MAX_BYTES:
        raise UnreadableFile(f"{path}: larger than {FILE_MAX_BYTES} bytes")
    try:
        read = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeError) as error:
        raise UnreadableFile(f"{path}: {' '.join(str(error).split())[:300]}") from error
    if read is None:
        return {}
    if not isinstance(read, dict):
        raise UnreadableFile(f"{path}: not a mapping")
    return read


def _mapping(content: Mapping[str, Any], part: str, path: Path) -> dict[str, Any]:
    found = content.get(part) or {}
    if not isinstance(found, dict):
        raise UnreadableFile(f"{path}: {part} is no mapping")
    return found


def _source(keys: Any, path: Path) -> dict[str, Any]:
    if not isinstance(keys, dict):
        raise UnreadableFile(f"{path}: a source is no mapping")
    return {str(key): value for key, value in keys.items()}
