"""The AsyncAPI 3 description of every event: ``python -m ovix_bus.asyncapi [FILE]``.

Written from the catalogue alone, so it can't say anything that the code does not do.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from .amqp import EXCHANGE
from .catalogue import EVENT_TYPES
from .event import EventType
from .relay import ENVELOPE_VERSION

DESTINATION = Path("openapi/asyncapi.json")
REFERENCE = "#/components/schemas/{model}"

DESCRIPTION = """\
What happens on the platform, on the RabbitMQ topic exchange `xivo` (persistent messages) and, for
those who hold the right, on the websocket (port 9502).

Events are published after the commit of their change, at least once: drop an `event_uuid` that you
have seen. Those of one resource come in order. Configuration events carry ids only: read the
resource again. Values within a routing key have `.`, `#` and `*` written as `__DOT__`, `__HASH__`
and `__STAR__`.

`required_acl` is what a websocket client must hold. It is `events.` + the routing key unless the
event says otherwise, so holders of `events.#` see everything. The AMQP headers repeat `name`,
`origin_uuid`, `event_uuid`, `timestamp`, `required_acl`, and `user_uuid:{uuid}` = true where the
data name a user.
"""


def document() -> dict[str, Any]:
    """The whole description."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Ovix events", "version": "1.0", "description": DESCRIPTION},
        "defaultContentType": "application/json",
        "channels": {_channel_id(kind): _channel(kind) for kind in _types()},
        "operations": {
            f"send_{_channel_id(kind)}": {
                "action": "send",
                "channel": {"$ref": f"#/channels/{_channel_id(kind)}"},
                "summary": kind.summary,
            }
            for kind in _types()
        },
        "components": {
            "schemas": _schemas(),
            "messages": {_channel_id(kind): _message(kind) for kind in _types()},
        },
    }


def _types() -> list[EventType[Any]]:
    return sorted(EVENT_TYPES.values(), key=lambda kind: (kind.name, kind.routing_key))


def _channel_id(kind: EventType[Any]) -> str:
    """The name, or what tells apart those that share one: the second level of the routing key."""
    if sum(other.name == kind.name for other in EVENT_TYPES.values()) == 1:
        return kind.name
    return f"{kind.name}_{kind.routing_key.split('.')[1]}"


def _parameter(placeholder: str) -> str:
    """A placeholder as AsyncAPI allows it: ``{line.id}`` becomes ``{line_id}``."""
    return placeholder.replace(".", "_")


def _channel(kind: EventType[Any]) -> dict[str, Any]:
    placeholders = re.findall(r"\{([^}]*)\}", kind.routing_key)
    address = re.sub(r"\{([^}]*)\}", lambda m: "{" + _parameter(m[1]) + "}", kind.routing_key)
    channel: dict[str, Any] = {
        "address": address,
        "summary": kind.summary,
        "messages": {
            "event": {"$ref": f"#/components/messages/{_channel_id(kind)}"},
        },
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": EXCHANGE, "type": "topic", "durable": True},
                "bindingVersion": "0.3.0",
            }
        },
    }
    if placeholders:
        channel["parameters"] = {
            _parameter(name): {"description": f"`{name}` of the event"} for name in placeholders
        }
    return channel


def _message(kind: EventType[Any]) -> dict[str, Any]:
    acl = {} if kind.acl is None else {"required_acl": _acl(kind)}
    return {
        "name": kind.name,
        "summary": kind.summary,
        "contentType": "application/json",
        "payload": {
            "type": "object",
            "required": ["name", "origin_uuid", "event_uuid", "timestamp", "version", "data", *acl],
            "properties": {
                "name": {"const": kind.name},
                "origin_uuid": {
                    "type": "string",
                    "format": "uuid",
                    "description": "The installation.",
                },
                "event_uuid": {"type": "string", "format": "uuid"},
                "timestamp": {
                    "type": "string",
                    "format": "date-time",
                    "description": "When the change happened, UTC with offset.",
                },
                "version": {"const": ENVELOPE_VERSION},
                **acl,
                "data": {"$ref": REFERENCE.format(model=kind.model.__name__)},
            },
        },
    }


def _acl(kind: EventType[Any]) -> dict[str, str]:
    template = (kind.acl or "").replace("{routing_key}", kind.routing_key)
    description = f"`{template}`"
    if "{user_uuid}" in template and kind.acl != "events.{routing_key}":
        description += "; without its last part when there is no such user"
    return {"type": "string", "description": description}


def _schemas() -> dict[str, Any]:
    models = {kind.model.__name__: kind.model for kind in _types()}
    if len(models) != len({kind.model for kind in _types()}):
        raise ValueError("two models of event data share a name")
    _, definitions = models_json_schema(
        [(model, "serialization") for _, model in sorted(models.items())],
        ref_template=REFERENCE,
    )
    schemas: dict[str, Any] = definitions["$defs"]
    return dict(sorted(schemas.items()))


def main(arguments: list[str]) -> None:
    """Write the description."""
    destination = Path(arguments[0]) if arguments else DESTINATION
    destination.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document(), indent=1, sort_keys=True, ensure_ascii=False)
    destination.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
