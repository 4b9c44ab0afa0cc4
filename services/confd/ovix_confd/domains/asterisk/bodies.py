"""Bodies of the sections of Asterisk's files: option names and values, as each file takes them.

Source: reference/confd/settings-wizard-misc.md, "Asterisk settings".
"""

from collections.abc import Collection
from typing import Annotated

from pydantic import AfterValidator, Field

from ...kit import Int32, Schema, Text, text

Name = Annotated[str, text(128)]

PARKING_OPTIONS = frozenset(
    {
        "comebacktoorigin", "context", "courtesytone", "findslot", "parkedcallhangup",
        "parkedcallrecording", "parkedcallreparking", "parkedcalltransfers", "parkeddynamic",
        "parkedmusicclass", "parkedplay", "parkext", "parkinghints", "parkingtime", "parkpos",
    }
)  # fmt: skip
"""Options of features.conf that belong to the parking lots."""
PJSIP_GLOBAL_OPTIONS = frozenset(
    {
        "all_codecs_on_empty_reinvite", "allow_sending_180_after_183",
        "contact_expiration_check_interval", "debug", "default_auth_algorithms_uac",
        "default_auth_algorithms_uas", "default_from_user", "default_outbound_endpoint",
        "default_realm", "default_voicemail_extension", "disable_multi_domain",
        "endpoint_identifier_order", "ignore_uri_user_options", "keep_alive_interval",
        "max_forwards", "max_initial_qualify_time", "mwi_disable_initial_unsolicited",
        "mwi_tps_queue_high", "mwi_tps_queue_low", "norefersub", "regcontext",
        "send_contact_status_on_update_registration", "taskprocessor_overload_trigger", "type",
        "unidentified_request_count", "unidentified_request_period",
        "unidentified_request_prune_interval", "use_callerid_contact", "user_agent",
    }
)  # fmt: skip
PJSIP_SYSTEM_OPTIONS = frozenset(
    {
        "accept_multiple_sdp_answers", "compact_headers", "disable_rport", "disable_tcp_switch",
        "follow_early_media_fork", "taskpool_auto_increment", "taskpool_idle_timeout",
        "taskpool_initial_size", "taskpool_max_size", "taskpool_minimum_size",
        "threadpool_auto_increment", "threadpool_idle_timeout", "threadpool_initial_size",
        "threadpool_max_size", "timer_b", "timer_t1", "type",
    }
)  # fmt: skip
"""What ``config show help res_pjsip`` of Asterisk 22 lists for the two objects."""


def _is_not_about_parking(name: str) -> str:
    if name in PARKING_OPTIONS:
        raise ValueError("options of parking are refused")
    return name


def _one_of(known: Collection[str], where: str) -> AfterValidator:
    def check(name: str) -> str:
        if name not in known:
            raise ValueError(f"{name!r} is no option of {where}")
        return name

    return AfterValidator(check)


def _containing(*needed: str) -> AfterValidator:
    def check(options: dict[str, str]) -> dict[str, str]:
        missing = [name for name in needed if name not in options]
        if missing:
            raise ValueError(f"must contain {', '.join(missing)}: function keys refer to it")
        return options

    return AfterValidator(check)


def _is_no_registration(name: str) -> str:
    if name == "register":
        raise ValueError("registrations are no options: use /registers")
    return name


def _starts_with_a_name(pair: list[str]) -> list[str]:
    if len(_is_no_registration(pair[0])) > 128:
        raise ValueError("a name has 128 characters at most")
    return pair


ChannelOption = Annotated[str, text(128), AfterValidator(_is_no_registration)]
ShortValue = Annotated[str, text(255)]
Pair = Annotated[
    list[ShortValue], Field(min_length=2, max_length=2), AfterValidator(_starts_with_a_name)
]
"""Name and value."""


class Options(Schema):
    """All options of a section, by name."""

    options: dict[Name, Text]


class OptionsRead(Schema):
    """All options of a section, by name."""

    options: dict[str, str]


class OrderedOptions(Schema):
    """All options of a channel driver; those that repeat, or whose order matters, as pairs."""

    options: dict[ChannelOption, ShortValue]
    ordered_options: list[Pair]


class OrderedOptionsRead(Schema):
    """All options of a channel driver; those that repeat, or whose order matters, as pairs."""

    options: dict[str, str]
    ordered_options: list[Annotated[list[str], Field(min_length=2, max_length=2)]]


class SccpOptions(Schema):
    """All options of the SCCP driver, by name."""

    options: dict[Annotated[str, text(80)], Annotated[str, text(80)]]


class FeaturesGeneral(Schema):
    """Options of features.conf that are not about parking."""

    options: dict[
        Annotated[str, text(128), AfterValidator(_is_not_about_parking)],
        ShortValue,
    ]


class FeatureMap(Schema):
    """What to press during a call, by feature."""

    options: Annotated[dict[Name, ShortValue], _containing("blindxfer", "atxfer", "automixmon")]


class ApplicationMap(Schema):
    """What to press during a call, and the application it starts, by name."""

    options: Annotated[dict[Name, ShortValue], _containing("togglerecord")]


class PjsipGlobal(Schema):
    """Options of PJSIP's global object."""

    options: dict[Annotated[str, _one_of(PJSIP_GLOBAL_OPTIONS, "global")], Text]


class PjsipSystem(Schema):
    """Options of PJSIP's system object."""

    options: dict[Annotated[str, _one_of(PJSIP_SYSTEM_OPTIONS, "system")], Text]


class CallNumberLimit(Schema):
    """How many calls a network may have at once."""

    ip_address: Annotated[str, text(39)]
    netmask: Annotated[str, text(39)]
    limit: Int32


class CallNumberLimits(Schema):
    """All limits, in order."""

    items: list[CallNumberLimit]
