"""pjsip_lines.conf and pjsip_trunks.conf: endpoint, auth, aor and identify of each SIP device.

What is generated: reference/asterisk.md 4.1. Each device is a text of its own, so that a file of
any size is written piece by piece.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from ovix_telephony import caller_id
from ovix_telephony.pjsip_options import truth

from ovix_confgen import chan_sip
from ovix_confgen.chan_sip import Device
from ovix_confgen.conf_text import (
    Option,
    Unwritable,
    comment,
    context_name,
    object_name,
    section,
    value,
)
from ovix_confgen.renderers import sip_browsers
from ovix_confgen.renderers.sip_general import LINES_FILE, TRUNKS_FILE, SipSettings
from ovix_confgen.renderers.sip_templates import Templates
from ovix_confgen.rows import SipAccount, SipLine, SipTrunk, Unsupported

NOWHERE = "xivo-nowhere"
"""Context of what has none: it is empty."""

HANGUP_HANDLER = "CHANNEL(hangup_handler_push)=hangup_handlers,userevent,1"

_HOST = re.compile(r"[A-Za-z0-9._-]{1,255}|\[?[0-9A-Fa-f:.]{2,45}\]?")
_PORT = re.compile(r"[0-9]{1,5}")
_USER = re.compile(r"[A-Za-z0-9_.+~*#=%!-]{1,80}")
_QUOTES = str.maketrans("", "", '"<>\\')


LINE, TRUNK = "line", "trunk"
NO_TEMPLATES = Templates()


def render_defaults(kind: str, settings: SipSettings, chosen: Device | None = None) -> str:
    """The templates a file's devices start from: what they get unless their own options differ.

    Values: reference/asterisk.md 4.4, unless ``chosen`` has others. Watching a provider's answer
    time is its own choice (features F-271), and so is telling it who calls. Video has to be asked
    for (F-118).
    """
    is_line = kind == LINE
    device = Device()
    for option, text in {
        "allow": "!all," + ",".join(settings.codecs),
        "language": settings.language,
        "allow_subscribe": "yes",
        "allow_transfer": "yes",
        "direct_media": "no",
        "dtmf_mode": "rfc4733",
        "identify_by": "auth_username,username",
        "inband_progress": "no",
        "max_video_streams": "0",
        # A text (SIP MESSAGE) would run the dialplan of calls, without its user's rights.
        "message_context": NOWHERE,
        "notify_early_inuse_ringing": "yes",
        "rtp_timeout": "7200",
        "send_pai": "yes" if is_line else "no",
        "timers_min_se": "90",
        "timers_sess_expires": "600",
    }.items():
        device.put("endpoint", option, text)
    device.put("endpoint", "set_var", HANGUP_HANDLER)
    if is_line:
        device.put("endpoint", "set_var", f"TIMEOUT(absolute)={settings.session_limit_s}")
    for option, text in {
        "maximum_expiration": "3600",
        "default_expiration": "120",
        "minimum_expiration": "60",
        "qualify_frequency": str(settings.qualify_frequency_s if is_line else 0),
    }.items():
        device.put("aor", option, text)
    if chosen:
        device.take(chosen)
    if not is_line:
        # PJSIP would put it in the place of whoever calls.
        device.drop("endpoint", "callerid")
    return "".join(
        section(template(kind, target), [("type", target), *device.objects[target]], template="!")
        for target in ("endpoint", "aor")
    )


def template(kind: str, target: str) -> str:
    """Name of a template; no device can bear it, as theirs hold no ``@``."""
    return f"{kind}@{target}"


def render_line(
    line: SipLine, settings: SipSettings, templates: Templates = NO_TEMPLATES
) -> tuple[str, list[Unsupported]]:
    """The objects of a line's devices, and what of it Asterisk does not get."""
    rendered = [_line_device(each, settings, templates) for each in sip_browsers.devices_of(line)]
    return "".join(text for text, _ in rendered), [each for _, told in rendered for each in told]


