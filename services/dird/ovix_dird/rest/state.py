"""``/config`` and ``/status``: what is in force, and how every source does."""

from typing import Any

from ovix_web import Operation, Work
from ovix_web.bodies import Schema

from ..engine.configuration import Configuration, ProfileConfig
from ..engine.sources import Sources
from ..phone_displays import written_phone_display
from . import configured


class ConfigRead(Schema):
    """The configuration in XiVO's form, without passwords."""

    sources: dict[str, dict[str, Any]]
    services: dict[str, dict[str, Any]]
    views: dict[str, Any]


class SourceState(Schema):
    """How a source does."""

    status: str
    """``up``, ``failing`` (it failed the last time) or ``down`` (it is skipped for a while)."""
    cause: str
    latency: float | None
    """Seconds that its last answer took."""
    backend: str


class StatusRead(Schema):
    """How dird and its sources do."""

    rest_api: dict[str, str]
    sources: dict[str, SourceState]


async def config(work: Work) -> object:
    """Sources, services and views, as XiVO's files have them."""
    configuration = await configured.live(work).current()
    names = {uuid: each.name for uuid, each in configuration.sources.items()}
    profiles = _profiles(configuration, work.entity_id)
    services: dict[str, dict[str, Any]] = {"lookup": {}, "reverse": {}, "favorites": {}}
    for profile in profiles:
        for service, found in profile.services.items():
            services[service][profile.name] = {
                "sources": [names[uuid] for uuid in found.sources if uuid in names],
                "timeout": found.timeout_s,
            }
    return {
        "sources": {
            each.name: configured.without_secrets(
                {"type": each.backend, "name": each.name, "uuid": each.uuid, **each.settings}
            )
            for each in configuration.sources.values()
            if work.entity_id is None or each.entity_id in (None, work.entity_id)
        },
        "services": services,
        "views": {
            "displays": {
                profile.name: [
                    {
                        "title": column.title,
                        "type": column.type,
                        "field": column.field,
                        "default": column.default,
                    }
                    for column in profile.columns
                ]
                for profile in profiles
            },
            "profile_to_display": {profile.name: profile.name for profile in profiles},
            "displays_phone": {
                profile.name: written_phone_display(profile.phone_display)
                for profile in profiles
                if profile.phone_display is not None
            },
            "profile_to_display_phone": {
                profile.name: profile.name
                for profile in profiles
                if profile.phone_display is not None
            },
        },
    }


def _profiles(configuration: Configuration, entity_id: int | None) -> list[ProfileConfig]:
    return [
        each
        for each in configuration.profiles.values()
        if entity_id is None or each.entity_id in (None, entity_id)
    ]


async def status(work: Work) -> object:
    """How every source does that the token's entity sees."""
    running: Sources = work.request.app.state.sources
    return {
        "rest_api": {"status": "ok"},
        "sources": {
            each.config.name: {
                "status": str(each.state),
                "cause": each.cause,
                "latency": each.latency_s,
                "backend": each.config.backend,
            }
            for each in running
            if work.entity_id is None or each.config.entity_id in (None, work.entity_id)
        },
    }


OPERATIONS = (
    Operation(
        "GET",
        "/config",
        "get_config",
        config,
        ("dird.config.read",),
        summary="The configuration in force, in XiVO's form",
        answer=ConfigRead,
    ),
    Operation(
        "GET",
        "/status",
        "get_status",
        status,
        ("dird.status.read",),
        summary="How every source does",
        answer=StatusRead,
    ),
)
