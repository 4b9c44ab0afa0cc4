"""Devices that nobody wrote a plugin for: they, or their operators, fetch ``generic/<mac>.cfg``.

Template ``<model>.tpl`` in var/templates gives the devices of a model a format of their own.
"""

from wazo_provd.vendor import (
    LINES,
    XML,
    Identification,
    PhoneFile,
    Sign,
    VendorPlugin,
    authorities,
    identity,
)

FILE = r"generic/(?P<mac>[0-9A-Fa-f]{12})\.(?:cfg|xml)$"


class GenericPlugin(VendorPlugin):
    IS_PLUGIN = True

    identification = Identification(
        "Generic",
        lone_paths=(Sign("/" + FILE, vendor="Generic"),),
        tftp=(Sign(FILE, vendor="Generic"),),
    )
    files = (
        PhoneFile("generic/{mac}.cfg"),
        PhoneFile("generic/{mac}.xml", "xml.tpl", format=XML),
        PhoneFile("generic/{mac}-authorities.pem", content=authorities),
        PhoneFile("generic/{mac}-identity.pem", content=identity),
    )
    format = LINES
