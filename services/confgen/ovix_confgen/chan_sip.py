"""The options that chan_sip had, as PJSIP options (reference/asterisk.md 4.2).

A translation gives the options of each object of a device; an option that has no counterpart, or a
value that PJSIP does not take, ends in ``unsupported`` with the reason, never in the file.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ovix_telephony.line_devices import UNIQUE_ACCOUNT
from ovix_telephony.pjsip_options import OBJECTS, REPEATABLE, truth

from ovix_confgen.conf_text import Option, Unwritable, value

Target: TypeAlias = tuple[str, str, str]
"""Object, option, value."""
Rule: TypeAlias = Callable[[str], Iterable[Target]]


@dataclass
class Device:
    """The options of one device, object by object, and what could not be kept."""

    objects: dict[str, list[Option]] = field(default_factory=dict)
    unsupported: list[tuple[str, str, str]] = field(default_factory=list)
    """Option, value, reason."""

    def put(self, target: str, option: str, text: str) -> None:
        """Add a checked option; a later value of the same option replaces the earlier one."""
        kind = OBJECTS[target].get(option)
        if kind is None:
            raise Unwritable("is unknown to PJSIP")
        try:
            checked = value(kind(text))
        except ValueError as reason:
            raise Unwritable(str(reason)) from reason
        self._place(target, option, checked)

    def take(self, other: "Device") -> None:
        """Add what another one has, as if it were put here."""
        for target, options in other.objects.items():
            for option, checked in options:
                self._place(target, option, checked)

    def _place(self, target: str, option: str, checked: str) -> None:
        options = self.objects.setdefault(target, [])
        if option not in REPEATABLE:
            options[:] = [kept for kept in options if kept[0] != option]
        options.append((option, checked))

    def get(self, target: str, option: str) -> str | None:
        """The value an option has by now."""
        return next((text for name, text in self.objects.get(target, ()) if name == option), None)

    def drop(self, target: str, option: str) -> None:
        """Take an option out."""
        options = self.objects.get(target, [])
        options[:] = [kept for kept in options if kept[0] != option]

    def refuse(self, option: str, text: str, reason: str) -> None:
        """List an option that has no effect; secrets are not repeated."""
        shown = "…" if "secret" in option or "password" in option else text
        self.unsupported.append((option, shown, reason))


def _same(option: str, target: str = "endpoint") -> Rule:
    return lambda text: [(target, option, text)]


def _flag(option: str, target: str = "endpoint") -> Rule:
    def rule(text: str) -> Iterable[Target]:
        return [(target, option, "yes" if truth(text) else "no")]

    return rule


def _choice(option: str, values: Mapping[str, str], target: str = "endpoint") -> Rule:
    def rule(text: str) -> Iterable[Target]:
        lowered = text.lower()
        if lowered not in values:
            raise Unwritable("has no counterpart in PJSIP")
        return [(target, option, values[lowered])]

    return rule


def _nat(text: str) -> Iterable[Target]:
    words = {word.strip() for word in text.lower().split(",")}
    both = truth(text) is True
    rport = both or "force_rport" in words
    symmetric = both or "comedia" in words
    for option, on in (
        ("rtp_symmetric", symmetric), ("force_rport", rport), ("rewrite_contact", rport)
    ):  # fmt: skip
        yield "endpoint", option, "yes" if on else "no"


def _direct_media(text: str) -> Iterable[Target]:
    words = {word.strip() for word in text.lower().split(",")}
    if words <= {"no"}:
        return [("endpoint", "direct_media", "no")]
    if not words <= {"yes", "update", "outgoing", "nonat"}:
        raise Unwritable("has no counterpart in PJSIP")
    found = [("endpoint", "direct_media", "yes")]
    if "update" in words:
        found.append(("endpoint", "direct_media_method", "update"))
    if "outgoing" in words:
        found.append(("endpoint", "direct_media_glare_mitigation", "outgoing"))
    if "nonat" in words:
        found.append(("endpoint", "disable_direct_media_on_nat", "yes"))
    return found


def _encryption(text: str) -> Iterable[Target]:
    return [("endpoint", "media_encryption", "sdes" if truth(text) else "no")]


def _dtls(text: str) -> Iterable[Target]:
    return [("endpoint", "media_encryption", "dtls")] if truth(text) else []


def _caller_presence(text: str) -> Iterable[Target]:
    known = {"0": "allowed", "32": "prohib", "67": "unavailable"}
    return [("endpoint", "callerid_privacy", known.get(text, text))]


def _identities(text: str) -> Iterable[Target]:
    lowered = text.lower()
    if lowered == "pai":
        return [("endpoint", "send_pai", "yes")]
    if lowered == "rpid" or truth(text):
        return [("endpoint", "send_rpid", "yes")]
    return [("endpoint", "send_rpid", "no"), ("endpoint", "send_pai", "no")]


def _trust(text: str) -> Iterable[Target]:
    flag = "yes" if truth(text) else "no"
    return [("endpoint", "trust_id_inbound", flag), ("endpoint", "trust_id_outbound", flag)]


def _t38(text: str) -> Iterable[Target]:
    words = [word.strip().lower() for word in text.split(",")]
    if truth(words[0]) is False:
        return [("endpoint", "t38_udptl", "no")]
    found = [("endpoint", "t38_udptl", "yes")]
    found += [("endpoint", "t38_udptl_ec", w) for w in words if w in ("fec", "redundancy", "none")]
    return found


def _qualify(text: str) -> Iterable[Target]:
    flag = truth(text)
    if flag is False:
        return [("aor", "qualify_frequency", "0")]
    return [("aor", "qualify_frequency", "60")]


def _video(text: str) -> Iterable[Target]:
    streams = "1" if text.lower() == "always" or truth(text) else "0"
    return [("endpoint", "max_video_streams", streams)]


def _webrtc(text: str) -> Iterable[Target]:
    if text == UNIQUE_ACCOUNT:
        raise Unwritable("is for lines")
    return _flag("webrtc")(text)


_YES_LIKE = {"yes": "yes", "no": "no", "never": "no"}

RULES: dict[str, Rule] = {
    "accountcode": _same("accountcode"),
    "allowoverlap": _flag("allow_overlap"),
    "allowsubscribe": _flag("allow_subscribe"),
    "allowtransfer": _flag("allow_transfer"),
    "autoframing": _flag("use_ptime"),
    "avpf": _flag("use_avpf"),
    "busylevel": _same("device_state_busy_at"),
    "callgroup": _same("call_group"),
    "callingpres": _caller_presence,
    "cid_tag": _same("callerid_tag"),
    "contactdeny": _same("contact_deny"),
    "contactpermit": _same("contact_permit"),
    "defaultexpiry": _same("default_expiration", "aor"),
    "directmedia": _direct_media,
    "dtlscafile": _same("dtls_ca_file"),
    "dtlscapath": _same("dtls_ca_path"),
    "dtlscertfile": _same("dtls_cert_file"),
    "dtlscipher": _same("dtls_cipher"),
    "dtlsenable": _dtls,
    "dtlsfingerprint": _same("dtls_fingerprint"),
    "dtlsprivatekey": _same("dtls_private_key"),
    "dtlsrekey": _same("dtls_rekey"),
    "dtlssetup": _same("dtls_setup"),
    "dtlsverify": _same("dtls_verify"),
    "dtmfmode": _choice(
        "dtmf_mode", {"rfc2833": "rfc4733", "inband": "inband", "info": "info", "auto": "auto"}
    ),
    "encryption": _encryption,
    "encryption_taglen": _choice("srtp_tag_32", {"32": "yes", "80": "no"}),
    "fromdomain": _same("from_domain"),
    "fromuser": _same("from_user"),
    "g726nonstandard": _flag("g726_non_standard"),
    "icesupport": _flag("ice_support"),
    "maxexpiry": _same("maximum_expiration", "aor"),
    "minexpiry": _same("minimum_expiration", "aor"),
    "mohsuggest": _same("moh_suggest"),
    "mwifrom": _same("mwi_from_user"),
    "namedcallgroup": _same("named_call_group"),
    "namedpickupgroup": _same("named_pickup_group"),
    "nat": _nat,
    "pickupgroup": _same("pickup_group"),
    "progressinband": _choice("inband_progress", _YES_LIKE),
    "promiscredir": _choice("redirect_method", {"yes": "uri_pjsip", "no": "user"}),
    "qualify": _qualify,
    "qualifyfreq": _same("qualify_frequency", "aor"),
    "rtcp_mux": _flag("rtcp_mux"),
    "rtpholdtimeout": _same("rtp_timeout_hold"),
    "rtpkeepalive": _same("rtp_keepalive"),
    "rtptimeout": _same("rtp_timeout"),
    "sdpowner": _same("sdp_owner"),
    "sdpsession": _same("sdp_session"),
    "sendrpid": _identities,
    "session-expires": _same("timers_sess_expires"),
    "session-minse": _same("timers_min_se"),
    "session-timers": _choice(
        "timers", {"originate": "always", "accept": "yes", "refuse": "no", "never": "no"}
    ),
    "subminexpiry": _same("sub_min_expiry"),
    "subscribecontext": _same("subscribe_context"),
    "t38pt_udptl": _t38,
    "tonezone": _same("tone_zone"),
    "trustrpid": _trust,
    "unsolicited_mailbox": _same("incoming_mwi_mailbox"),
    "usereqphone": _flag("user_eq_phone"),
    "videosupport": _video,
    "vmexten": _same("voicemail_extension"),
    "webrtc": _webrtc,
}
"""By chan_sip name; an unknown name that PJSIP knows is copied as it is."""

READ_ELSEWHERE = frozenset({"allow", "disallow", "insecure", "subscribemwi", "transport", "port",
                            "username", "outboundproxy", "callerid"})  # fmt: skip
"""Options that the objects' renderer reads itself."""

