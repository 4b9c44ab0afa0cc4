"""What the wizard takes and tells."""

import re
from ipaddress import IPv4Address
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StrictBool, model_validator

from ...kit import Schema, text

Name = Annotated[str, Field(min_length=3, max_length=128, pattern=r"^[^\x00]*$")]
Number = Annotated[str, Field(pattern=r"^[0-9]{1,16}$")]
DnsLabel = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"


def _dotted(value: str) -> str:
    return str(IPv4Address(value))


def _accepted(value: bool) -> bool:
    if not value:
        raise ValueError("the license must be accepted")
    return value


def _three_alphanumerics(value: str) -> str:
    if len(re.sub(r"[^a-z0-9]", "", value.lower())) < 3:
        raise ValueError("at least three letters or digits are needed")
    return value


DottedQuad = Annotated[str, AfterValidator(_dotted), Field(json_schema_extra={"format": "ipv4"})]


class Network(Schema):
    """How the machine is reached; kept, and told to phones."""

    hostname: Annotated[str, Field(pattern=f"^{DnsLabel}$")]
    domain: Annotated[str, Field(pattern=rf"^{DnsLabel}(\.{DnsLabel})*$", max_length=255)]
    interface: Annotated[str, Field(pattern=r"^[\w\-\:\.]{1,64}$")]
    ip_address: DottedQuad
    netmask: DottedQuad
    gateway: DottedQuad
    nameservers: Annotated[list[DottedQuad], Field(max_length=3)]


def _check_range(start: str | None, end: str | None) -> None:
    if (start is None) is not (end is None):
        raise ValueError("number_start and number_end are given together")
    if start is not None and end is not None and (len(start) != len(end) or start > end):
        raise ValueError("number_start and number_end are of one length, the start not after")


class InternalContext(Schema):
    """The context of users."""

    display_name: Name = "Default"
    number_start: Number
    number_end: Number

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _check_range(self.number_start, self.number_end)
        return self


class IncomingContext(Schema):
    """The context of incoming calls."""

    display_name: Name = "Incalls"
    number_start: Number | None = None
    number_end: Number | None = None
    did_length: Annotated[int, Field(ge=0, le=20)] | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _check_range(self.number_start, self.number_end)
        if self.number_start is not None and not self.did_length:
            raise ValueError("did_length is needed with a range")
        return self


class OutgoingContext(Schema):
    """The context of outgoing calls."""

    display_name: Name = "Outcalls"


class WizardTaken(Schema):
    """What the wizard was given, without the password."""

    license: Annotated[StrictBool, AfterValidator(_accepted)]
    language: Literal["en_US", "fr_FR"] = "en_US"
    entity_name: Annotated[
        str,
        Field(min_length=3, max_length=64, pattern=r"^[^\x00]*$"),
        AfterValidator(_three_alphanumerics),
    ]
    timezone: Annotated[str, text(128)]
    network: Network
    context_internal: InternalContext
    context_incall: IncomingContext = Field(default_factory=IncomingContext)
    context_outcall: OutgoingContext = Field(default_factory=OutgoingContext)


class WizardRun(WizardTaken):
    """All there is to say of a new installation."""

    admin_password: Annotated[
        str,
        Field(
            pattern=r"^[a-zA-Z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}]{4,64}$",
            json_schema_extra={"writeOnly": True},
        ),
    ]


class WizardDone(WizardTaken):
    """The same, and whose installation it is now."""

    xivo_uuid: str
    admin_username: str


class WizardState(Schema):
    """Whether the wizard was run, or is not needed any more."""

    configured: bool


class Interface(Schema):
    """A network interface of the machine."""

    interface: str
    ip_address: str | None
    netmask: str | None


class Gateway(Schema):
    """A way out of the network."""

    gateway: str
    interface: str | None


class Discovery(Schema):
    """What the machine knows of itself."""

    hostname: str
    domain: str | None
    timezone: str | None
    nameservers: list[str]
    interfaces: list[Interface]
    gateways: list[Gateway]
