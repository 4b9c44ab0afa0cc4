"""What dird refuses, in the words of reference/dird.md, A13 and part C."""

import time
from collections.abc import Callable, Mapping

from ovix_web import ApiError, Problem
from ovix_web.renderers import Renderer

_ERROR_IDS = {"invalid-request": "invalid-data"}
"""What 2026.08 calls errors that are the same in all our services."""


def _shape(problem: Problem) -> object:
    """One object that clients of 16.16 (``reason``) and of 2026.08 (``error_id``) both read."""
    now = time.time()
    faults = problem.details.get("reason")
    return {
        # Contacts have a text for each fault; imports an object for each line.
        "reason": faults if isinstance(faults, list) else [problem.message],
        # XiVO gives a list, but for what its token check answers.
        "timestamp": now if problem.status in (401, 503) else [now],
        "status_code": problem.status,
        "message": problem.message,
        "error_id": _ERROR_IDS.get(problem.error_id, problem.error_id),
        "details": dict(problem.details),
    }


dird_errors = Renderer(
    _shape,
    {
        "title": "Error",
        "type": "object",
        "required": ["reason", "timestamp", "status_code", "message", "error_id", "details"],
        "properties": {
            "reason": {"type": "array", "items": {}},
            "timestamp": {
                "anyOf": [{"type": "number"}, {"type": "array", "items": {"type": "number"}}]
            },
            "status_code": {"type": "integer"},
            "message": {"type": "string"},
            "error_id": {"type": "string"},
            "details": {"type": "object"},
        },
    },
)


class UnknownProfile(ApiError):
    """No profile of this name, or none with a display."""

    status = 404
    template = "The profile `{profile}` does not exist"


class NoFavoritesService(ApiError):
    """The profile has no favorites."""

    status = 404
    template = "No such profile in favorite service configuration: {profile}"


class NoSuchContact(ApiError):
    """Of nobody, or of somebody else."""

    status = 404
    template = "No such contact: {contact}"


class DuplicatePersonalContact(ApiError):
    """The user has just this contact."""

    status = 409
    template = "Adding this contact would create a duplicate"


class DuplicateContact(ApiError):
    """The phonebook has just this contact."""

    status = 409
    template = "Duplicate contact"


class NoSuchPhonebook(ApiError):
    """None of this id in the tenant, or one of another entity."""

    status = 404
    template = "No such phonebook: {phonebook}"


class DuplicatePhonebook(ApiError):
    """The tenant has one of this name."""

    status = 409
    template = "Duplicating phonebook"


class Conflict(ApiError):
    """Names of sources, displays and profiles are unique in an entity."""

    status = 409
    template = "The name is already used"


CONSTRAINTS: Mapping[str, Callable[[], ApiError]] = {
    "uq_directory_sources_entity_id_name": Conflict,
    "uq_directory_displays_entity_id_name": Conflict,
    "uq_directory_profiles_entity_id_name": Conflict,
    "uq_ldap_servers_entity_id_name": Conflict,
    "uq_personal_contacts_user_uuid_content_hash": DuplicatePersonalContact,
    "uq_phonebook_contacts_phonebook_id_content_hash": DuplicateContact,
    "uq_phonebooks_entity_id_tenant_name": DuplicatePhonebook,
}
