"""The configurations that every plugin must render (reference/provd/cli.md, 4)."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from ovix_provd.raw_configs import merged

from .packages import SERVER

RawConfig = dict[str, Any]

CERTIFICATE = """-----BEGIN CERTIFICATE-----
MIIBszCCAVmgAwIBAgIUTHISISNOTAREALCERTIFICATEBUTITHASTHEFORMwCgYI
KoZIzj0EAwIwLzELMAkGA1UEBhMCRlIx
-----END CERTIFICATE-----
"""
KEY = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgTHISISNOTAREALKEY
-----END PRIVATE KEY-----
"""


def a_line(position: int = 1, **over: Any) -> RawConfig:
    return {
        "username": f"line{position}",
        "password": f"secret-of-{position}",
        "display_name": f"Camille Martin {position}",
        **over,
    }


def own_proxy(position: int = 1, **over: Any) -> RawConfig:
    return a_line(position, proxy_ip="10.20.0.1", **over)


def standard(position: int = 1, **over: Any) -> RawConfig:
    found = {
        "registrar_ip": "10.20.0.1",
        "auth_username": f"auth{position}",
        "number": f"100{position}",
    }
    return own_proxy(position, **(found | over))


def one_line(**over: Any) -> RawConfig:
    return {"protocol": "SIP", "sip_lines": {"1": standard()}, **over}


_KEYS: dict[str, RawConfig] = {
    "speeddial": {"type": "speeddial", "value": "1201", "label": "Reception", "line": 1},
    "blf": {"type": "blf", "value": "1202", "label": "Dominique", "line": 1},
    "park": {"type": "park", "value": "700", "label": "Park", "line": 1},
}

CODES = {
    "exten_dnd": "*25",
    "exten_fwd_unconditional": "*21",
    "exten_fwd_no_answer": "*22",
    "exten_fwd_busy": "*23",
    "exten_fwd_disable_all": "*20",
    "exten_park": "700",
    "exten_pickup_group": "*8",
    "exten_pickup_call": "*8",
    "exten_voicemail": "*98",
}

FULL = one_line(
    sip_lines={
        "1": standard(1, voicemail="*981001", dtmf_mode="SIP-INFO"),
        "2": standard(
            2,
            proxy_port=5062,
            backup_proxy_ip="10.20.0.2",
            backup_proxy_port=5064,
            backup_registrar_ip="10.20.0.2",
            outbound_proxy_ip="10.20.0.3",
            outbound_proxy_port=5066,
            srtp_mode="preferred",
        ),
    },
    funckeys={"1": _KEYS["speeddial"], "2": _KEYS["blf"], "5": _KEYS["park"]},
    dns_enabled=True,
    dns_ip="10.20.0.53",
    ntp_enabled=True,
    ntp_ip="10.20.0.123",
    vlan_enabled=True,
    vlan_id=100,
    vlan_priority=5,
    vlan_pc_port_id=200,
    syslog_enabled=True,
    syslog_ip="10.20.0.14",
    syslog_level="info",
    admin_username="chief",
    admin_password="chief-secret",
    user_username="someone",
    user_password="someone-secret",
    timezone="Europe/Paris",
    locale="fr_FR",
    sip_dtmf_mode="RTP-out-of-band",
    sip_srtp_mode="required",
    sip_transport="tls",
    sip_servers_root_and_intermediate_certificates=[CERTIFICATE],
    sip_subscribe_mwi=True,
    X_xivo_phonebook_ip="10.20.0.1",
    X_xivo_phonebook_profile="default",
    X_xivo_user_uuid="0b30a2a6-7d4c-4f3e-9e47-0b86c44d28e4",
    config_version=1,
    **CODES,
)

