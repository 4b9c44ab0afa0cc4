"""confbridge.conf: the profiles that conferences start from, and what participants may press.

Source: reference/asterisk.md 3.6. One option Asterisk does not know, and it refuses the whole file.
"""

import re

from ovix_telephony.pjsip_options import SECONDS, TEXT, YES_NO, Kind, matching, one_of

from ovix_confgen.conf_text import section
from ovix_confgen.renderers.options import Options, checked
from ovix_confgen.rows import Unsupported

FILE = "confbridge.conf"
BRIDGE, USER = "xivo_default_bridge", "xivo_default_user"

BRIDGE_OPTIONS: dict[str, Kind] = {
    **dict.fromkeys(("max_members", "remb_send_interval", "video_update_discard"), SECONDS),
    **dict.fromkeys(("jitterbuffer", "record_conference", "record_file_append"), YES_NO),
    **dict.fromkeys(("language", "record_file", "regcontext"), TEXT),
    **dict.fromkeys(
        (
            f"sound_{name}"
            for name in (
                "begin", "get_pin", "has_joined", "has_left", "invalid_pin", "join", "kicked",
                "leave", "locked", "locked_now", "muted", "only_one", "only_person",
                "other_in_party", "participants_muted", "participants_unmuted",
                "place_into_conference", "there_are", "unlocked_now", "unmuted",
                "wait_for_leader",
            )
        ),
        TEXT,
    ),
    "internal_sample_rate": one_of(
        "auto", "8000", "12000", "16000", "24000", "32000", "44100", "48000", "96000", "192000"
    ),
    "mixing_interval": one_of("10", "20", "40", "80"),
    "video_mode": one_of("none", "follow_talker", "last_marked", "first_marked", "sfu"),
}  # fmt: skip
USER_OPTIONS: dict[str, Kind] = {
    **dict.fromkeys(
        (
            "admin", "announce_join_leave", "announce_join_leave_review", "announce_only_user",
            "announce_user_count", "denoise", "dsp_drop_silence", "dtmf_passthrough",
            "end_marked", "jitterbuffer", "marked", "music_on_hold_when_empty", "quiet",
            "startmuted", "talk_detection_events", "wait_marked",
        ),
        YES_NO,
    ),
    **dict.fromkeys(("announcement", "music_on_hold_class"), TEXT),
    **dict.fromkeys(("dsp_silence_threshold", "dsp_talking_threshold", "timeout"), SECONDS),
    "pin": matching(re.compile(r"[0-9]{1,20}"), "a number to type"),
}  # fmt: skip

MENUS = (
    (
        "xivo-default-user-menu",
        [
            ("1", "toggle_mute"),
            ("4", "decrease_listening_volume"),
            ("5", "reset_listening_volume"),
            ("6", "increase_listening_volume"),
            ("7", "decrease_talking_volume"),
            ("8", "reset_talking_volume"),
            ("9", "increase_talking_volume"),
            ("*", "playback_and_continue(conf-usermenu)"),
        ],
    ),
    (
        "xivo-default-admin-menu",
        [
            ("0", "admin_toggle_mute_participants"),
            ("1", "toggle_mute"),
            ("2", "admin_toggle_conference_lock"),
            ("3", "admin_kick_last"),
            ("4", "decrease_listening_volume"),
            ("5", "reset_listening_volume"),
            ("6", "increase_listening_volume"),
            ("7", "decrease_talking_volume"),
            ("8", "reset_talking_volume"),
            ("9", "increase_talking_volume"),
            ("*", "playback_and_continue(conf-adminmenu)"),
        ],
    ),
)


def render(bridge: Options, user: Options) -> tuple[str, list[Unsupported]]:
    """The whole file; conferences' own profiles inherit the two by their names."""
    parts, ignored = [section("general", [])], []
    for name, type_, given, kinds in (
        (BRIDGE, "bridge", bridge, BRIDGE_OPTIONS), (USER, "user", user, USER_OPTIONS)
    ):  # fmt: skip
        # The type is ours to write, and shipped as an option.
        own = {option: text for option, text in given.items() if option != "type"}
        written, refused = checked(FILE, name, own, kinds)
        parts.append(section(name, [("type", type_), *written]))
        ignored += refused
    parts += [section(name, [("type", "menu"), *keys]) for name, keys in MENUS]
    return "".join(parts), ignored
