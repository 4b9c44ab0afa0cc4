"""The options of PJSIP objects that both Asterisk 16.28 and 22 know, and the values they take.

An unknown option, or a value of the wrong kind, makes Asterisk reject the whole object
(reference/asterisk.md part 2), so nothing else may be written. The names are the intersection of
``config show help res_pjsip endpoint`` (and aor, auth, identify) of the two versions; the kinds are
those of res_pjsip's option handlers.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

_TRUE = ("1", "y", "yes", "t", "true", "on")
_FALSE = ("0", "n", "no", "f", "false", "off")
_CODEC = re.compile(r"!?[a-z0-9][a-z0-9_.-]{0,31}(:[0-9]{1,4})?", re.IGNORECASE)
# Of functions those of the call's own channel: GLOBAL() and others would reach beyond it.
_SET_VAR = re.compile(
    r"([A-Za-z_][A-Za-z0-9_]*"
    r"|(CALLERID|CDR|CHANNEL|CONNECTEDLINE|FAXOPT|JITTERBUFFER|PJSIP_HEADER|REDIRECTING|TIMEOUT)"
    r"\([A-Za-z0-9_,-]*\))=.*",
    re.DOTALL,
)
_NAMES = re.compile(r"[A-Za-z0-9_.+~*#@:,-]+")
_URI = re.compile(r"sips?:[^\s<>\"]+", re.IGNORECASE)


@dataclass(frozen=True)
class Kind:
    """What an option accepts; ``read`` gives the text to write or raises ``ValueError``."""

    read: Callable[[str], str]

    def __call__(self, text: str) -> str:
        return self.read(text.strip())


def truth(text: str) -> bool | None:
    """What Asterisk's ``ast_true`` and ``ast_false`` make of a text."""
    lowered = text.strip().lower()
    return True if lowered in _TRUE else False if lowered in _FALSE else None


def _yes_no(text: str) -> str:
    flag = truth(text)
    if flag is None:
        raise ValueError("is neither yes nor no")
    return "yes" if flag else "no"


def _text(text: str) -> str:
    if not text:
        raise ValueError("is empty")
    return text


