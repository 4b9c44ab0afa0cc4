"""confd's settings, from ``OVIX_…`` and ``OVIX_CONFD_…``."""

from pathlib import Path

from ovix_web import ServiceSettings, own


class ConfdSettings(ServiceSettings):
    """Settings of the configuration API."""

    host: str = own("confd", "host", "0.0.0.0")
    port: int = own("confd", "port", 9486, ge=0, le=65535)

    asterisk_documentation: Path = own(
        "confd",
        "asterisk_documentation",
        Path("/usr/share/asterisk/documentation/core-en_US.xml"),
    )
    """Where Asterisk describes its options; without it ``/asterisk/pjsip/doc`` answers 400."""
