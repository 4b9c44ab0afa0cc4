"""The configurations of phones, now that the address is known under which they reach us."""

from typing import Any

from ...provd import Provd

Document = dict[str, Any]


def configs(address: str, prefix: str) -> list[Document]:
    """Those every installation has (reference/provd/data-model.md, 4). None can be deleted."""
    ntp = {"ntp_enabled": True, "ntp_ip": address}
    line = {
        "display_name": "Autoprov",
        "number": "autoprov",
        "username": prefix,
        "password": "autoprov",
        "proxy_ip": address,
        "registrar_ip": address,
    }
    documents: list[Document] = [
        {
            "id": "base",
            "X_type": "internal",
            "parent_ids": [],
            "raw_config": {**ntp, "X_xivo_phonebook_ip": address},
        },
        {
            "id": "default",
            "X_type": "registrar",
            "displayname": "local",
            "registrar_main": address,
            "proxy_main": address,
            "parent_ids": [],
            "raw_config": {"X_key": "xivo"},
        },
        {
            "id": "defaultconfigdevice",
            "X_type": "device",
            "label": "Default config device",
            "parent_ids": [],
            "raw_config": {**ntp, "sip_dtmf_mode": "RTP-out-of-band"},
        },
        {
            "id": "autoprov",
            "X_type": "internal",
            "role": "autocreate",
            "parent_ids": ["base", "defaultconfigdevice"],
            "raw_config": {
                "sccp_call_managers": {"1": {"ip": address}},
                "sip_lines": {"1": line},
            },
        },
    ]
    return [{**each, "deletable": False} for each in documents]


async def tell_provd(provd: Provd, address: str, prefix: str) -> None:
    """Put them there; again changes nothing."""
    for document in configs(address, prefix):
        await provd.put_config(document)
