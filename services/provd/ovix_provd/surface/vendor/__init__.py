"""What our vendors' plugins share, so that a package is data and templates.

A package says how its phones are recognised and how their files are named::

    from wazo_provd.vendor import Identification, PhoneFile, Sign, VendorPlugin

    class AcmePlugin(VendorPlugin):
        IS_PLUGIN = True
        identification = Identification(
            "Acme",
            user_agents=[Sign(r"Acme (?P<model>\\S+) (?P<version>\\S+) (?P<mac>[0-9a-f]{12})$")],
            lone_paths=[Sign(r"/(?P<mac>[0-9a-f]{12})\\.xml$")],
        )
        files = [PhoneFile("{mac}.xml")]

lists its models in plugin-info (``"capabilities": {"Acme, A1, *": {"lines": 2, …}}``), and brings
``templates/base.tpl``, which writes what ``phone`` holds.
"""

from .identification import Identification, ModelAssociator, Sign
from .phone import Account, Key, Line, Phone, Server, Syslog, Vlan
from .plugin import CommonFile, Phonebook, PhoneFile, VendorPlugin, authorities, identity
from .text import LINES, XML, Format, one_line, pem, xml
from .tones import TONES, Tone, Tones
from .zones import Summer, Switch, Zone, zone_of

__all__ = [
    "LINES",
    "TONES",
    "XML",
    "Account",
    "CommonFile",
    "Format",
    "Identification",
    "Key",
    "Line",
    "ModelAssociator",
    "Phone",
    "PhoneFile",
    "Phonebook",
    "Server",
    "Sign",
    "Summer",
    "Switch",
    "Syslog",
    "Tone",
    "Tones",
    "VendorPlugin",
    "Vlan",
    "Zone",
    "authorities",
    "identity",
    "one_line",
    "pem",
    "xml",
    "zone_of",
]
