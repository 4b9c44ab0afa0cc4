"""Events and their types: a name, a routing key, typed data, and who may hear of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from string import Formatter
from typing import Any, Generic, ParamSpec

from pydantic import BaseModel, ConfigDict

from .topic import MAX_ROUTING_KEY_BYTES, escaped

P = ParamSpec("P")


class EventData(BaseModel):
    """The ``data`` of an event. A field declared ``exclude=True`` only serves the routing key."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Event:
    """A fact to announce. ``required_acl`` None: never leaves the bus for a websocket client."""

    name: str
    routing_key: str
    data: dict[str, Any]
    required_acl: str | None = None


class _Segments(Formatter):
    """Fills ``{field}`` and ``{field.attribute}`` with values escaped as one segment each."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if value is None:
            raise ValueError("a value of a routing key may not be None")
        return escaped(str(value))


class _OptionalSegments(Formatter):
    """The same, but a segment without value leaves only its dot, for the caller to drop."""

    def format_field(self, value: Any, format_spec: str) -> str:
        return "" if value is None else escaped(str(value))


@dataclass(frozen=True)
class EventType(Generic[P]):
    """A kind of event of the catalogue. Calling it with the fields of ``data`` gives an `Event`.

    ``acl`` is a template like the routing key. By default it is ``events.`` + the routing key, also
    where XiVO sends none: nobody but a holder of ``events.#`` (or of a wildcard that reaches so
    far) hears of it then (docs/decisions/0012). A placeholder whose value is
    None drops its segment: a call of no user asks for ``events.calls``, which ``events.calls.me``
    does not match. None as a whole keeps the event inside the platform.
    """

    name: str
    routing_key: str
    data: Callable[P, EventData]
    summary: str
    acl: str | None = "events.{routing_key}"

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Event:
        """The event with these data; pydantic's ValidationError when they are not of the type."""
        data = self.data(*args, **kwargs)
        values = dict(data)
        routing_key = _Segments().vformat(self.routing_key, (), values)
        if len(routing_key.encode()) > MAX_ROUTING_KEY_BYTES:
            raise ValueError(f"the routing key of {self.name} is too long: {routing_key}")
        return Event(
            name=self.name,
            routing_key=routing_key,
            data=data.model_dump(mode="json"),
            required_acl=self._required_acl(values, routing_key),
        )

    @property
    def model(self) -> type[EventData]:
        """The pydantic model of ``data``."""
        if not (isinstance(self.data, type) and issubclass(self.data, EventData)):
            raise TypeError(f"the data of {self.name} must be a model")
        return self.data

    @property
    def key_shape(self) -> str:
        """The routing key with its placeholders made alike, to find two types that share one."""
        return re.sub(r"\{[^}]*\}", "{}", self.routing_key)

    def _required_acl(self, values: dict[str, Any], routing_key: str) -> str | None:
        if self.acl is None:
            return None
        template = self.acl.replace("{routing_key}", routing_key)
        filled = _OptionalSegments().vformat(template, (), values)
        return ".".join(segment for segment in filled.split(".") if segment)
