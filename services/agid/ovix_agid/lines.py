"""What is rung of a number: the lines on an extension, and what Dial() calls them."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from ovix_telephony.line_devices import ringing_device

LineRow: TypeAlias = Sequence[str | None]
"""``line id, name of the SIP endpoint, custom interface, webrtc``."""

LINES_ON = """ARRAY(
    SELECT ARRAY[
        le.line_id::text, sip.username::text, custom.interface::text,
        sip.native_options ->> 'webrtc'
    ]
    FROM line_extensions le
    JOIN lines l ON l.id = le.line_id
    LEFT JOIN endpoints_sip sip ON sip.id = l.endpoint_sip_id
    LEFT JOIN endpoints_custom custom ON custom.id = l.endpoint_custom_id AND custom.enabled
    WHERE le.extension_id = {extension}
)"""
"""SQL of all lines on one extension as one array of `LineRow`."""


def interface_of(lines: Iterable[LineRow] | None, main_line: int | None, selected: str) -> str:
    """Every line, the user's main one first; of a unique account the device that he selected."""
    ordered = sorted(lines or (), key=lambda line: (line[0] != str(main_line), int(line[0] or 0)))
    rung = (
        f"PJSIP/{ringing_device(sip, webrtc, selected)}" if sip else custom
        for _, sip, custom, webrtc in ordered
    )
    return "&".join(each for each in rung if each)


__all__ = ["LINES_ON", "LineRow", "interface_of"]
