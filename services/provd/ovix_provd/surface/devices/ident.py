"""What plugins' extractors are given (reference/provd/plugins.md, 8)."""

from enum import StrEnum
from typing import TypedDict


class RequestType(StrEnum):
    """Equal to the plain texts that packages before 2023 compare with."""

    HTTP = "http"
    TFTP = "tftp"
    DHCP = "dhcp"


class DHCPRequest(TypedDict):
    """What a DHCP server told of a lease; options by their code."""

    ip: str
    mac: str
    options: dict[int, str]
