"""``/dhcp``, ``/emails``, ``/ha`` and ``/provisioning/networking``, each kept whole."""

from ovix_bus.catalogue import settings

from ...stored_sections import stored_section
from .bodies import (
    Dhcp,
    DhcpRead,
    Emails,
    EmailsRead,
    Ha,
    HaRead,
    ProvisioningNetworking,
    ProvisioningNetworkingRead,
)

DHCP = stored_section(
    name="dhcp",
    path="/dhcp",
    read=DhcpRead,
    write=Dhcp,
    edited=settings.dhcp_edited,
    example={
        "active": True,
        "pool_start": "192.0.2.10",
        "pool_end": "192.0.2.250",
        "network_interfaces": [],
    },
    read_scopes=("confd.dhcp.read",),
)
EMAILS = stored_section(
    name="emails",
    path="/emails",
    read=EmailsRead,
    write=Emails,
    edited=settings.email_config_updated,
    example={
        "domain_name": "example.org",
        "from": "pbx.example.org",
        "address_rewriting_rules": [{"match": "root", "replacement": "pbx@example.org"}],
        "smtp_host": "smtp.example.org",
        "fallback_smtp_host": "",
    },
    read_scopes=("confd.emails.read",),
)
HA = stored_section(
    name="ha",
    path="/ha",
    read=HaRead,
    write=Ha,
    edited=settings.ha_edited,
    example={"node_type": "master", "remote_address": "192.0.2.2"},
    read_scopes=("confd.ha.read",),
)
PROVISIONING_NETWORKING = stored_section(
    name="provisioning_networking",
    path="/provisioning/networking",
    read=ProvisioningNetworkingRead,
    write=ProvisioningNetworking,
    edited=settings.provisioning_networking_edited,
    example={
        "provision_host": "192.0.2.1",
        "provision_http_port": 8667,
        "provision_http_base_url": "http://pbx.example.org:8667",
    },
    read_scopes=("confd.provisioning.networking.read",),
)
SECTIONS = (DHCP, EMAILS, HA, PROVISIONING_NETWORKING)
