"""Patton's SmartNode gateways for analogue phones, 4110 and 4300 series, with SmartWare R6.

The file is a list of commands. Source: the vendor's "SmartWare Software Configuration Guide" R6.x.
"""

from wazo_provd.vendor import (
    TONES,
    Format,
    Identification,
    PhoneFile,
    Sign,
    VendorPlugin,
    one_line,
)

PORTS_OF_UNKNOWN_MODEL = 2

WEEKS = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "last"}
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
MONTHS = (
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
)  # fmt: skip
CODECS = {"G729": "g729", "PCMA": "g711alaw64k", "PCMU": "g711ulaw64k"}
DTMF = {
    "RTP-in-band": "no dtmf-relay",
    "RTP-out-of-band": "dtmf-relay rtp",
    "SIP-INFO": "dtmf-relay signaling",
}
TONE_NAMES = ("dial", "ringback", "busy", "congestion")


def word(text):
    """Inside double quotes, which nothing can escape there; a backslash may."""
    return one_line(text).replace('"', "'").replace("\\", "/")


def switch(change):
    """``last sun mar 02:00``."""
    return (
        f"{WEEKS[change.week]} {WEEKDAYS[change.weekday]} {MONTHS[change.month - 1]} "
        f"{change.hour:02}:{change.minute:02}"
    )


def offset(seconds):
    """``+01:00``."""
    sign = "-" if seconds < 0 else "+"
    return f"{sign}{abs(seconds) // 3600:02}:{abs(seconds) % 3600 // 60:02}"


class PattonPlugin(VendorPlugin):
    IS_PLUGIN = True
    identification = Identification(
        "Patton",
        user_agents=[
            Sign(
                r"SmartNode \(Model:(?P<model>[^/;]+)[^;]*; ?Serial:(?P<mac>[0-9A-Fa-f]{12}); ?"
                r"Software Version:R?(?P<version>[^ )]+)"
            )
        ],
    )
    files = (PhoneFile("{mac}.cfg"),)
    format = Format(word, lost='"\\')

    def variables(self, phone, raw_config):
        tones = TONES.get(phone.country)
        ports = phone.capacity.get("lines", PORTS_OF_UNKNOWN_MODEL)
        return {
            "accounts": [line for line in phone.lines if line.position <= ports],
            "ports": range(ports),
            "dtmf": DTMF,
            "codecs": [CODECS[name] for name in phone.codecs if name in CODECS],
            "tones": {name: getattr(tones, name) for name in TONE_NAMES} if tones else {},
            "switch": switch,
            "offset": offset,
        }
