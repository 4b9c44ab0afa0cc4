"""The options of a SIP endpoint that chan_sip had a column for: their kinds, spellings, defaults.

Source: reference/confd/lines-endpoints-extensions.md, "SIP endpoint".
"""

from collections.abc import Mapping

from ovix_telephony.line_devices import UNIQUE_ACCOUNT

from .options import NativeOptions, integer, one_of, up_to, yes_or_no

_YES_OR_NO = (
    "allowoverlap allowsubscribe allowtransfer autoframing buggymwi callcounter encryption"
    " g726nonstandard ignoresdpversion promiscredir rfc2833compensate snom_aoc_enabled"
    " subscribemwi t38pt_udptl t38pt_usertpsource textsupport trustrpid use_q850_reason"
    " useclientcode usereqphone"
)
_INTEGERS = (
    "call-limit maxcallbitrate rtptimeout rtpholdtimeout rtpkeepalive port callingpres parkinglot"
    " busylevel session-expires session-minse timert1 timerb qualifyfreq maxforwards"
)
_CHOICES = {
    "amaflags": ("default", "omit", "billing", "documentation"),
    "insecure": ("port", "invite", "port,invite"),
    "nat": ("no", "force_rport", "comedia", "force_rport,comedia"),
    "videosupport": ("no", "yes", "always"),
    "dtmfmode": ("rfc2833", "inband", "info", "auto"),
    "progressinband": ("no", "yes", "never"),
    "session-timers": ("originate", "accept", "refuse"),
    "session-refresher": ("uac", "uas"),
    "webrtc": ("no", "yes", UNIQUE_ACCOUNT),
    "directmedia": ("no", "yes", "nonat", "update", "update,nonat", "outgoing"),
}
_TEXTS: Mapping[str, int | None] = {
    "username": 80,
    "md5secret": 32,
    "language": 20,
    "accountcode": 20,
    "fromuser": 80,
    "fromdomain": 255,
    "callerid": 160,
    "fullname": 80,
    "cid_number": 80,
    "sendrpid": 16,
    "qualify": 4,
    "disallow": 100,
    "allow": None,
    "mohinterpret": 80,
    "deny": 31,
    "permit": 31,
    "defaultip": 255,
    "regexten": 80,
    "subscribecontext": 80,
    "vmexten": 40,
    "outboundproxy": 1024,
    "transport": 255,
    "remotesecret": 255,
    "callbackextension": 255,
    "contactpermit": 1024,
    "contactdeny": 1024,
    "unsolicited_mailbox": 1024,
    "disallowed_methods": 1024,
}
SIP_OPTIONS = NativeOptions(
    kinds={
        **dict.fromkeys(_YES_OR_NO.split(), yes_or_no),
        **dict.fromkeys(_INTEGERS.split(), integer),
        **{name: one_of(*choices) for name, choices in _CHOICES.items()},
        **{name: up_to(length) for name, length in _TEXTS.items()},
    },
    own_fields=frozenset({"name", "secret", "type", "host", "context", "category", "protocol"}),
    defaults={"amaflags": "default", "subscribemwi": "no", "call-limit": "10"},
)
