"""Errors an endpoint or the framework may answer with, before a renderer gives them their shape."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of a request."""

    name: str
    message: str


@dataclass(frozen=True, slots=True)
class Problem:
    """An error on its way to a client; renderers turn it into the service's wire shape."""

    status: int
    message: str
    error_id: str
    details: Mapping[str, object] = field(default_factory=dict)
    fields: tuple[FieldError, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


class ApiError(Exception):
    """A domain error with its HTTP status; ``template`` is filled with the details given."""

    status: ClassVar[int] = 500
    template: ClassVar[str] = "Unexpected error"

    def __init__(self, **details: object) -> None:
        self.details: Mapping[str, object] = details
        super().__init__(self.template.format_map(details))

    @classmethod
    def error_id(cls) -> str:
        """The class name in kebab case, as newer services name their errors."""
        return _WORD_START.sub("-", cls.__name__).lower()

    def headers(self) -> Mapping[str, str]:
        """Response headers that belong to the error."""
        return {}

    def problem(self) -> Problem:
        """The error as renderers take it."""
        return Problem(
            self.status, str(self), self.error_id(), self.details, headers=self.headers()
        )


class InvalidRequest(ApiError):
    """The request can't be read, or fields of it are not acceptable."""

    status = 400
    template = "Input Error - {message}"

    def __init__(self, message: str = "", *fields: FieldError) -> None:
        self.fields = fields
        text = message or "; ".join(f"{each.name}: {each.message}" for each in fields)
        super().__init__(message=text)

    def problem(self) -> Problem:
        """Names the fields, one by one."""
        named = {each.name: each.message for each in self.fields}
        return Problem(self.status, str(self), self.error_id(), named, self.fields)


class Unauthorized(ApiError):
    """No token, an unknown one, or one without the access: 401 for all (never 403), as XiVO does.

    ``reason`` is ``missing_token``, ``not_found_or_expired`` or ``missing_permission``.
    """

    status = 401
    template = "Unauthorized"


class BodyTooLarge(ApiError):
    """Refused by its Content-Length, or cut while it is read; never held in memory."""

    status = 413
    template = "Input Error - the request body is larger than {limit} bytes"


class BodyTooSlow(ApiError):
    """The client did not send its body in time."""

    status = 408
    template = "Input Error - the request body did not arrive within {seconds:g} seconds"


class UrlTooLong(ApiError):
    """Longer than any path of the API; numbers of thousands of digits end here too."""

    status = 414
    template = "Input Error - the URL's path is longer than {limit} characters"


class PreconditionFailed(ApiError):
    """The item is not the one that the client has read."""

    status = 412
    template = "Precondition Failed - {title} has changed since it was read"


class KeyReused(ApiError):
    """An Idempotency-Key that stands for another request already."""

    status = 422
    template = "Input Error - Idempotency-Key: was given with another request before"


class StoredConflict(ApiError):
    """A database constraint nobody gave a better text for refused the change."""

    status = 400
    template = "Resource Error - the request conflicts with what is stored ('{constraint}')"


class UnstorableValue(ApiError):
    """A value no column can hold: a NUL character, a number out of range, broken Unicode."""

    status = 400
    template = "Input Error - a value can't be stored: {message}"


class Unavailable(ApiError):
    """Something the service stands on is away; the request may be repeated."""

    status = 503
    template = "Service unavailable - {message}"

    def headers(self) -> Mapping[str, str]:
        """Clients and proxies may try again soon."""
        return {"Retry-After": "1"}


class DatabaseUnavailable(Unavailable):
    """PostgreSQL can't be reached, or dropped the connection."""

    template = "Service unavailable - the database can't be reached, try again"


class Overloaded(Unavailable):
    """More work is waiting than the service can do in time."""

    template = "Service unavailable - too many requests are waiting for {what}, try again"


class TimedOut(Unavailable):
    """The request took longer than the service allows."""

    template = "Service unavailable - no answer within {seconds:g} seconds, try again"
