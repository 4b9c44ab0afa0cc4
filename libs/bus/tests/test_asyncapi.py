"""The description of the events is written from the catalogue, and complete."""

import json
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import jsonschema_rs
from ovix_bus.asyncapi import document, main
from ovix_bus.catalogue import EVENT_TYPES, users

ROOT = Path(__file__).resolve().parents[3]


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [ref for inner in value.values() for ref in references(inner)]
    if isinstance(value, list):
        return [ref for inner in value for ref in references(inner)]
    return []


def test_every_event_has_a_channel_and_every_reference_leads_somewhere() -> None:
    described = document()
    assert len(described["channels"]) == len(EVENT_TYPES)
    for reference in set(references(described)):
        found: Any = described
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def test_every_parameter_of_an_address_is_described() -> None:
    for channel in document()["channels"].values():
        named = set(re.findall(r"\{([^}]*)\}", channel["address"]))
        assert named == set(channel.get("parameters", {}))
        assert all(re.fullmatch(r"\w+", name) for name in named)


def test_an_event_is_valid_by_its_description() -> None:
    described = document()
    event = users.users_services_dnd_updated(user_uuid=uuid4(), enabled=True)
    envelope = {
        "name": event.name,
        "data": event.data,
        "required_acl": event.required_acl,
        "origin_uuid": str(uuid4()),
        "event_uuid": str(uuid4()),
        "timestamp": "2026-11-23T08:00:00+00:00",
        "version": 1,
    }
    payload = described["components"]["messages"][event.name]["payload"]
    validator = jsonschema_rs.Draft202012Validator(
        {**payload, "components": described["components"]}
    )
    assert validator.is_valid(envelope)
    assert not validator.is_valid({**envelope, "data": {**event.data, "enabled": "maybe"}})


def test_the_written_description_is_up_to_date(tmp_path: Path) -> None:
    main([str(tmp_path / "asyncapi.json")])
    fresh = json.loads((tmp_path / "asyncapi.json").read_text())
    assert json.loads((ROOT / "openapi" / "asyncapi.json").read_text()) == fresh, "make openapi"


def test_a_description_is_written_the_same_each_time(tmp_path: Path) -> None:
    for name in ("one", "two"):
        main([str(tmp_path / name)])
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
