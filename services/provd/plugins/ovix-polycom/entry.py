"""Polycom's SoundPoint IP, SoundStation IP and VVX phones with UC Software (4.0 and later).

Files are XML whose elements don't matter: parameters are attributes. Source: the vendor's "UC
Software Administrator Guide", 4.0 to 6.4, and "Provisioning" in it.
"""

import re

from wazo_provd.vendor import (
    CommonFile,
    Identification,
    Phonebook,
    PhoneFile,
    Sign,
    VendorPlugin,
)

LANGUAGES = {
    "da": "Danish_Denmark",
    "de": "German_Germany",
    "en": "English_United_States",
    "en_GB": "English_United_Kingdom",
    "es": "Spanish_Spain",
    "fr": "French_France",
    "it": "Italian_Italy",
    "ja": "Japanese_Japan",
    "ko": "Korean_Korea",
    "nl": "Dutch_Netherlands",
    "no": "Norwegian_Norway",
    "pl": "Polish_Poland",
    "pt": "Portuguese_Portugal",
    "ru": "Russian_Russia",
    "sl": "Slovenian_Slovenia",
    "sv": "Swedish_Sweden",
    "zh": "Chinese_China",
}
TRANSPORTS = {"udp": "UDPOnly", "tcp": "TCPOnly", "tls": "TLS"}
CODECS = {"G722": "G722", "G729": "G729_AB", "OPUS": "Opus", "PCMA": "G711_A", "PCMU": "G711_Mu"}
RENDER_LEVELS = {"critical": 6, "error": 5, "warning": 4, "info": 3, "debug": 1}
TWELVE_HOURS = {"AU", "CA", "US"}

# Asked for by the SIP application; others by the boot loader, which tells its own version.
APPLICATION_FILES = (
    "common.cfg", "phone1.cfg", "sip.cfg",
    "-phone.cfg", "-license.cfg", "-directory.xml", "-app.log",
)  # fmt: skip
NOBODY = "000000000000"


class PolycomIdentification(Identification):
    """Which program of the phone asks decides whether the version it tells is the phone's."""

    def of_http(self, user_agent, path, query):
        found = super().of_http(user_agent, path, query)
        if found and not path.endswith(APPLICATION_FILES):
            found.pop("version", None)
        return found


class PolycomPlugin(VendorPlugin):
    IS_PLUGIN = True
    identification = PolycomIdentification(
        "Polycom",
        user_agents=[
            Sign(
                r"FileTransport Poly(?:com)?\w*?-(?P<model>(?:SPIP|SSIP|SSDuo|VVX)_?[^-/ ]+)-UA"
                r"/(?P<version>\S+)"
            )
        ],
        paths=[
            Sign(
                rf".*/(?!{NOBODY})(?P<mac>[0-9A-Fa-f]{{12}})"
                r"(?:\.cfg|-(?:user|phone|license)\.cfg|-directory\.xml|-(?:boot|app)\.log)$"
            )
        ],
        model=lambda name: name.replace("_", ""),
    )
    files = (
        PhoneFile("{mac}-user.cfg"),
        PhoneFile("{mac}-directory.xml", template="directory.tpl"),
    )
    common_files = (CommonFile(f"{NOBODY}.cfg", "first.tpl"),)
    phonebook = Phonebook("polycom")

    def variables(self, phone, raw_config):
        language = LANGUAGES.get(f"{phone.language}_{phone.country}") or LANGUAGES.get(
            phone.language
        )
        watched = [key for key in phone.keys if key.type == "blf"]
        dialled = [key for key in phone.keys if key.type != "blf"]
        return {
            "language": language,
            "transport": TRANSPORTS[phone.transport],
            "render_level": RENDER_LEVELS.get(phone.syslog.level, 4) if phone.syslog else None,
            "codecs": CODECS,
            "watched": watched,
            "dialled": dialled,
            "line_keys": line_keys(phone, watched, dialled),
            "twelve_hours": phone.country in TWELVE_HOURS,
            "date_of": date_of,
            "authorities": [
                certificate
                for text in raw_config.get("sip_servers_root_and_intermediate_certificates", ())
                for certificate in certificates(text)
            ],
        }


def line_keys(phone, watched, dialled):
    """Place, category and index of each key."""
    found = []
    for place, key in sorted(phone.places().items()):
        if key in watched:
            found.append((place, "BLF", watched.index(key) + 1))
        elif key in dialled:
            found.append((place, "SpeedDial", dialled.index(key) + 1))
        else:
            found.append((place, "Line", key.position))
    return found


def date_of(switch):
    """The first day on which the week of a switch may begin; the last one is told otherwise."""
    return (min(switch.week, 4) - 1) * 7 + 1


def certificates(text):
    """Each of a text of certificates, its lines as RFC 7468 has them: templates get it on one."""
    for body in re.findall(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=]+)-----END", text):
        lines = "\n".join(re.findall(".{1,64}", body))
        yield f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----"
