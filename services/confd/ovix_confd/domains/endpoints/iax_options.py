"""The options of an IAX endpoint that chan_iax2 knows: their kinds and defaults.

Source: reference/confd/lines-endpoints-extensions.md, "IAX endpoint".
"""

from .options import NativeOptions, integer, one_of, some_of, up_to, yes_or_no

_YES_OR_NO = (
    "trunk adsi jitterbuffer forcejitterbuffer sendani qualifysmoothing immediate keyrotate"
)
_INTEGERS = "maxauthreq qualifyfreqok qualifyfreqnotok port parkinglot"
_TEXTS = (
    "username secret dbsecret language accountcode mailbox callerid fullname cid_number inkeys"
    " outkey qualify timezone disallow allow mohinterpret mohsuggest deny permit defaultip"
    " sourceaddress setvar mask regexten peercontext requirecalltoken"
)
_CIPHERS = ("no", "yes", "aes128")

IAX_OPTIONS = NativeOptions(
    kinds={
        **dict.fromkeys(_YES_OR_NO.split(), yes_or_no),
        **dict.fromkeys(_INTEGERS.split(), integer),
        **dict.fromkeys(_TEXTS.split(), up_to(None)),
        "amaflags": one_of("default", "omit", "billing", "documentation"),
        "auth": some_of("plaintext", "md5", "rsa"),
        "encryption": one_of(*_CIPHERS),
        "forceencryption": one_of(*_CIPHERS),
        "transfer": one_of("no", "yes", "mediaonly"),
        "codecpriority": one_of("disabled", "host", "caller", "reqonly"),
    },
    own_fields=frozenset({"name", "type", "host", "context", "category", "protocol"}),
    defaults={
        "trunk": "no",
        "sendani": "no",
        "qualifysmoothing": "no",
        "amaflags": "default",
        "auth": "plaintext,md5",
        "qualifyfreqok": "60000",
        "qualifyfreqnotok": "10000",
        "qualify": "no",
        "requirecalltoken": "no",
    },
)
