"""Gigaset's DECT bases: N510 and N720, then N610, N670, N770 and N870.

The first two read symbols of the base's memory, the others named parameters; both in XML. Source:
the vendor's provisioning notes for N510 IP PRO and N720 IP PRO, and for the N670/N870 family.
"""

import re

from markupsafe import escape
from wazo_provd.devices.config import RawConfigError
from wazo_provd.devices.pgasso import DeviceSupport
from wazo_provd.servers.http import HTTPNoListingFileService
from wazo_provd.vendor import Identification, Phonebook, PhoneFile, Sign, VendorPlugin

SYMBOLS = ("N510", "N720")
ACCOUNTS_OF_N510 = 6
ACCOUNTS_OF_N720 = 100

COUNTRY_CODES = {
    "AT": 43, "AU": 61, "BE": 32, "CA": 1, "CH": 41, "DE": 49, "ES": 34, "FR": 33, "GB": 44,
    "IT": 39, "LU": 352, "NL": 31, "PL": 48, "PT": 351, "US": 1,
}  # fmt: skip
CODECS = {"G722": "G722", "G729": "G729", "PCMA": "G711A", "PCMU": "G711U"}
DTMF = {"RTP-in-band": 1, "RTP-out-of-band": 2, "SIP-INFO": 4}
TRANSPORTS = {"udp": 1, "tcp": 2, "tls": 3}


def model_of(name):
    """Option 60 has underscores for blanks; some requests name the maker before the model."""
    return name.replace("_", " ").removeprefix("Gigaset ")


class CollapsedPaths(HTTPNoListingFileService):
    """The bases put ``/42/2/`` (hardware, software) and stray slashes before a file's name."""

    def path_preprocess(self, request):
        path = re.sub(rb"/(?:\.*/)+", b"/", request.path)
        request.path = re.sub(rb"^/\d\d/\d/", b"/", path)
        request.postpath = request.path.split(b"/")[1:]


class GigasetPlugin(VendorPlugin):
    IS_PLUGIN = True
    identification = Identification(
        "Gigaset",
        user_agents=[
            Sign(
                r"(?:Gigaset )?(?P<model>N720 (?:DM|IP) PRO)/(?P<version>\d+\.\d+)[^;]*"
                r"(?:;(?P<mac>[0-9A-F]{12}))?"
            ),
            Sign(
                r'"?(?:Gigaset )?(?P<model>N\d{3}E? IP PRO)/(?P<version>[^;+"]+)(?:\+[^;"]*)?'
                r"(?:;(?P<mac>[0-9A-Fa-f]{12})?)?"
            ),
        ],
        paths=[Sign(r".*/(?P<mac>[0-9A-Fa-f]{12})\.xml$")],
        dhcp=[Sign(r"(?:Gigaset_)?(?P<model>N\d{3}E?_(?:IP|DM)_PRO)")],
        model=model_of,
    )
    files = (PhoneFile("{MAC}.xml"), PhoneFile("{mac}.xml"))
    phonebook = Phonebook(
        url="{scheme}://{hostname}:{port}/0.1/directories/lookup/{profile}/gigaset/{user_uuid}?"
    )
    unknown_model = DeviceSupport.IMPROBABLE  # those of other series fetch no files

    def __init__(self, app, plugin_dir, gen_cfg, spec_cfg):
        super().__init__(app, plugin_dir, gen_cfg, spec_cfg)
        self.http_service = CollapsedPaths(self._tftpboot_dir)

    def get_remote_state_trigger_filename(self, device):
        name = super().get_remote_state_trigger_filename(device)
        if name is None or str(device.get("model")).startswith(SYMBOLS):
            return name
        return name.lower()

    def variables(self, phone, raw_config):
        symbols = phone.model.startswith(SYMBOLS)
        if symbols and any('"' in line.password.unescape() for line in phone.lines):
            raise RawConfigError("the base can't read a password with a \" in it")
        most = ACCOUNTS_OF_N510 if phone.model.startswith("N510") else ACCOUNTS_OF_N720
        providers = []
        for line in phone.lines:
            if (provider := servers(line)) not in providers:
                providers.append(provider)
        return {
            "symbols": symbols,
            "accounts": [line for line in phone.lines if not symbols or line.position <= most],
            "unused": self._unused(phone),
            "provider_of": {line.position: providers.index(servers(line)) for line in phone.lines},
            "providers": [
                next(line for line in phone.lines if servers(line) == provider)
                for provider in providers
            ],
            "text": text,
            "number": hex,
            "country_code": COUNTRY_CODES.get(phone.country),
            "dtmf": DTMF,
            "codecs": ",".join(CODECS[name] for name in phone.codecs if name in CODECS),
            "transport": TRANSPORTS[phone.transport],
            "access_code": f"{int(phone.mac, 16) % 10000:04}",
        }

    def _unused(self, phone):
        """Accounts to switch off, as a base keeps those that its file doesn't mention."""
        lines = phone.capacity.get("lines", 0)
        most = lines if lines < ACCOUNTS_OF_N720 else 0  # those of a multicell are its page's
        return [number for number in range(1, most + 1) if phone.line(number) is None]


def servers(line):
    """What accounts of one provider have in common."""
    return (
        line.proxy, line.backup_proxy, line.registrar, line.backup_registrar, line.outbound_proxy,
        line.srtp, line.dtmf,
    )  # fmt: skip


def text(value):
    """The value of a symbol that is a text: in double quotes, which nothing can escape there."""
    return escape('"{}"').format(escape(escape(value).unescape().replace('"', "'")))