def _line_device(
    line: SipLine, settings: SipSettings, templates: Templates
) -> tuple[str, list[Unsupported]]:
    account = line.account
    try:
        name, context = object_name(account.username), context_name(line.context)
        password = _password(account)
    except Unwritable as reason:
        return _left_out(LINES_FILE, account, reason)
    options = chan_sip.options_of(account.native_options, account.extra_options)
    chosen = dict(options)
    device = _device(account, chosen)
    templates.apply(device, account, settings)
    device.put("endpoint", "context", context)
    if line.language:
        _try(device, "endpoint", "language", line.language)
    if line.music_on_hold:
        _try(device, "endpoint", "moh_suggest", line.music_on_hold)
    identity = line_caller_id(line)
    if identity:
        _try(device, "endpoint", "callerid", identity)
    for option, pickups in (
        ("named_pickup_group", line.pickup_groups), ("named_call_group", line.call_groups)
    ):  # fmt: skip
        if pickups:
            device.put("endpoint", option, ",".join(map(str, pickups)))
    if line.mailbox:
        # The two ways exclude each other: Asterisk refuses to do both for one device.
        on_request = truth(chosen.get("subscribemwi", "no"))
        _try(device, "aor" if on_request else "endpoint", "mailboxes", line.mailbox)
    browser = sip_browsers.is_browser(device, chosen)
    if browser:
        sip_browsers.prepare(device, settings)
    _translate(device, options, chosen, settings)
    if browser:
        sip_browsers.finish(device)
    # Last: of two variables of one name Asterisk keeps the second.
    for variable in _line_variables(line, identity):
        _try(device, "endpoint", "set_var", variable)
    with_auth = not _is_open(account, chosen, device)
    if not with_auth:
        _match_address(device, name, account)
        _believe_address_alone(device)
    ties = _ties(name, with_auth=with_auth)
    return _sections(LINES_FILE, LINE, device, ties, password, chosen.get("username"), account)


def render_trunk(
    trunk: SipTrunk, settings: SipSettings, templates: Templates = NO_TEMPLATES
) -> tuple[str, list[Unsupported]]:
    """The objects of a trunk, and what of it Asterisk does not get."""
    account = trunk.account
    try:
        name = object_name(account.username)
        context = context_name(trunk.context or NOWHERE)
        password = _password(account, required=not account.is_static)
    except Unwritable as reason:
        return _left_out(TRUNKS_FILE, account, reason)
    options = chan_sip.options_of(account.native_options, account.extra_options)
    chosen = dict(options)
    device = _device(account, chosen)
    templates.apply(device, account, settings)
    device.put("endpoint", "context", context)
    if "callerid" in chosen:
        _try(device, "endpoint", "callerid", chosen["callerid"])
    _translate(device, options, chosen, settings)
    if account.is_static:
        device.put("endpoint", "identify_by", "auth_username,username,ip")
        _match_address(device, name, account)
    with_auth = not _is_open(account, chosen, device) and bool(password)
    if not with_auth:
        _believe_address_alone(device)
    ties = _ties(name, with_auth=with_auth, with_secret=bool(password))
    return _sections(TRUNKS_FILE, TRUNK, device, ties, password, chosen.get("username"), account)


def line_caller_id(line: SipLine) -> str | None:
    """``"Name" <number>``: the user's caller id, its number or else the main extension's."""
    if line.caller_id is None:
        return None
    shown = caller_id.parse(line.caller_id)
    name = (shown.name if shown and shown.name else line.caller_id).translate(_QUOTES).strip()
    number = (shown.number if shown else None) or line.exten
    return f'"{name}" <{number}>' if number else f'"{name}"'


def _line_variables(line: SipLine, identity: str | None) -> Iterable[str]:
    yield f"TRANSFER_CONTEXT={line.context}"
    if line.exten and line.exten_context:
        yield f"PICKUPMARK={line.exten}%{line.exten_context}"
    if identity:
        yield f"XIVO_ORIGINAL_CALLER_ID={identity}"
    if line.user_id is not None:
        yield f"XIVO_USERID={line.user_id}"
    if line.user_uuid is not None:
        yield f"XIVO_USERUUID={line.user_uuid}"


def _device(account: SipAccount, chosen: Mapping[str, str]) -> Device:
    device = Device()
    if not account.is_static:
        device.put("aor", "max_contacts", "1")
        device.put("aor", "remove_existing", "yes")
        return device
    user = f"{account.username}@" if _USER.fullmatch(account.username) else ""
    host = f"[{account.host.strip('[]')}]" if ":" in account.host else account.host
    port = chosen.get("port", "5060")
    if not _PORT.fullmatch(port):
        device.refuse("port", port, "is not a port")
        port = "5060"
    device.put("aor", "contact", f"sip:{user}{host}:{port}")
    return device


