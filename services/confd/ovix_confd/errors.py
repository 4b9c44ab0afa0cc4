"""The errors of confd's endpoints, in XiVO's words (reference/confd/README.md, Errors)."""

from collections.abc import Callable
from typing import ClassVar

from ovix_web.errors import ApiError


class ConfdError(ApiError):
    """``<prefix> - <message> (<metadata>)``; clients may test the prefix, the rest informs."""

    prefix: ClassVar[str] = "Error"
    status: ClassVar[int] = 400
    template: ClassVar[str] = "{text}"

    def __init__(self, message: str, **metadata: object) -> None:
        pairs = ", ".join(f"{key!r}: {value!r}" for key, value in metadata.items())
        super().__init__(text=f"{self.prefix} - {message}" + (f" ({pairs})" if pairs else ""))


class NotFound(ConfdError):
    """An object of the path does not exist, or belongs to another entity."""

    status = 404
    prefix = "Resource Not Found"

    def __init__(self, resource: str, **metadata: object) -> None:
        super().__init__(f"{resource} was not found", **metadata)


class InputError(ConfdError):
    """The body or the query string can't be accepted as it is."""

    prefix = "Input Error"


class ResourceError(ConfdError):
    """The request is right, the state of things forbids it."""

    prefix = "Resource Error"


def param_not_found(field: str, resource: str, **metadata: object) -> InputError:
    """An object named in a body does not exist: 400, where one of the path would be 404."""
    return InputError(f"field '{field}': {resource} was not found", **metadata)


def already_exists(resource: str, **metadata: object) -> ResourceError:
    """Something unique is taken."""
    return ResourceError(f"{resource} already exists", **metadata)


def associated(left: str, right: str, **metadata: object) -> ResourceError:
    """An association is there already, or forbids the deletion."""
    return ResourceError(f"{left} is associated with a {right}", **metadata)


def not_associated(left: str, right: str, **metadata: object) -> ResourceError:
    """An association that should be dissolved is not there."""
    return ResourceError(f"{left} is not associated with {right}", **metadata)


def must_be_associated(left: str, right: str, **metadata: object) -> ResourceError:
    """Another association has to be made first."""
    return ResourceError(f"{left} must be associated with a {right}", **metadata)


def not_permitted(reason: str, **metadata: object) -> ResourceError:
    """Duplicates in lists, objects of different entities, private objects."""
    return ResourceError(f"Operation not permitted. {reason}", **metadata)


Conflict = Callable[[], ApiError]
"""What the violation of a database constraint is called towards the client."""


def taken(resource: str) -> Conflict:
    """The constraint guards uniqueness: ``<resource> already exists``."""
    return lambda: already_exists(resource)


def in_use(resource: str, user: str) -> Conflict:
    """The constraint is a foreign key to what is deleted: ``<resource> is associated with a …``."""
    return lambda: associated(resource, user)