def matching(pattern: re.Pattern[str], what: str) -> Kind:
    """Texts of that form; ``what`` says in errors which one that is."""

    def read(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(f"is not {what}")
        return text

    return Kind(read)


def _number(lowest: int, highest: int) -> Kind:
    def read(text: str) -> str:
        if not re.fullmatch(r"[0-9]{1,10}", text) or not lowest <= int(text) <= highest:
            raise ValueError(f"is not a number from {lowest} to {highest}")
        return str(int(text))

    return Kind(read)


def one_of(*choices: str) -> Kind:
    """One of the words, whatever its case."""

    def read(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError(f"is not one of {', '.join(choices)}")
        return text.lower()

    return Kind(read)


def _codecs(text: str) -> str:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names or not all(_CODEC.fullmatch(name) for name in names):
        raise ValueError("is not a list of codecs")
    return ",".join(names)


def _listed(*choices: str) -> Kind:
    def read(text: str) -> str:
        names = [name.strip().lower() for name in text.split(",")]
        if not all(name in choices for name in names):
            raise ValueError(f"is not a list of {', '.join(choices)}")
        return ",".join(names)

    return Kind(read)


YES_NO = Kind(_yes_no)
TEXT = Kind(_text)
CODECS = Kind(_codecs)
NAMES = matching(_NAMES, "a list of names")
URI = matching(_URI, "a SIP URI")
SET_VAR = matching(_SET_VAR, "NAME=value")
ADDRESSES = matching(re.compile(r"[0-9A-Fa-f.:/,! ]+"), "a list of networks")
SECONDS = _number(0, 2**31 - 1)
TOS = matching(re.compile(r"[A-Za-z0-9]{1,8}"), "a type of service")
COS = _number(0, 7)
GROUPS = matching(re.compile(r"[0-9]{1,2}([,-][0-9]{1,2})*"), "a list of groups from 0 to 63")

ENDPOINT: dict[str, Kind] = {
    **dict.fromkeys(
        (
            "accept_multiple_sdp_answers", "aggregate_mwi", "allow_overlap", "allow_subscribe",
            "allow_transfer", "asymmetric_rtp_codec", "bind_rtp_to_media_address", "bundle",
            "direct_media", "disable_direct_media_on_nat", "dtls_auto_generate_cert", "fax_detect",
            "follow_early_media_fork", "force_avp", "force_rport", "g726_non_standard",
            "ice_support", "ignore_183_without_sdp", "inband_progress",
            "media_encryption_optimistic", "media_use_received_transport", "moh_passthrough",
            "mwi_subscribe_replaces_unsolicited", "notify_early_inuse_ringing",
            "one_touch_recording", "preferred_codec_only", "refer_blind_progress",
            "rewrite_contact", "rpid_immediate", "rtcp_mux", "rtp_ipv6", "rtp_symmetric",
            "send_connected_line", "send_diversion", "send_history_info", "send_pai", "send_rpid",
            "srtp_tag_32", "suppress_q850_reason_headers", "t38_bind_udptl_to_media_address",
            "t38_udptl", "t38_udptl_ipv6", "t38_udptl_nat", "trust_connected_line",
            "trust_id_inbound", "trust_id_outbound", "use_avpf", "use_ptime", "user_eq_phone",
            "webrtc",
        ),
        YES_NO,
    ),
    **dict.fromkeys(
        (
            "device_state_busy_at", "fax_detect_timeout", "max_audio_streams", "max_video_streams",
            "rtp_keepalive", "rtp_timeout", "rtp_timeout_hold", "sub_min_expiry",
            "t38_udptl_maxdatagram", "timers_sess_expires",
        ),
        SECONDS,
    ),
    "timers_min_se": _number(90, 2**31 - 1),
    **dict.fromkeys(
        (
            "accountcode", "callerid", "callerid_tag", "contact_user", "dtls_ca_file",
            "dtls_ca_path", "dtls_cert_file", "dtls_cipher", "dtls_private_key", "from_domain",
            "from_user", "incoming_mwi_mailbox", "language", "mailboxes", "media_address",
            "message_context", "moh_suggest", "mwi_from_user", "named_call_group",
            "named_pickup_group", "record_off_feature", "record_on_feature", "sdp_owner",
            "sdp_session", "tone_zone", "voicemail_extension",
        ),
        TEXT,
    ),
    "100rel": one_of("no", "required", "yes"),
    "allow": CODECS,
    "disallow": CODECS,
    "call_group": GROUPS,
    "pickup_group": GROUPS,
    "callerid_privacy": one_of(
        "allowed_not_screened", "allowed_passed_screen", "allowed_failed_screen", "allowed",
        "prohib_not_screened", "prohib_passed_screen", "prohib_failed_screen", "prohib",
        "unavailable",
    ),
    "connected_line_method": one_of("invite", "reinvite", "update"),
    "context": NAMES,
    "cos_audio": COS,
    "cos_video": COS,
    "contact_deny": ADDRESSES,
    "contact_permit": ADDRESSES,
    "deny": ADDRESSES,
    "permit": ADDRESSES,
    "direct_media_glare_mitigation": one_of("none", "outgoing", "incoming"),
    "direct_media_method": one_of("invite", "reinvite", "update"),
    "dtls_fingerprint": one_of("sha-1", "sha-256"),
    "dtls_rekey": SECONDS,
    "dtls_setup": one_of("active", "passive", "actpass"),
    "dtls_verify": one_of("yes", "no", "fingerprint", "certificate"),
    "dtmf_mode": one_of("rfc4733", "inband", "info", "auto", "auto_info", "none"),
    "identify_by": _listed("username", "auth_username", "ip", "header"),
    "media_encryption": one_of("no", "sdes", "dtls"),
    "outbound_proxy": URI,
    "redirect_method": one_of("user", "uri_core", "uri_pjsip"),
    "rtp_engine": one_of("asterisk"),
    "set_var": SET_VAR,
    "subscribe_context": NAMES,
    "t38_udptl_ec": one_of("none", "fec", "redundancy"),
    "timers": one_of("no", "yes", "required", "always", "forced"),
    "tos_audio": TOS,
    "tos_video": TOS,
    "transport": NAMES,
}  # fmt: skip

REPEATABLE = frozenset({"set_var", "contact", "match", "deny", "permit", "local_net"})
"""Options that may stand more than once; of the others the last one given is kept."""

AOR: dict[str, Kind] = {
    "authenticate_qualify": YES_NO,
    "contact": URI,
    "default_expiration": SECONDS,
    "mailboxes": TEXT,
    "max_contacts": SECONDS,
    "maximum_expiration": SECONDS,
    "minimum_expiration": SECONDS,
    "outbound_proxy": URI,
    "qualify_frequency": _number(0, 86400),
    "qualify_timeout": matching(re.compile(r"[0-9]{1,3}(\.[0-9]{1,3})?"), "a number of seconds"),
    "remove_existing": YES_NO,
    "remove_unavailable": YES_NO,
    "support_path": YES_NO,
    "voicemail_extension": TEXT,
}

AUTH: dict[str, Kind] = {
    "auth_type": one_of("userpass"),
    "nonce_lifetime": SECONDS,
    "password": TEXT,
    "realm": TEXT,
    "username": TEXT,
}

IDENTIFY: dict[str, Kind] = {
    "match": matching(re.compile(r"[A-Za-z0-9._:/\[\]-]{1,255}"), "an address"),
    "match_header": TEXT,
    "srv_lookups": YES_NO,
}

REGISTRATION: dict[str, Kind] = {
    **dict.fromkeys(
        ("auth_rejection_permanent", "line", "support_outbound", "support_path"), YES_NO
    ),
    **dict.fromkeys(
        (
            "expiration", "fatal_retry_interval", "forbidden_retry_interval", "max_retries",
            "retry_interval",
        ),
        SECONDS,
    ),
    "client_uri": URI,
    "contact_user": TEXT,
    "outbound_proxy": URI,
    "server_uri": URI,
    "transport": NAMES,
}  # fmt: skip

TRANSPORT: dict[str, Kind] = {
    **dict.fromkeys(
        (
            "allow_reload", "require_client_cert", "symmetric_transport", "verify_client",
            "verify_server",
        ),
        YES_NO,
    ),
    **dict.fromkeys(
        (
            "ca_list_file", "ca_list_path", "cert_file", "cipher", "domain",
            "external_media_address", "external_signaling_address", "password", "priv_key_file",
        ),
        TEXT,
    ),
    "async_operations": SECONDS,
    "bind": matching(re.compile(r"[A-Za-z0-9._:\[\]-]{1,255}"), "an address"),
    "cos": COS,
    "external_signaling_port": _number(0, 65535),
    "local_net": ADDRESSES,
    "method": one_of("default", "unspecified", "tlsv1", "tlsv1_1", "tlsv1_2", "sslv23"),
    "protocol": one_of("udp", "tcp", "tls", "ws", "wss"),
    "tos": TOS,
    "websocket_write_timeout": SECONDS,
}  # fmt: skip

OBJECTS: dict[str, dict[str, Kind]] = {
    "endpoint": ENDPOINT,
    "aor": AOR,
    "auth": AUTH,
    "identify": IDENTIFY,
    "registration": REGISTRATION,
    "transport": TRANSPORT,
}