def _translate(
    device: Device, options: Sequence[Option], chosen: Mapping[str, str], settings: SipSettings
) -> None:
    chan_sip.translate(device, options)
    if "allow" in chosen:
        _choose_codecs(device, chosen["allow"])
    if "transport" in chosen:
        named = settings.transport_named(chosen["transport"])
        if named:
            device.put("endpoint", "transport", named)
        else:
            device.refuse("transport", chosen["transport"], "is not served")
    if "outboundproxy" in chosen:
        try:
            uri = chan_sip.proxy_uri(chosen["outboundproxy"])
            device.put("endpoint", "outbound_proxy", uri)
            device.put("aor", "outbound_proxy", uri)
        except Unwritable as reason:
            device.refuse("outboundproxy", chosen["outboundproxy"], str(reason))
    _drop_video(device, settings)
    encrypted = device.get("endpoint", "media_encryption") == "dtls"
    if (encrypted or device.get("endpoint", "webrtc") == "yes") and not device.get(
        "endpoint", "dtls_cert_file"
    ):
        device.put("endpoint", "dtls_auto_generate_cert", "yes")


def _drop_video(device: Device, settings: SipSettings) -> None:
    """Video is for devices that ask for it (F-118), or inherit it."""
    streams = device.get("endpoint", "max_video_streams")
    allowed = device.get("endpoint", "allow")
    if allowed is None or (settings.video if streams is None else streams != "0"):
        return
    voices, seen = chan_sip.without_video(allowed.split(","))
    if seen:
        device.drop("endpoint", "allow")
        if voices != ["!all"]:
            device.put("endpoint", "allow", ",".join(voices))
        device.refuse("allow", ",".join(seen), chan_sip.NO_VIDEO)


def _choose_codecs(device: Device, allowed: str) -> None:
    """chan_sip's ``disallow`` and ``allow`` as the one list that PJSIP takes."""
    names = [name.strip() for name in allowed.split(",") if name.strip()]
    listed = names if names[:1] in (["!all"], ["all"]) else ["!all", *names]
    _try(device, "endpoint", "allow", ",".join(listed))


def _try(device: Device, target: str, option: str, text: str) -> None:
    try:
        device.put(target, option, text)
    except Unwritable as reason:
        device.refuse(option, text, str(reason))


def _is_open(account: SipAccount, chosen: Mapping[str, str], device: Device) -> bool:
    """``insecure=invite``: calls from a fixed address are accepted without a password."""
    if "invite" not in chosen.get("insecure", ""):
        return False
    if not account.is_static:
        device.refuse("insecure", "invite", "would let anyone register without the password")
    return account.is_static


def _match_address(device: Device, name: str, account: SipAccount) -> None:
    device.objects.setdefault("identify", [])[:0] = [("endpoint", name)]
    device.put("identify", "match", account.host)


def _believe_address_alone(device: Device) -> None:
    """Whoever sends a name (From) may choose it: without a password it proves nothing."""
    device.put("endpoint", "identify_by", "ip")


def _password(account: SipAccount, *, required: bool = True) -> str:
    if not account.secret and required:
        raise Unwritable("has no secret: anyone could use it")
    if account.is_static and not _HOST.fullmatch(account.host):
        raise Unwritable("has a host that is no address")
    return value(account.secret)


def _ties(name: str, *, with_auth: bool, with_secret: bool = True) -> list[Option]:
    ties = [("aors", name)]
    if with_auth:
        ties.append(("auth", name))
    if with_secret:
        ties.append(("outbound_auth", name))
    return ties


def _sections(
    file: str,
    kind: str,
    device: Device,
    ties: Sequence[Option],
    password: str,
    login: str | None,
    account: SipAccount,
) -> tuple[str, list[Unsupported]]:
    name = account.username
    ignored = [
        Unsupported(file, f"endpoint {name}", option, text, reason)
        for option, text, reason in device.unsupported
    ]
    parts = [comment(f"{entry.option}: {entry.reason}") for entry in ignored]
    parts.append(
        section(name, (*ties, *device.objects["endpoint"]), template=template(kind, "endpoint"))
    )
    if password:
        own = _credentials(login or name, name, password)
        parts.append(section(name, (*own, *device.objects.get("auth", ()))))
    parts.append(section(name, device.objects.get("aor", ()), template=template(kind, "aor")))
    identify = device.objects.get("identify")
    if identify:
        parts.append(section(name, (("type", "identify"), *identify)))
    return "".join(parts), ignored


def _credentials(login: str, name: str, password: str) -> list[Option]:
    try:
        username = value(login)
    except Unwritable:
        username = name
    return [
        ("type", "auth"),
        ("auth_type", "userpass"),
        ("username", username),
        ("password", password),
    ]


def _left_out(file: str, account: SipAccount, reason: Exception) -> tuple[str, list[Unsupported]]:
    return comment(f"endpoint {account.username}: {reason}"), [
        Unsupported(file, f"endpoint {account.username}", "", "", str(reason))
    ]
