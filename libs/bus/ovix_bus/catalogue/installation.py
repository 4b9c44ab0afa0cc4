"""The installation as a whole. Source: reference/confd/events.md, "Other resources"."""

from ..event import EventData, EventType
from ..shapes import Nothing


class LiveReload(EventData):
    """Whether Asterisk reloads as soon as the configuration changes."""

    live_reload_enabled: bool


live_reload_edited = EventType(
    name="live_reload_edited",
    routing_key="config.live_reload.edited",
    data=LiveReload,
    summary="Reloading on change was switched on or off.",
)
wizard_created = EventType(
    name="wizard_created",
    routing_key="config.wizard.created",
    data=Nothing,
    summary="The installation was set up by the wizard.",
)
