"""Settings of the whole installation, by section. Sources: reference/confd/events.md, "Other
resources" and "Events of the target taken from H".
"""

from ..event import EventData, EventType
from ..shapes import Nothing, life


class AccessFeature(EventData):
    """A host or network, and what it may use."""

    id: int
    host: str
    feature: str
    enabled: bool


def _replaced(name: str, routing_key: str) -> EventType[[]]:
    title = name.rpartition("_")[0].replace("_", " ")
    return EventType(name, routing_key, Nothing, f"The settings of {title} were replaced.")


def _edited(section: str) -> EventType[[]]:
    return _replaced(f"{section}_edited", f"config.{section}.edited")


sip_general_edited = _edited("sip_general")
iax_general_edited = _edited("iax_general")
iax_callnumberlimits_edited = _edited("iax_callnumberlimits")
sccp_general_edited = _edited("sccp_general")
queue_general_edited = _edited("queue_general")
voicemail_general_edited = _edited("voicemail_general")
voicemail_zonemessages_edited = _edited("voicemail_zonemessages")
features_general_edited = _edited("features_general")
features_featuremap_edited = _edited("features_featuremap")
features_applicationmap_edited = _edited("features_applicationmap")
rtp_general_edited = _edited("rtp_general")
rtp_ice_host_candidates_edited = _edited("rtp_ice_host_candidates")
confbridge_wazo_default_bridge_edited = _edited("confbridge_wazo_default_bridge")
confbridge_wazo_default_user_edited = _edited("confbridge_wazo_default_user")
pjsip_global_updated = _replaced("pjsip_global_updated", "config.pjsip_global.updated")
pjsip_system_updated = _replaced("pjsip_system_updated", "config.pjsip_system.updated")
dhcp_edited = _edited("dhcp")
email_config_updated = _replaced("email_config_updated", "config.email.updated")
ha_edited = _edited("ha")
provisioning_networking_edited = _replaced(
    "provisioning_networking_edited", "config.provisioning.networking.edited"
)
access_feature_created, access_feature_edited, access_feature_deleted = life(
    "access_feature", "config.access_feature", AccessFeature
)