CONFIGURATIONS: Mapping[str, RawConfig] = {
    "minimalist": {},
    "minimalist SIP": {"protocol": "SIP", "sip_lines": {"1": own_proxy()}},
    "minimalist global SIP": {
        "protocol": "SIP",
        "sip_proxy_ip": "10.20.0.1",
        "sip_lines": {"1": a_line()},
    },
    "mixed SIP": {
        "protocol": "SIP",
        "sip_proxy_ip": "10.20.0.9",
        "sip_lines": {"1": a_line(1), "2": own_proxy(2)},
    },
    "standard SIP": one_line(),
    "different proxy and registrar": one_line(sip_lines={"1": standard(registrar_ip="10.20.0.7")}),
    "backup proxy": one_line(sip_lines={"1": standard(backup_proxy_ip="10.20.0.2")}),
    "backup proxy and registrar": one_line(
        sip_lines={"1": standard(backup_proxy_ip="10.20.0.2", backup_registrar_ip="10.20.0.3")}
    ),
    "outbound proxy": one_line(sip_lines={"1": standard(outbound_proxy_ip="10.20.0.4")}),
    "non-standard ports": one_line(sip_lines={"1": standard(proxy_port=5070, registrar_port=5080)}),
    "multiple lines": one_line(sip_lines={"1": standard(1), "2": standard(2)}),
    "tcp": one_line(sip_transport="tcp"),
    "tls": one_line(sip_transport="tls"),
    "tls with certificate": one_line(
        sip_transport="tls",
        sip_servers_root_and_intermediate_certificates=[CERTIFICATE, CERTIFICATE],
        sip_local_certificate=CERTIFICATE,
        sip_local_key=KEY,
    ),
    "global SRTP preferred": one_line(sip_srtp_mode="preferred"),
    "global SRTP required": one_line(sip_srtp_mode="required"),
    "per-line SRTP preferred": one_line(sip_lines={"1": standard(srtp_mode="preferred")}),
    "per-line SRTP required": one_line(sip_lines={"1": standard(srtp_mode="required")}),
    "subscribe mwi": one_line(sip_subscribe_mwi=True, exten_voicemail="*98"),
    "DTMF in-band": one_line(sip_dtmf_mode="RTP-in-band"),
    "DTMF RFC 2833": one_line(sip_dtmf_mode="RTP-out-of-band"),
    "DTMF SIP INFO": one_line(sip_dtmf_mode="SIP-INFO"),
    "dns": one_line(dns_enabled=True, dns_ip="10.20.0.53"),
    "ntp": one_line(ntp_enabled=True, ntp_ip="10.20.0.123"),
    "vlan": one_line(vlan_enabled=True, vlan_id=100),
    "vlan with priority": one_line(vlan_enabled=True, vlan_id=100, vlan_priority=5),
    "vlan with PC port": one_line(vlan_enabled=True, vlan_id=100, vlan_pc_port_id=200),
    "syslog": one_line(syslog_enabled=True, syslog_ip="10.20.0.14"),
    "admin account": one_line(admin_username="chief", admin_password="chief-secret"),
    "user account": one_line(user_username="someone", user_password="someone-secret"),
    "timezone Paris": one_line(timezone="Europe/Paris"),
    "timezone Montreal": one_line(timezone="America/Montreal"),
    "timezone half an hour": one_line(timezone="Asia/Kolkata"),
    "timezone unknown": one_line(timezone="Middle/Earth"),
    "locale fr_FR": one_line(locale="fr_FR"),
    "locale nobody speaks": one_line(locale="xx_XX"),
    "config encryption": one_line(config_encryption_enabled=True),
    "funckey speeddial": one_line(funckeys={"1": _KEYS["speeddial"]}),
    "funckey blf": one_line(funckeys={"1": _KEYS["blf"]}, exten_pickup_call="*8"),
    "funckey park": one_line(funckeys={"1": _KEYS["park"]}),
    "funckeys of a full module": one_line(
        funckeys={str(n): {**_KEYS["blf"], "value": f"1{n:03}"} for n in range(1, 81)}
    ),
    "autoprov": one_line(
        sip_lines={"1": standard(username="apx7Kq2Lmn", number="autoprov")}, X_key="xivo"
    ),
    "codes that are null": one_line(**dict.fromkeys(CODES)),
    "full": FULL,
    "minimalist SCCP": {"protocol": "SCCP", "sccp_call_managers": {"1": {"ip": "10.20.0.1"}}},
}


def configuration(name: str) -> RawConfig:
    """A private copy, with what each has of the server."""
    return merged(dict(SERVER), deepcopy(CONFIGURATIONS[name]))


HOSTILE = '"x"\'<&>{{ 7 * 7 }}\r\nadmin_password = owned\n#;=]]>\x00\u2028<P2>0</P2>'
"""A text that would be something else than a value in most formats."""


def with_texts(raw_config: RawConfig, suffix: str) -> RawConfig:
    """The configuration, its texts of people followed by the suffix."""
    found = deepcopy(raw_config)
    for line in found["sip_lines"].values():
        for key in ("display_name", "password", "username", "auth_username", "number"):
            line[key] += suffix
    for key in found["funckeys"].values():
        key["label"] += suffix
        key["value"] += suffix
    for name in ("admin_username", "admin_password", "user_username", "user_password"):
        found[name] += suffix
    return found
