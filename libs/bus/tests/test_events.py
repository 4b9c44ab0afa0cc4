"""Events as the reference has them: names, routing keys, data, and who may hear of them."""

from uuid import UUID

import pytest
from ovix_bus import Event, EventData, EventType
from ovix_bus.catalogue import (
    EVENT_TYPES,
    CatalogueConflict,
    call_logs,
    calls,
    distinct,
    installation,
    lines,
    numbering,
    permissions,
    settings,
    users,
    voicemails,
)
from pydantic import ValidationError

USER = UUID("11111111-2222-4333-8444-555555555555")
ON_THE_USER = f"config.users.{USER}"


def call(**fields: object) -> dict[str, object]:
    return {
        "call_id": "1700000000.1",
        "conversation_id": "1700000000.1",
        "user_uuid": USER,
        "status": "Ring",
        "creation_time": "2026-11-23T08:00:00+00:00",
        "caller_id_name": "A",
        "caller_id_number": "1001",
        "peer_caller_id_name": "B",
        "peer_caller_id_number": "1002",
        "is_caller": True,
        **fields,
    }


# name, routing key, data, whether XiVO sends required_acl (reference/confd/events.md)
XIVO: list[tuple[Event, str, str, dict[str, object]]] = [
    (users.user_created(id=1, uuid=USER), "user_created", "config.user.created",
     {"id": 1, "uuid": str(USER)}),
    (users.users_services_dnd_updated(user_uuid=USER, enabled=True),
     "users_services_dnd_updated", f"{ON_THE_USER}.services.dnd.updated",
     {"user_uuid": str(USER), "enabled": True}),
    (users.users_services_incallfilter_updated(user_uuid=USER, enabled=False),
     "users_services_incallfilter_updated", f"{ON_THE_USER}.services.incallfilter.updated",
     {"user_uuid": str(USER), "enabled": False}),
    (users.users_forwards_unconditional_updated(user_uuid=USER, enabled=True, destination="1003"),
     "users_forwards_unconditional_updated", f"{ON_THE_USER}.forwards.unconditional.updated",
     {"user_uuid": str(USER), "enabled": True, "destination": "1003"}),
    (users.users_forwards_noanswer_updated(user_uuid=USER, enabled=False, destination=None),
     "users_forwards_noanswer_updated", f"{ON_THE_USER}.forwards.noanswer.updated",
     {"user_uuid": str(USER), "enabled": False, "destination": None}),
    (users.user_fallback_edited(id=1, uuid=USER), "user_fallback_edited",
     "config.users.fallbacks.edited", {"id": 1, "uuid": str(USER)}),
    (users.call_permission_associated(user_uuid=USER, call_permission_id=2),
     "call_permission_associated", f"{ON_THE_USER}.callpermissions.updated",
     {"user_uuid": str(USER), "call_permission_id": 2}),
    (users.call_permission_dissociated(user_uuid=USER, call_permission_id=2),
     "call_permission_dissociated", f"{ON_THE_USER}.callpermissions.deleted",
     {"user_uuid": str(USER), "call_permission_id": 2}),
    (users.entity_associated(user_uuid=USER, entity_id=2), "entity_associated",
     f"{ON_THE_USER}.entities.updated", {"user_uuid": str(USER), "entity_id": 2}),
    (users.cti_profile_edited(user_id=1, cti_profile_id=2, enabled=True), "cti_profile_edited",
     "config.user_cti_profile_association.edited",
     {"user_id": 1, "cti_profile_id": 2, "enabled": True}),
    (users.line_associated(user_id=1, line_id=2, main_user=True, main_line=True),
     "line_associated", "config.user_line_association.created",
     {"user_id": 1, "line_id": 2, "main_user": True, "main_line": True}),
    (users.line_dissociated(user_id=1, line_id=2, main_user=True, main_line=False),
     "line_dissociated", "config.user_line_association.deleted",
     {"user_id": 1, "line_id": 2, "main_user": True, "main_line": False}),
    (users.voicemail_associated(user_uuid=USER, voicemail_id=2), "voicemail_associated",
     f"{ON_THE_USER}.voicemails.updated", {"user_uuid": str(USER), "voicemail_id": 2}),
    (users.voicemail_dissociated(user_uuid=USER, voicemail_id=2), "voicemail_dissociated",
     f"{ON_THE_USER}.voicemails.deleted", {"user_uuid": str(USER), "voicemail_id": 2}),
    (users.user_voicemail_edited(user_uuid=USER, voicemail_id=2), "user_voicemail_edited",
     f"{ON_THE_USER}.voicemails.edited", {"user_uuid": str(USER), "voicemail_id": 2}),
    (users.user_schedule_associated(user_uuid=USER, schedule_id=2), "user_schedule_associated",
     "config.users.schedules.updated", {"user_uuid": str(USER), "schedule_id": 2}),
    (lines.line_edited(id=2), "line_edited", "config.line.edited", {"id": 2}),
    (lines.line_extension_associated(line_id=1, extension_id=2), "line_extension_associated",
     "config.line_extension_association.created", {"line_id": 1, "extension_id": 2}),
    (lines.line_extension_dissociated(line_id=1, extension_id=2), "line_extension_dissociated",
     "config.line_extension_association.deleted", {"line_id": 1, "extension_id": 2}),
    (lines.sip_endpoint_created(id=2), "sip_endpoint_created", "config.sip_endpoint.created",
     {"id": 2}),
    (lines.custom_endpoint_deleted(id=2, interface="Local/1"), "custom_endpoint_deleted",
     "config.custom_endpoint.deleted", {"id": 2, "interface": "Local/1"}),
    (lines.extension_created(id=2, exten="10", context="default"), "extension_created",
     "config.extension.created", {"id": 2, "exten": "10", "context": "default"}),
    (lines.line_endpoint_sip_associated(
        line={"id": 1, "name": "abc"}, endpoint_sip={"id": 7, "username": "abc"}),
     "line_endpoint_sip_associated", "config.lines.1.endpoints.sip.7.updated",
     {"line": {"id": 1, "name": "abc"}, "endpoint_sip": {"id": 7, "username": "abc"}}),
    (voicemails.voicemail_created(id=2), "voicemail_created", "config.voicemail.created",
     {"id": 2}),
    (numbering.context_edited(id=2), "context_edited", "config.contexts.edited", {"id": 2}),
    (numbering.contexts_associated(context_id=1, context_ids=[3, 2]), "contexts_associated",
     "config.contexts.contexts.updated", {"context_id": 1, "context_ids": [3, 2]}),
    (numbering.entity_deleted(id=2), "entity_deleted", "config.entity.deleted", {"id": 2}),
    (permissions.call_permission_created(id=2), "call_permission_created",
     "config.callpermission.created", {"id": 2}),
    (permissions.schedule_deleted(id=2), "schedule_deleted", "config.schedules.deleted",
     {"id": 2}),
    (installation.live_reload_edited(live_reload_enabled=True), "live_reload_edited",
     "config.live_reload.edited", {"live_reload_enabled": True}),
    (settings.sip_general_edited(), "sip_general_edited", "config.sip_general.edited", {}),
    (settings.voicemail_zonemessages_edited(), "voicemail_zonemessages_edited",
     "config.voicemail_zonemessages.edited", {}),
    (settings.pjsip_global_updated(), "pjsip_global_updated", "config.pjsip_global.updated", {}),
    (settings.email_config_updated(), "email_config_updated", "config.email.updated", {}),
    (settings.provisioning_networking_edited(), "provisioning_networking_edited",
     "config.provisioning.networking.edited", {}),
    (settings.access_feature_created(id=1, host="h", feature="phonebook", enabled=True),
     "access_feature_created", "config.access_feature.created",
     {"id": 1, "host": "h", "feature": "phonebook", "enabled": True}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("event", "name", "routing_key", "data"), XIVO, ids=[name for _, name, _, _ in XIVO]
)
def test_a_configuration_event_is_the_one_of_the_reference(
    event: Event, name: str, routing_key: str, data: dict[str, object]
) -> None:
    assert event == Event(name, routing_key, data, f"events.{routing_key}")


@pytest.mark.parametrize(
    ("kind", "name", "routing_key"),
    [
        (calls.call_created, "call_created", "calls.call.created"),
        (calls.call_updated, "call_updated", "calls.call.updated"),
        (calls.call_answered, "call_answered", "calls.call.answered"),
    ],
)
def test_an_event_of_a_call_is_for_its_user(
    kind: EventType[...], name: str, routing_key: str
) -> None:
    event = kind(**call())
    assert (event.name, event.routing_key) == (name, routing_key)
    assert event.required_acl == f"events.calls.{USER}"
    assert event.data["peer_caller_id_number"] == "1002"
    assert event.data["talking_to"] == {}


def test_an_ended_call_says_why() -> None:
    event = calls.call_ended(**call(reason_code=16))
    assert (event.routing_key, event.data["reason_code"]) == ("calls.call.ended", 16)


def test_a_call_of_nobody_is_for_the_administration_only() -> None:
    assert calls.call_created(**call(user_uuid=None)).required_acl == "events.calls"
    assert calls.call_held(call_id="1.1", user_uuid=None).required_acl == "events.calls"


def test_holding_and_missing_a_call_have_keys_of_their_own() -> None:
    held = calls.call_held(call_id="1.1", user_uuid=USER, seq=3)
    assert (held.routing_key, held.required_acl) == ("calls.hold.created", f"events.calls.{USER}")
    assert calls.call_resumed(call_id="1.1", user_uuid=USER).routing_key == "calls.hold.deleted"
    missed = calls.user_missed_call(
        user_uuid=USER,
        caller_user_uuid=None,
        caller_id_name="",
        caller_id_number="0123",
        dialed_extension="1002",
        conversation_id="1.1",
        reason="no-answer",
    )
    assert (missed.routing_key, missed.required_acl) == ("calls.missed", f"events.calls.{USER}")


def test_a_call_log_is_told_to_each_user_without_naming_him_twice() -> None:
    fields = {
        "id": 1,
        "start": "2026-11-23T08:00:00Z",
        "answer": None,
        "end": None,
        "answered": False,
        "duration": None,
        "call_direction": "internal",
        "conversation_id": "1.1",
        "source_name": "A",
        "source_extension": "1001",
        "destination_name": None,
        "destination_extension": "1002",
    }
    assert call_logs.call_log_created(**fields).required_acl == "events.call_log.created"
    event = call_logs.call_log_user_created(**fields, user_uuid=USER)
    assert event.routing_key == f"call_log.user.{USER}.created"
    assert event.required_acl == f"events.call_log.user.{USER}.created"
    assert event.data == call_logs.call_log_created(**fields).data


def test_data_of_the_wrong_type_are_refused() -> None:
    with pytest.raises(ValidationError):
        users.user_created(id="x", uuid=USER)
    with pytest.raises(ValidationError):
        users.user_created(id=1, uuid=USER, nickname="Jo")  # type: ignore[call-arg] # the point


class Thing(EventData):
    """Something with a name that anybody may choose."""

    name: str | None


def a_type(name: str = "thing_seen", key: str = "things.{name}.seen") -> EventType[...]:
    return EventType(name, key, Thing, "A thing was seen.")


def test_values_of_a_key_can_not_add_segments() -> None:
    assert a_type()(name="1.2#*").routing_key == "things.1__DOT__2__HASH____STAR__.seen"


def test_a_key_needs_all_its_values() -> None:
    with pytest.raises(ValueError, match="may not be None"):
        a_type()(name=None)


def test_a_key_too_long_for_amqp_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        a_type()(name="x" * 255)


def test_an_event_type_may_stay_inside() -> None:
    kind = EventType("thing_seen", "things.seen", Thing, "A thing was seen.", acl=None)
    assert kind(name="x").required_acl is None


def test_two_types_of_one_name_or_key_are_refused() -> None:
    with pytest.raises(CatalogueConflict, match="named thing_seen"):
        distinct([a_type(), a_type(key="other.key")])
    with pytest.raises(CatalogueConflict, match="routing key"):
        distinct([a_type(), a_type("other_name", "things.{other}.seen")])


def test_names_that_the_reference_shares_are_told_apart_by_key() -> None:
    shared = [a_type("users_associated", "a.b"), a_type("users_associated", "a.c")]
    assert len(distinct(shared)) == 2


def test_the_catalogue_knows_every_family() -> None:
    families = {key.split(".")[0] for key in EVENT_TYPES}
    assert families == {"auth", "config", "calls", "call_log", "directory", "provd"}
    assert EVENT_TYPES["config.user.created"] is users.user_created
    assert all(kind.summary.endswith(".") for kind in EVENT_TYPES.values())
