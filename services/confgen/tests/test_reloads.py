"""What Asterisk is made to read again by each change, against XiVO's reloads.

Source: reference/confd/README.md, "Transaction, events and reloads". XiVO's ``sip reload`` is that
of res_pjsip here. A module is reloaded only if its file came out different.
"""

from typing import Any

import pytest
from ovix_bus import topic_matches
from ovix_bus.catalogue import EVENT_TYPES
from ovix_bus.event import EventType
from ovix_confgen.documents import DIALPLAN, DOCUMENTS, PJSIP, UNCONCERNED, VOICEMAIL, concerned

QUEUES, IAX = "app_queue.so", "chan_iax2.so"
RELOADS: dict[str, set[str]] = {
    "config.user.created": {DIALPLAN, PJSIP},
    "config.user.edited": {DIALPLAN, PJSIP},
    "config.user.deleted": {DIALPLAN, PJSIP},
    "config.line.created": {DIALPLAN, PJSIP},
    "config.line.edited": {DIALPLAN, PJSIP},
    "config.line.deleted": {DIALPLAN, PJSIP},
    "config.sip_endpoint.edited": {DIALPLAN, PJSIP},
    "config.sip_endpoint.deleted": {DIALPLAN, PJSIP},
    "config.iax_endpoint.edited": {IAX, DIALPLAN},
    "config.iax_endpoint.deleted": {IAX},
    "config.user_line_association.created": {DIALPLAN, PJSIP},
    "config.user_line_association.deleted": {DIALPLAN, PJSIP},
    "config.line_extension_association.created": {DIALPLAN, PJSIP},
    "config.line_extension_association.deleted": {DIALPLAN, PJSIP},
    "config.lines.1.endpoints.sip.2.updated": {PJSIP},
    "config.lines.1.endpoints.sip.2.deleted": {PJSIP},
    "config.extension.created": {DIALPLAN},
    "config.extension.edited": {DIALPLAN, PJSIP},
    "config.extension.deleted": {DIALPLAN},
    "config.extension_feature.edited": {DIALPLAN},
    "config.funckey.template.edited": {DIALPLAN},
    "config.funckey.template.deleted": {DIALPLAN},
    "config.voicemail.created": {VOICEMAIL},
    "config.voicemail.edited": {VOICEMAIL, PJSIP},
    "config.voicemail.deleted": {VOICEMAIL},
    "config.users.u.voicemails.updated": {PJSIP},
    "config.users.u.voicemails.deleted": {PJSIP},
    "config.voicemail_general.edited": {VOICEMAIL},
    "config.voicemail_zonemessages.edited": {VOICEMAIL},
    "config.contexts.created": {DIALPLAN},
    "config.contexts.edited": {DIALPLAN},
    "config.contexts.deleted": {DIALPLAN},
    "config.contexts.contexts.updated": {DIALPLAN},
    "config.sip_general.edited": {PJSIP},
    "config.iax_general.edited": {IAX},
    "config.iax_callnumberlimits.edited": {IAX},
    "config.queue_general.edited": {QUEUES},
    "config.features_general.edited": {"features"},
    "config.features_featuremap.edited": {"features"},
    "config.features_applicationmap.edited": {"features"},
    "config.confbridge_wazo_default_bridge.edited": {"app_confbridge.so"},
    "config.confbridge_wazo_default_user.edited": {"app_confbridge.so"},
    "config.rtp_general.edited": {"res_rtp_asterisk.so"},
    "config.rtp_ice_host_candidates.edited": {"res_rtp_asterisk.so"},
    "config.pjsip_global.updated": {PJSIP},
    "config.pjsip_system.updated": {PJSIP},
    "config.sip.transports.edited": {PJSIP},
    "config.sip_endpoint_template.edited": {PJSIP},
    "config.callpickup.edited": {PJSIP},  # XiVO: nothing, though it may have been disabled
    "config.callpickup.deleted": {PJSIP},
    "config.callpickups.interceptors.users.updated": {PJSIP},
    "config.callpickups.targets.groups.updated": {PJSIP},
    "config.groups.deleted": {PJSIP},
    "config.groups.members.users.updated": {PJSIP},
    "config.users.groups.updated": {PJSIP},
}
EVENT_ONLY = (
    "config.callpermission.edited", "config.schedules.edited", "config.users.fallbacks.edited",
    "config.users.u.services.dnd.updated", "config.users.u.forwards.busy.updated",
    "config.users.u.entities.updated", "config.users.u.callpermissions.updated",
    "config.callfilter.edited", "config.callfilters.surrogates.users.updated",
    "config.callfilters.surrogates.updated", "config.groups.edited",
    "config.users.schedules.updated", "config.user_cti_profile_association.edited",
)  # fmt: skip
"""What agid reads from the database at each call."""
EVERYTHING = ("config.live_reload.edited", "config.wizard.created")
"""What was not reloaded meanwhile is, and a new installation is written whole."""


@pytest.mark.parametrize("routing_key", RELOADS)
def test_a_change_reloads_at_least_what_xivo_reloads(routing_key: str) -> None:
    modules = {module for document in concerned(routing_key) for module in document.modules}
    assert RELOADS[routing_key] <= modules
    everything = [document for document in DOCUMENTS if document.events]
    assert concerned(routing_key) != everything


@pytest.mark.parametrize("routing_key", EVENT_ONLY)
def test_what_is_asked_at_each_call_reloads_nothing(routing_key: str) -> None:
    assert concerned(routing_key) == []


@pytest.mark.parametrize("life", ["created", "edited", "deleted"])
def test_asterisk_does_not_hear_of_labels(life: str) -> None:
    assert concerned(f"config.labels.{life}") == []  # F-206


@pytest.mark.parametrize(
    "kind",
    [kind for key, kind in EVENT_TYPES.items() if key.startswith("config.")],
    ids=lambda kind: kind.routing_key,
)
def test_every_event_of_the_configuration_is_foreseen(kind: EventType[Any]) -> None:
    """One that is not renders everything, which is right and slow."""
    routing_key = kind.key_shape.replace("{}", "x")
    if routing_key in EVERYTHING:
        assert concerned(routing_key) == [each for each in DOCUMENTS if each.events]
        return
    known = any(document.concerns(routing_key) for document in DOCUMENTS)
    assert known or topic_matches(UNCONCERNED, routing_key)
