"""sip.conf's general section as PJSIP has it (reference/asterisk.md 4.4; features F-228 to F-253).

What XiVO ships says nothing: those options leave the values that Ovix gives its devices, so that a
fresh installation is not measured by chan_sip's. Any other value is the integrator's choice. It
goes to the templates of all devices, to the transports or to the global and system objects, or,
without a counterpart there, among the unsupported ones. Where both are chosen ``/asterisk/pjsip``
wins, and the environment wins over where to listen: containers and firewalls were opened for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from ovix_telephony.pjsip_options import truth

from ovix_confgen import chan_sip
from ovix_confgen.chan_sip import Device
from ovix_confgen.conf_text import Unwritable
from ovix_confgen.renderers.options import Options
from ovix_confgen.renderers.sip_general import FILE, SipSettings
from ovix_confgen.rows import Section, Unsupported

OBJECT = "sip general"
TLS_PORT = 5061

_SHIPPED_TEXT = """
bindport 5060, udpbindaddr 0.0.0.0, tcpenable no, tlsenable no,
tlscadir /var/lib/asterisk/certs/cadir, tlsdontverifyserver no, transport udp, realm Ovix,
useragent Ovix, callerid Ovix, autocreatepeer persist, autocreate_context xivo-initconfig,
autocreate_type friend, allowguest no, allowsubscribe yes, allowoverlap yes, promiscredir no,
autodomain no, allowexternaldomains yes, usereqphone no, alwaysauthreject no, buggymwi no,
sipdebug no, dumphistory no, recordhistory no, t38pt_udptl no, t38pt_usertpsource no,
externrefresh 10, matchexterniplocally no, g726nonstandard no, t1min 500, timer1 500,
timerb 32000, relaxdtmf no, rfc2833compensate no, compactheaders no, rtptimeout 0,
rtpholdtimeout 0, rtpkeepalive 0, directrtpsetup no,
notifymimetype application/simple-message-summary, srvlookup no, pedantic no, minexpiry 60,
maxexpiry 3600, defaultexpiry 120, registertimeout 20, registerattempts 0, notifyringing yes,
notifyhold no, notifycid no, allowtransfer yes, maxcallbitrate 384, autoframing yes, jbenable no,
jbforce no, jbmaxsize 200, jbresyncthreshold 1000, jbimpl fixed, jblog no, nat no,
dtmfmode rfc2833, qualify no, qualifyfreq 60, qualifygap 100, qualifypeers 1, useclientcode no,
progressinband never, language fr_FR, mohinterpret default, vmexten *98, mwiexpiry 3600,
trustrpid no, sendrpid no, insecure no, rtcachefriends no, rtupdate no, ignoreregexpire no,
rtsavesysname no, rtautoclear no, match_auth_username no, authfailureevents no,
dynamic_exclude_static no, shrinkcallerid yes, regextenonqualify no, session-expires 600,
session-minse 90, session-refresher uas, callcounter no, directmedia no, ignoresdpversion no,
encryption no, use_q850_reason no, snom_aoc_enabled no, subscribe_network_change_event yes,
auth_options_requests no, prematuremedia no
"""
SHIPPED: Mapping[str, str] = dict(
    each.split(None, 1) for each in " ".join(_SHIPPED_TEXT.split()).split(", ")
)
"""Source: reference/confd/settings-wizard-misc.md, "Defaults"."""

NOT_FOR_ALL = frozenset({
    "context", "contact", "identify_by", "insecure", "mailboxes", "match", "match_header",
    "max_contacts", "port", "remove_existing", "set_var", "srv_lookups", "subscribemwi", "username",
})  # fmt: skip
"""Options of one device, or of callers without any."""


@dataclass
class Defaults:
    """What all devices and the objects beside them are to get."""

    settings: SipSettings
    device: Device = field(default_factory=Device)
    globals: dict[str, str] = field(default_factory=dict)
    system: dict[str, str] = field(default_factory=dict)
    unsupported: list[Unsupported] = field(default_factory=list)


def defaults_of(section: Section, settings: SipSettings) -> Defaults:
    """Read the section; ``settings`` are what the environment says."""
    found = Defaults(settings)
    chosen = [pair for pair in sorted(section.options.items()) if SHIPPED.get(pair[0]) != pair[1]]
    chosen += [(pair[0], pair[1]) for pair in section.ordered if len(pair) == 2]
    chosen = [(name.strip(), text.strip()) for name, text in chosen if text.strip()]
    latest = dict(chosen)
    codecs: list[str] = []
    for name, text in chosen:
        try:
            if name in ("allow", "disallow"):
                codecs = _codecs_after(codecs, name, text)
            elif name in ENVIRONMENT:
                raise Unwritable(f"is set by {ENVIRONMENT[name]}")
            elif name in RULES:
                RULES[name](found, text)
            elif name in NOT_FOR_ALL:
                raise Unwritable("is not a default of all devices")
            elif name not in WITH_OTHERS:
                chan_sip.translate(found.device, [(name, text)])
        except Unwritable as reason:
            found.device.refuse(name, text, str(reason))
    streams = found.device.get("endpoint", "max_video_streams")
    found.settings = replace(found.settings, video=streams not in (None, "0"))
    if codecs:
        heard = codecs if found.settings.video else _heard(found, codecs)
        found.settings = replace(found.settings, codecs=tuple(heard))
    _take_tls(found, latest)
    found.device.objects.pop("identify", None)
    found.unsupported = [Unsupported(FILE, OBJECT, *each) for each in found.device.unsupported]
    return found


def over_shipped(chosen: Options, shipped: Options, general: Options) -> dict[str, str]:
    """Options of a PJSIP object: its own choice, then that of sip.conf, then what is shipped."""
    own = {name: text for name, text in chosen.items() if shipped.get(name) != text}
    return {**chosen, **general, **own}


def _codecs_after(codecs: list[str], name: str, text: str) -> list[str]:
    """chan_sip reads them one after the other, each on top of what was said before."""
    names = [each.strip() for each in text.split(",") if each.strip()]
    if name == "disallow":
        return [] if "all" in names else [each for each in codecs if each not in names]
    return codecs + [each for each in names if each not in codecs]


def _heard(found: Defaults, codecs: list[str]) -> list[str]:
    voices, seen = chan_sip.without_video(codecs)
    if seen:
        found.device.refuse("allow", ",".join(seen), chan_sip.NO_VIDEO)
    return voices


def _flag(text: str) -> bool:
    flag = truth(text)
    if flag is None:
        raise Unwritable("is neither yes nor no")
    return flag


def _global(option: str) -> Callable[[Defaults, str], None]:
    return lambda found, text: found.globals.__setitem__(option, text)


def _system(option: str) -> Callable[[Defaults, str], None]:
    return lambda found, text: found.system.__setitem__(option, text)


def _transport(option: str, protocol: str = "") -> Callable[[Defaults, str], None]:
    def rule(found: Defaults, text: str) -> None:
        more = (*found.settings.transport_more, (protocol, option, text))
        found.settings = replace(found.settings, transport_more=more)

    return rule


def _endpoint(option: str, *, inverted: bool = False) -> Callable[[Defaults, str], None]:
    def rule(found: Defaults, text: str) -> None:
        found.device.put("endpoint", option, "yes" if _flag(text) is not inverted else "no")

    return rule


def _caller_id(found: Defaults, text: str) -> None:
    found.device.put("endpoint", "callerid", text)


def _language(found: Defaults, text: str) -> None:
    found.settings = replace(found.settings, language=text)


def _tcp(found: Defaults, text: str) -> None:
    found.settings = replace(found.settings, tcp=found.settings.tcp or _flag(text))


def _external_address(found: Defaults, text: str) -> None:
    if not found.settings.external_address:
        found.settings = replace(found.settings, external_address=text)


def _local_network(found: Defaults, text: str) -> None:
    networks = [*found.settings.local_networks, text]
    found.settings = replace(found.settings, local_networks=networks)


def _preferred_transport(found: Defaults, text: str) -> None:
    named = found.settings.transport_named(text)
    if named is None:
        raise Unwritable("is not served")
    found.device.put("endpoint", "transport", named)


def _proxy(found: Defaults, text: str) -> None:
    uri = chan_sip.proxy_uri(text)
    found.device.put("endpoint", "outbound_proxy", uri)
    found.device.put("aor", "outbound_proxy", uri)


def _guests(_found: Defaults, _text: str) -> None:
    raise Unwritable("would let anyone call without a password")


def _take_tls(found: Defaults, latest: Mapping[str, str]) -> None:
    """TLS needs a certificate; without one of the environment it is that of the section."""
    if not truth(latest.get("tlsenable", "no")) or found.settings.tls_port:
        return
    certificate = latest.get("tlscertfile")
    if certificate is None:
        found.device.refuse("tlsenable", latest["tlsenable"], "needs tlscertfile")
        return
    port = latest.get("tlsbindaddr", "").rpartition(":")[2]
    found.settings = replace(
        found.settings,
        tls_port=int(port) if port.isdecimal() and 0 < int(port) < 65536 else TLS_PORT,
        tls_certificate=certificate,
        tls_key=latest.get("tlsprivatekey", certificate),
    )


def _verify_server(found: Defaults, text: str) -> None:
    _transport("verify_server", "tls")(found, "no" if _flag(text) else "yes")


RULES: Mapping[str, Callable[[Defaults, str], None]] = {
    "allowguest": _guests,
    "callerid": _caller_id,
    "compactheaders": _system("compact_headers"),
    "cos_sip": _transport("cos"),
    "externhost": _external_address,
    "externip": _external_address,
    "externtcpport": _transport("external_signaling_port", "tcp"),
    "externtlsport": _transport("external_signaling_port", "tls"),
    "language": _language,
    "localnet": _local_network,
    "maxforwards": _global("max_forwards"),
    "notifyringing": _endpoint("notify_early_inuse_ringing"),
    "outboundproxy": _proxy,
    "realm": _global("default_realm"),
    "regcontext": _global("regcontext"),
    "sipdebug": _global("debug"),
    "tcpenable": _tcp,
    "tlscadir": _transport("ca_list_path", "tls"),
    "tlscafile": _transport("ca_list_file", "tls"),
    "tlscipher": _transport("cipher", "tls"),
    "tlsdontverifyserver": _verify_server,
    "timer1": _system("timer_t1"),
    "timerb": _system("timer_b"),
    "timert1": _system("timer_t1"),
    "tos_sip": _transport("tos"),
    "transport": _preferred_transport,
    "use_q850_reason": _endpoint("suppress_q850_reason_headers", inverted=True),
    "useragent": _global("user_agent"),
}
"""Options of the section that PJSIP does not have on a device, or under another name."""
ENVIRONMENT = {
    "bindport": "OVIX_SIP_PORT",
    "bindaddr": "OVIX_SIP_HOST",
    "udpbindaddr": "OVIX_SIP_HOST",
    "tcpbindaddr": "OVIX_SIP_HOST and OVIX_SIP_PORT",
}
WITH_OTHERS = frozenset({"tlsenable", "tlscertfile", "tlsprivatekey", "tlsbindaddr"})
"""Read together once all are known."""