OWNED = frozenset({"type", "auth", "aors", "outbound_auth", "endpoint", "auth_type", "password",
                   "context"})  # fmt: skip
"""What ties the objects together is not the integrator's to change."""

DEFAULTS_WITHOUT_EFFECT = {
    ("call-limit", "10"), ("amaflags", "default"), ("fullname", ""), ("mohinterpret", "default"),
}  # fmt: skip
"""Values every XiVO endpoint carries; listing them as unsupported would be noise."""


VIDEO = frozenset({"av1", "h261", "h263", "h263p", "h264", "h265", "mpeg4", "vp8", "vp9"})
NO_VIDEO = "is video, which needs videosupport=yes"


def without_video(codecs: Iterable[str]) -> tuple[list[str], list[str]]:
    """Codecs for voice, and those for video.

    Asterisk offers whatever a device allows; ``max_video_streams`` only counts what it is offered.
    """
    voices: list[str] = []
    seen: list[str] = []
    for codec in codecs:
        (seen if codec.partition(":")[0].lower() in VIDEO else voices).append(codec)
    return voices, seen


def proxy_uri(proxy: str) -> str:
    """``host[:port][,force]`` as a loose route; a SIP URI is taken as it is."""
    if proxy.lower().startswith(("sip:", "sips:")):
        return proxy
    return f"sip:{proxy.split(',')[0].strip()};lr"


def options_of(native: Mapping[str, Any], extra: Iterable[Iterable[str]]) -> list[Option]:
    """Native options and extra pairs as one list, in the order in which they count."""
    listed = [(name, "" if given is None else str(given)) for name, given in native.items()]
    listed += [(str(name), str(text)) for name, text in (tuple(pair) for pair in extra)]
    return [(name.strip(), text.strip()) for name, text in listed if text.strip()]


def translate(device: Device, options: Iterable[Option]) -> None:
    """Put every option on the object it belongs to."""
    for name, text in options:
        if name in READ_ELSEWHERE or (name, text) in DEFAULTS_WITHOUT_EFFECT:
            continue
        try:
            for target, option, translated in _targets(name, text):
                device.put(target, option, translated)
        except Unwritable as reason:
            device.refuse(name, text, str(reason))


def _targets(name: str, text: str) -> Iterable[Target]:
    if name in OWNED:
        raise Unwritable("is set by the platform")
    rule = RULES.get(name)
    if rule is not None:
        return rule(text)
    for target in ("endpoint", "aor", "identify", "auth"):
        if name in OBJECTS[target]:
            return [(target, name, text)]
    raise Unwritable("is unknown to PJSIP")
