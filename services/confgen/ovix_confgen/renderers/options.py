"""Sections whose options are set through the configuration API: only what Asterisk takes of them.

features.conf and the objects of pjsip.conf are rejected as a whole for one unknown option or one
value of the wrong kind; of the other files it ignores what it does not know. The names are those of
``config show help`` that are as old as Asterisk 16.28.
"""

import re
from collections.abc import Mapping

from ovix_telephony.pjsip_options import NAMES, SECONDS, TEXT, YES_NO, Kind, matching, one_of

from ovix_confgen.conf_text import Option, Unwritable, section, value
from ovix_confgen.rows import Unsupported

Options = Mapping[str, str]

_NAME = re.compile(r"[A-Za-z0-9_.:/+-]{1,128}")
_KEYS = re.compile(r"[0-9A-Da-d*#]{0,11}")
_APPLICATION = re.compile(
    r"[0-9A-Da-d*#]{1,11},(self|peer)(/(caller|callee|both))?,[A-Za-z0-9_]+(\(.*\)|,.*)?"
)

PJSIP_GLOBAL: dict[str, Kind] = {
    **dict.fromkeys(
        (
            "contact_expiration_check_interval", "keep_alive_interval", "max_forwards",
            "max_initial_qualify_time", "mwi_tps_queue_high", "unidentified_request_count",
            "unidentified_request_period", "unidentified_request_prune_interval",
        ),
        SECONDS,
    ),
    **dict.fromkeys(
        (
            "allow_sending_180_after_183", "disable_multi_domain", "ignore_uri_user_options",
            "mwi_disable_initial_unsolicited", "norefersub",
            "send_contact_status_on_update_registration", "use_callerid_contact",
        ),
        YES_NO,
    ),
    **dict.fromkeys(("debug", "default_realm", "regcontext", "user_agent"), TEXT),
    **dict.fromkeys(
        (
            "default_from_user", "default_outbound_endpoint", "default_voicemail_extension",
            "endpoint_identifier_order",
        ),
        NAMES,
    ),
    "mwi_tps_queue_low": matching(re.compile(r"-1|[0-9]{1,9}"), "a number, or -1"),
    "taskprocessor_overload_trigger": one_of("none", "global", "pjsip_only"),
}  # fmt: skip
PJSIP_SYSTEM: dict[str, Kind] = {
    **dict.fromkeys(
        (
            "threadpool_auto_increment", "threadpool_idle_timeout", "threadpool_initial_size",
            "threadpool_max_size", "timer_b", "timer_t1",
        ),
        SECONDS,
    ),
    **dict.fromkeys(
        (
            "accept_multiple_sdp_answers", "compact_headers", "disable_rport",
            "disable_tcp_switch", "follow_early_media_fork",
        ),
        YES_NO,
    ),
}  # fmt: skip
FEATURES_GENERAL: dict[str, Kind] = {
    **dict.fromkeys(
        (
            "atxfercallbackretries", "atxferloopdelay", "atxfernoanswertimeout",
            "featuredigittimeout", "transferdialattempts", "transferdigittimeout",
        ),
        SECONDS,
    ),
    **dict.fromkeys(
        (
            "pickupfailsound", "pickupsound", "recordingfailsound", "transferinvalidsound",
            "transferretrysound", "xferfailsound", "xfersound",
        ),
        TEXT,
    ),
    **dict.fromkeys(
        ("atxferabort", "atxfercomplete", "atxferswap", "atxferthreeway", "pickupexten"),
        matching(_KEYS, "a sequence of keys"),
    ),
    "atxferdropcall": YES_NO,
}  # fmt: skip
FEATURE_MAP: dict[str, Kind] = dict.fromkeys(
    ("atxfer", "automixmon", "automon", "blindxfer", "disconnect", "parkcall"),
    matching(_KEYS, "a sequence of keys"),
)
APPLICATION = matching(_APPLICATION, "keys, who presses them, and an application")


def checked(
    file: str, name: str, options: Options, kinds: Mapping[str, Kind] | Kind | None = None
) -> tuple[list[Option], list[Unsupported]]:
    """The options that may be written, by name, and the others with the reason.

    ``kinds`` are those of the known names, or that of any name; None takes any value.
    """
    written: list[Option] = []
    ignored: list[Unsupported] = []
    for option, text in sorted(options.items()):
        try:
            written.append((_checked_name(option), value(_kind_of(option, kinds)(text))))
        except ValueError as reason:
            ignored.append(Unsupported(file, name, option, text, str(reason)))
    return written, ignored


def rendered(
    file: str, name: str, options: Options, kinds: Mapping[str, Kind] | Kind | None = None
) -> tuple[str, list[Unsupported]]:
    """The same as a section of the file."""
    written, ignored = checked(file, name, options, kinds)
    return section(name, written), ignored


def _checked_name(option: str) -> str:
    if not _NAME.fullmatch(option):
        raise Unwritable("is no option")
    return option


def _kind_of(option: str, kinds: Mapping[str, Kind] | Kind | None) -> Kind:
    if kinds is None:
        return Kind(str)
    if isinstance(kinds, Kind):
        return kinds
    try:
        return kinds[option]
    except KeyError:
        raise Unwritable("is not known to every supported Asterisk") from None
