"""A plugin's own parameters (its service ``configure``; reference/provd/rest-api.md, 7)."""

from typing import Any

from ...surface.services import InvalidParameterError
from ..channel import CallFailed, Failure

_DESCRIPTION = "description"


def described(service: Any) -> list[dict[str, Any]]:
    """Each with id, value and its description in every language there is."""
    found: dict[str, dict[str, Any]] = {}
    for attribute in _descriptions(service):
        for name, text in _pairs(getattr(service, attribute)):
            found.setdefault(name, {"id": name, _DESCRIPTION: ""})[attribute] = text
    return [{**parameter, "value": service.get(name)} for name, parameter in found.items()]


def _descriptions(service: Any) -> list[str]:
    # The surface's decorator answers for the service behind it only when asked by name.
    names = {*dir(service), *dir(getattr(service, "_service", None)), _DESCRIPTION}
    return sorted(
        name
        for name in names
        if name == _DESCRIPTION or name.startswith(f"{_DESCRIPTION}_")
        if hasattr(service, name)
    )


def _pairs(described: Any) -> list[tuple[str, str]]:
    pairs = described.items() if isinstance(described, dict) else described
    return [(str(name), str(text)) for name, text in pairs]


def value(service: Any, name: str) -> Any:
    """Its value; raises `CallFailed` of kind ``key``."""
    try:
        return service.get(name)
    except (KeyError, InvalidParameterError) as error:
        raise CallFailed(Failure.KEY, name) from error


def take(service: Any, name: str, new: Any) -> None:
    """Store it; raises `CallFailed` of kind ``key`` or ``value``."""
    known = {known for known, _ in _pairs(getattr(service, _DESCRIPTION, ()))}
    if known and name not in known:
        raise CallFailed(Failure.KEY, name)
    try:
        service.set(name, new)
    except KeyError as error:
        raise CallFailed(Failure.KEY, name) from error
    except (InvalidParameterError, ValueError) as error:
        raise CallFailed(Failure.VALUE, str(error)) from error
