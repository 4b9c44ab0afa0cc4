"""Yealink: ``name = value`` files of the unified parameter set (firmware V73 and later)."""

from wazo_provd.vendor import (
    LINES,
    Identification,
    Phonebook,
    PhoneFile,
    Sign,
    VendorPlugin,
    authorities,
    identity,
)

MAC = r"(?P<mac>[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5})"
VERSION = r"(?P<version>\d+\.\d+\.\d+\.\d+)"


class YealinkPlugin(VendorPlugin):
    IS_PLUGIN = True

    identification = Identification(
        "Yealink",
        user_agents=(
            Sign(rf"[Yy]ealink SIP(?: VP)?-(?P<model>\S+) {VERSION}(?: {MAC})?"),
            Sign(rf"[Yy]ealink (?P<model>[A-Z]{{1,2}}\d\w*) {VERSION}(?: {MAC})?"),
            Sign(rf"(?P<model>W52P|VP530P?) {VERSION}(?: {MAC})?"),
            Sign(rf"[Yy]ealink-(?P<model>\S+) {VERSION}"),
        ),
        paths=(Sign(r"/(?P<mac>[0-9A-Fa-f]{12})(?:-\w+)?\.(?:cfg|boot|enc)$"),),
        lone_paths=(
            Sign(r"/(?P<mac>001565[0-9A-Fa-f]{6})\.cfg$"),
            Sign(r"/y000000000025\.cfg$", vendor="Yealink", model="W52P"),
        ),
    )
    files = (
        PhoneFile("{mac}.cfg"),
        PhoneFile("{mac}-authorities.pem", content=authorities),
        PhoneFile("{mac}-identity.pem", content=identity),
    )
    format = LINES
    phonebook = Phonebook("yealink", "lookup", "term=#SEARCH")
