"""Fanvil: the text form of configuration files, which all series read."""

from wazo_provd.vendor import (
    LINES,
    Identification,
    Phonebook,
    PhoneFile,
    Sign,
    VendorPlugin,
)

MAC = r"(?P<mac>[0-9A-Fa-f]{12})"


class FanvilPlugin(VendorPlugin):
    IS_PLUGIN = True

    identification = Identification(
        "Fanvil",
        user_agents=(Sign(rf"Fanvil (?P<model>\S.*?) (?P<version>\d[\w.]*)(?: {MAC})?$"),),
        paths=(Sign(rf"/(?:Fanvil/)?{MAC}\.(?:cfg|txt|xml)$"),),
        lone_paths=(Sign(rf"/Fanvil/{MAC}\.cfg$"),),
        model=lambda name: name.replace(" ", "-"),
    )
    files = (PhoneFile("Fanvil/{mac}.cfg"),)
    format = LINES
    phonebook = Phonebook("fanvil-v2", "lookup", "term=")
