"""DHCP: what is planned from the settings, and what both files say of it (F-072 to F-078)."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_confgen.dhcp import isc, kea
from ovix_confgen.dhcp.network import NOWHERE, DhcpSettings, Planned
from ovix_confgen.dhcp.vendors import (
    FILE,
    KNOWN_PREFIX,
    SERVER,
    TFTP_SERVERS,
    VENDOR,
    VENDOR_CLASSES,
    Addresses,
    Made,
    told,
)
from ovix_confgen.settings import ConfgenSettings

ACTIVE = {"active": True, "pool_start": "192.0.2.10", "pool_end": "192.0.2.250"}
SHOWN = {
    "aastra", "alcatel", "audiocodes", "cisco", "ciscosmb", "digium", "doro", "fanvil", "gigaset",
    "grandstream", "htek", "kirk", "linksys", "nortel", "panasonic", "patton", "polycom",
    "siemens", "snom", "swissvoice", "thomson", "unidata", "yealink", "zenitel",
}  # fmt: skip


def some_settings(**changes: Any) -> DhcpSettings:
    given = {f"dhcp_{name}": value for name, value in changes.items()}
    return ConfgenSettings(
        database_url="postgresql://nowhere/none",
        provd_external_ip="192.0.2.1",
        dhcp_dir=Path("/etc/ovix/dhcp"),
        **given,
    ).dhcp


def planned(
    dhcp: Any = ACTIVE, networking: Any = None, **settings: Any
) -> tuple[Any, list[tuple[str, str]]]:
    made = Planned(dhcp, networking or {}, some_settings(**settings), "dhcpd.conf")
    return made.plan, [(each.option, each.value) for each in made.unsupported]


def test_every_vendor_of_the_training_deck_has_a_class() -> None:
    """F-076."""
    names = {each.name.split("-")[0] for each in VENDOR_CLASSES if each is not KNOWN_PREFIX}
    assert names == SHOWN


def test_a_prefix_belongs_to_one_class() -> None:
    prefixes = Counter(
        each.prefix
        for known in VENDOR_CLASSES
        for each in known.any_of
        if isinstance(each, Made) and known is not KNOWN_PREFIX
    )
    assert [prefix for prefix, times in prefixes.items() if times > 1] == []
    assert all(re.fullmatch("([0-9a-f]{2}:){2}[0-9a-f]{2}", prefix) for prefix in prefixes)


def test_values_are_those_of_the_reference() -> None:
    addresses = Addresses("http://pbx:8667", "pbx", None)
    values = {each.name: dict(told(each, addresses)) for each in VENDOR_CLASSES}
    assert values["ciscosmb"] == {SERVER: "http://pbx:8667/spa$PSN.cfg"}
    assert values["patton-prefix"] == {SERVER: "http://pbx:8667/$(system.mac).cfg"}
    assert values["swissvoice"] == {SERVER: "pbx", FILE: "swupdate_ip10.inf"}
    assert values["thomson-st2030s"] == {VENDOR: "http://pbx:8667/ST2030S.inf"}
    assert values["alcatel-sip"] == {VENDOR: b"\x43\x0fhttp://pbx:8667"}
    assert values["aastra"] == {VENDOR: b"\x02\x16http://pbx:8667/Aastra\x03\x01\x00"}
    assert values["unidata"] == {}
    assert values["cisco-7920"] == {SERVER: "pbx"}, "an address is needed for the other option"
    by_address = dict(
        told(VENDOR_CLASSES[7], Addresses("http://192.0.2.1", "192.0.2.1", "192.0.2.1"))
    )
    assert by_address == {SERVER: "192.0.2.1", TFTP_SERVERS: b"\xc0\x00\x02\x01"}


def test_the_network_is_the_smallest_that_holds_the_pool() -> None:
    plan, unsupported = planned()
    assert (str(plan.network), unsupported) == ("192.0.2.0/24", [])
    assert str(planned({**ACTIVE, "pool_end": "192.0.9.1"})[0].network) == "192.0.0.0/20"
    assert str(planned(network="192.0.0.1/16")[0].network) == "192.0.0.0/16"


@pytest.mark.parametrize(
    ("dhcp", "settings", "option"),
    [
        ({"active": True}, {}, "pool_start"),
        ({**ACTIVE, "pool_end": "192.0.2.1"}, {}, "pool_start"),
        ({**ACTIVE, "pool_end": "223.0.2.1"}, {}, "network"),
        (ACTIVE, {"network": "198.51.100.0/24"}, "pool_start"),
        (ACTIVE, {"network": "a/b"}, "network"),
    ],
)
def test_a_pool_that_fits_no_network_gives_nobody_an_address(
    dhcp: Any, settings: Any, option: str
) -> None:
    plan, unsupported = planned(dhcp, **settings)
    assert not plan.active
    assert [told for told, _ in unsupported] == [option]
    assert "subnet" not in isc.render(plan, Path("/d")).replace("subnet.conf", "")


def test_phones_are_sent_where_the_api_says() -> None:
    """F-092."""
    assert planned()[0].addresses == Addresses("http://192.0.2.1:8667", "192.0.2.1", "192.0.2.1")
    networking = {"provision_host": "pbx.example.org", "provision_http_port": 80}
    assert planned(networking=networking)[0].addresses == Addresses(
        "http://pbx.example.org:80", "pbx.example.org", None
    )
    networking["provision_http_base_url"] = "https://pbx.example.org/phones/"
    assert planned(networking=networking)[0].addresses.http == "https://pbx.example.org/phones"
    nowhere, unsupported = planned(networking={"provision_host": "-"})
    assert not nowhere.active, "phones that are sent to nowhere find no other server either"
    assert [option for option, _ in unsupported] == ["provision_host", "provision_host"]


def test_interfaces_are_those_of_the_api_beside_the_operators() -> None:
    """F-072."""
    dhcp = {**ACTIVE, "network_interfaces": ["eth1", "eth 2"]}
    plan, unsupported = planned(dhcp, interface="eth0")
    assert plan.interfaces == ("eth0", "eth1")
    assert unsupported == [("network_interfaces", "eth 2")]
    assert isc.render_interfaces(plan).startswith('INTERFACESv4="eth0 eth1"\n')
    assert planned(dhcp)[0].interfaces == (), "alone, they would shut the main one out"


def test_unknown_clients_are_refused_unless_the_operator_allows_them() -> None:
    """F-073 and F-074."""
    refusing, allowing = planned()[0], planned(any_client=True)[0]
    assert 'allow members of "ovix-yealink";' in isc.render(refusing, Path("/d"))
    assert "allow members" not in isc.render(allowing, Path("/d"))
    pools = [
        json.loads(kea.render(plan, "/hooks", {}))["Dhcp4"]["subnet4"][0]["pools"][0]
        for plan in (refusing, allowing)
    ]
    assert pools[0]["client-class"] == "ovix-phones"
    assert "client-class" not in pools[1]


def test_what_the_operator_adds_for_kea_is_merged() -> None:
    """F-074."""
    custom = {
        "valid-lifetime": 60,
        "lease-database": {"name": "/tmp/leases"},
        "subnet4": [
            {"id": 1, "option-data": [{"name": "routers", "data": "192.0.2.254"}]},
            {"id": 2, "subnet": "198.51.100.0/24"},
        ],
        "client-classes": [{"name": "own", "test": "option[60].exists"}],
    }
    made = json.loads(kea.render(planned()[0], "/hooks", custom))["Dhcp4"]
    assert made["valid-lifetime"] == 60
    assert made["lease-database"] == {
        "type": "memfile",
        "lfc-interval": 3600,
        "name": "/tmp/leases",
    }
    assert [each["subnet"] for each in made["subnet4"]] == ["192.0.2.0/24", "198.51.100.0/24"]
    assert made["subnet4"][0]["option-data"][0]["data"] == "192.0.2.254"
    assert made["subnet4"][0]["pools"]
    assert made["client-classes"][-1]["name"] == "own"


HOSTILE = st.text(st.sampled_from(list("a1.:/;][(){}<>\"'\\,=$&#%\n\r\0é ")), max_size=30)


@given(
    host=HOSTILE, url=HOSTILE.map(lambda text: f"http://{text}"), interface=HOSTILE, hook=HOSTILE
)
def test_nothing_stored_becomes_structure_of_the_file(
    host: str, url: str, interface: str, hook: str
) -> None:
    networking = {"provision_host": host, "provision_http_base_url": url}
    dhcp = {**ACTIVE, "network_interfaces": [interface]}
    plan, _ = planned(dhcp, networking, interface="eth0", hook=hook, routers=(host,))
    assert plan.active is (plan.addresses.tftp_name != NOWHERE)
    harmless, _ = planned(
        ACTIVE if plan.active else {"active": False},
        interface="eth0",
        hook="/a" if plan.hook else "",
    )

    def structure(text: str) -> str:
        text = re.sub(r'"[^"\n]*"|([0-9a-f]{2}:)+[0-9a-f]{2}', "x", text)
        text = re.sub(r"next-server [^ ;\n]+;", "x", text)
        # Only an address has these.
        return re.sub(r"  option (ovix-tftp-servers x|routers [0-9.]+);\n", "", text)

    assert structure(isc.render(plan, Path("/d"))) == structure(isc.render(harmless, Path("/d")))
    assert re.fullmatch(
        r'INTERFACESv4="[\w.:@ -]*"\nINTERFACESv6=""\n', isc.render_interfaces(plan)
    )
    for each in VENDOR_CLASSES:
        assert all(len(value) <= 255 for _, value in told(each, plan.addresses))
