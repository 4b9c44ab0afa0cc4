"""The options of a SIP endpoint that chan_sip had a column for: their kinds, spellings, defaults.

Source: reference/confd/lines-endpoints-extensions.md, "SIP endpoint". An option of another name is
kept as it is given, in order.
"""

from collections.abc import Callable, Mapping

TRUE = frozenset({"1", "y", "yes", "t", "true", "on"})
FALSE = frozenset({"0", "n", "no", "f", "false", "off"})
OWN_FIELDS = frozenset({"name", "secret", "type", "host", "context", "category", "protocol"})
"""What has a field of its own, or follows from what the endpoint is linked to."""
DEFAULTS: Mapping[str, str] = {"amaflags": "default", "subscribemwi": "no", "call-limit": "10"}
"""What an endpoint shows without having been told."""

Kind = Callable[[str], str]


def _yes_or_no(value: str) -> str:
    given = value.lower()
    if given in TRUE:
        return "yes"
    if given in FALSE:
        return "no"
    raise ValueError("must be yes or no")


def _integer(value: str) -> str:
    if not (value.isascii() and value.lstrip("-").isdecimal() and len(value) <= 10):
        raise ValueError("must be an integer")
    return value


def _one_of(*choices: str) -> Kind:
    def kind(value: str) -> str:
        if value not in choices:
            raise ValueError(f"must be one of ({', '.join(choices)})")
        return value

    return kind


def _text(max_length: int | None) -> Kind:
    def kind(value: str) -> str:
        if max_length is not None and len(value) > max_length:
            raise ValueError(f"must have a maximum length of {max_length}")
        return value

    return kind


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
NATIVE: Mapping[str, Kind] = {
    **dict.fromkeys(_YES_OR_NO.split(), _yes_or_no),
    **dict.fromkeys(_INTEGERS.split(), _integer),
    **{name: _one_of(*choices) for name, choices in _CHOICES.items()},
    **{name: _text(length) for name, length in _TEXTS.items()},
}


def sorted_out(pairs: list[list[str]]) -> tuple[dict[str, str], list[list[str]]]:
    """The native options, the last of a name winning, and the extra ones in order.

    Raises ValueError naming the option that can't be taken. An empty native value unsets it.
    """
    native: dict[str, str] = {}
    extra: list[list[str]] = []
    for name, value in pairs:
        if name in OWN_FIELDS:
            raise ValueError(f"'{name}' is no option: it follows from another field")
        kind = NATIVE.get(name)
        if kind is None:
            extra.append([name, value])
        elif value == "":
            native[name] = ""
        else:
            try:
                native[name] = kind(value)
            except ValueError as error:
                raise ValueError(f"option '{name}' {error}") from error
    return native, extra
