"""Lines, their endpoints and extensions.

Source: reference/confd/events.md, "Lines, endpoints, extensions, devices". XiVO announces no link
of a line and an endpoint; the later release's events fill that gap.
"""

from uuid import UUID

from pydantic import Field

from ..event import EventData, EventType
from ..shapes import ResourceId, life, link


class CustomEndpoint(EventData):
    """A custom endpoint by its id and its Asterisk interface."""

    id: int
    interface: str


class IaxEndpoint(EventData):
    """An IAX endpoint by its id and name."""

    id: int
    name: str


class ExtensionId(EventData):
    """An extension by its id and where it is."""

    id: int
    exten: str
    context: str


class LineExtension(EventData):
    """A line and an extension."""

    line_id: int
    extension_id: int


class LineName(EventData):
    """A line within an event about something else."""

    id: int
    name: str | None


class SipEndpointName(EventData):
    """A SIP endpoint within an event about something else."""

    id: int
    username: str | None


class LineEndpointSip(EventData):
    """A line and its SIP endpoint."""

    line: LineName
    endpoint_sip: SipEndpointName


class SccpEndpointId(EventData):
    """An SCCP endpoint within an event about something else."""

    id: int


class LineEndpointSccp(EventData):
    """A line and its SCCP endpoint."""

    line: LineName
    endpoint_sccp: SccpEndpointId


class LineEndpointCustom(EventData):
    """A line and its custom endpoint."""

    line: LineName
    endpoint_custom: CustomEndpoint


class SipTemplate(EventData):
    """A SIP template by its uuid and names."""

    uuid: UUID
    name: str
    label: str | None


class SipTransport(EventData):
    """A SIP transport."""

    uuid: UUID
    name: str
    options: list[list[str]]


class FeatureCodeId(EventData):
    """A feature code by the id it shares with extensions."""

    id: int = Field(description="The id under /extensions and /extensions/features.")


line_created, line_edited, line_deleted = life("line", "config.line", ResourceId)
sip_endpoint_created, sip_endpoint_edited, sip_endpoint_deleted = life(
    "sip_endpoint", "config.sip_endpoint", ResourceId
)
sccp_endpoint_created, sccp_endpoint_edited, sccp_endpoint_deleted = life(
    "sccp_endpoint", "config.sccp_endpoint", ResourceId
)
custom_endpoint_created, custom_endpoint_edited, custom_endpoint_deleted = life(
    "custom_endpoint", "config.custom_endpoint", CustomEndpoint
)
(
    sip_endpoint_template_created,
    sip_endpoint_template_edited,
    sip_endpoint_template_deleted,
) = life("sip_endpoint_template", "config.sip_endpoint_template", SipTemplate)
sip_transport_created, sip_transport_edited, sip_transport_deleted = life(
    "sip_transport", "config.sip.transports", SipTransport
)
iax_endpoint_created, iax_endpoint_edited, iax_endpoint_deleted = life(
    "iax_endpoint", "config.iax_endpoint", IaxEndpoint
)
extension_created, extension_edited, extension_deleted = life(
    "extension", "config.extension", ExtensionId
)
extension_feature_edited = EventType(
    name="extension_feature_edited",
    routing_key="config.extension_feature.edited",
    data=FeatureCodeId,
    summary="A feature code was changed.",
)
line_extension_associated, line_extension_dissociated = link(
    "line_extension",
    "config.line_extension_association",
    LineExtension,
    "A line and an extension",
    verb="created",
)
line_endpoint_sip_associated, line_endpoint_sip_dissociated = link(
    "line_endpoint_sip",
    "config.lines.{line.id}.endpoints.sip.{endpoint_sip.id}",
    LineEndpointSip,
    "A line and a SIP endpoint",
)
line_endpoint_sccp_associated, line_endpoint_sccp_dissociated = link(
    "line_endpoint_sccp",
    "config.lines.{line.id}.endpoints.sccp.{endpoint_sccp.id}",
    LineEndpointSccp,
    "A line and an SCCP endpoint",
)
line_endpoint_custom_associated, line_endpoint_custom_dissociated = link(
    "line_endpoint_custom",
    "config.lines.{line.id}.endpoints.custom.{endpoint_custom.id}",
    LineEndpointCustom,
    "A line and a custom endpoint",
)
