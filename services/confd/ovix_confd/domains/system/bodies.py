"""Bodies of the sections. What is left out of a PUT has its default again."""

import socket
from ipaddress import IPv4Address, ip_address
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from ...kit import Schema, Strict, Text, text

Words = Annotated[str, text(255)]


def _ipv4(given: str) -> str:
    return str(IPv4Address(given))


def _address(given: str) -> str:
    return str(ip_address(given))


def _of_this_machine(name: str) -> str:
    if name not in {known for _index, known in socket.if_nameindex()}:
        raise ValueError(f"{name!r} is no network interface of this machine")
    return name


class Dhcp(Schema):
    """Whether addresses are given out, which ones, and on which networks beside the main one."""

    active: Strict
    pool_start: Annotated[str, AfterValidator(_ipv4)] | None = None
    pool_end: Annotated[str, AfterValidator(_ipv4)] | None = None
    network_interfaces: list[Annotated[str, text(15), AfterValidator(_of_this_machine)]] = Field(
        default_factory=list
    )

    @model_validator(mode="after")
    def _has_a_pool_when_active(self) -> Self:
        if self.pool_start is None or self.pool_end is None:
            if self.active:
                raise ValueError("pool_start and pool_end are required when active")
        elif IPv4Address(self.pool_start) > IPv4Address(self.pool_end):
            raise ValueError("pool_start is after pool_end")
        return self


class DhcpRead(Schema):
    """Whether addresses are given out, which ones, and on which networks beside the main one."""

    active: bool
    pool_start: str | None
    pool_end: str | None
    network_interfaces: list[str]


class RewritingRule(Schema):
    """A sender's address, and what becomes of it."""

    match: Text
    replacement: Text


class Emails(Schema):
    """How mail leaves."""

    domain_name: Words = ""
    sender: Words = Field("", alias="from")
    address_rewriting_rules: list[RewritingRule] = Field(default_factory=list)
    smtp_host: Words = ""
    fallback_smtp_host: Words = ""


class EmailsRead(Schema):
    """How mail leaves."""

    domain_name: str
    sender: str = Field(alias="from")
    address_rewriting_rules: list[RewritingRule]
    smtp_host: str
    fallback_smtp_host: str


class Ha(Schema):
    """Which of two nodes this is, and where the other one is."""

    node_type: Literal["disabled", "master", "slave"]
    remote_address: Annotated[str, AfterValidator(_address)] | None = None

    @model_validator(mode="after")
    def _knows_the_other_node(self) -> Self:
        if self.node_type != "disabled" and self.remote_address is None:
            raise ValueError("remote_address is required unless node_type is disabled")
        return self


class HaRead(Schema):
    """Which of two nodes this is, and where the other one is."""

    node_type: Literal["disabled", "master", "slave"]
    remote_address: str | None


class ProvisioningNetworking(Schema):
    """Where phones find the provisioning server."""

    provision_host: Annotated[str, text(39)] | None = None
    provision_http_port: Annotated[int, Field(ge=1, le=65535)] = 8667
    provision_http_base_url: Words | None = None


class ProvisioningNetworkingRead(Schema):
    """Where phones find the provisioning server."""

    provision_host: str | None
    provision_http_port: int
    provision_http_base_url: str | None
