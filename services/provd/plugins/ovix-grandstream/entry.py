"""Grandstream: P values for GXP, GRP and GXV phones and HT gateways, as XML.

The GXP2000 reads the older, binary form of the same values.
"""

import struct
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

from wazo_provd.vendor import Identification, Phonebook, PhoneFile, Sign, VendorPlugin

MAC = r"(?P<mac>[0-9A-Fa-f]{12})"
BINARY = "GXP2000"
HEADER = 16


def binary(content):
    """The values of an XML file behind a header: length and checksum in words of 16 bits, MAC.

    Length and checksum count the header too; all words together sum up to 0.
    """
    root = ElementTree.fromstring(content)  # noqa: S314 - of our own template
    values = [(value.tag, value.text or "") for value in root.find("config")]
    body = urlencode([*values, ("gnkey", "0b82")], quote_via=quote).encode("ascii")
    body += b"\0" * (len(body) % 2)
    words = (HEADER + len(body)) // 2
    rest = bytes.fromhex(root.findtext("mac")) + b"\r\n\r\n" + body
    total = sum(struct.unpack(f">{words}H", struct.pack(">IH", words, 0) + rest))
    return struct.pack(">IH", words, -total % 0x10000) + rest


class GrandstreamPlugin(VendorPlugin):
    IS_PLUGIN = True

    identification = Identification(
        "Grandstream",
        user_agents=(
            Sign(
                r"Grandstream Model HW (?P<model>\S+)(?: V\S+)? SW (?P<version>\S+)"
                rf"(?: DevId {MAC})?"
            ),
            Sign(
                r"Grandstream (?P<model>GXP\d+) \([^)]*:(?P<version>[\d.]+)\)(?: DevId "
                + MAC
                + ")?"
            ),
        ),
        paths=(Sign(rf"/(?:Grandstream/)?cfg{MAC}(?:\.xml)?$"),),
    )
    files = (
        PhoneFile("Grandstream/cfg{mac}.xml", wanted=lambda phone: phone.model != BINARY),
        PhoneFile(
            "Grandstream/cfg{mac}", wanted=lambda phone: phone.model == BINARY, encode=binary
        ),
    )

    # They append /phonebook.xml.
    phonebook = Phonebook(
        url="{scheme}://{hostname}:{port}/0.1/directories/lookup/{profile}/grandstream/{user_uuid}"
    )

    def get_remote_state_trigger_filename(self, device):
        name = super().get_remote_state_trigger_filename(device)
        return name.removesuffix(".xml") if name and device.get("model") == BINARY else name
