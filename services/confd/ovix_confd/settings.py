"""confd's settings, from ``OVIX_…`` and ``OVIX_CONFD_…``."""

from pathlib import Path

from ovix_web import ServiceSettings, own
from pydantic import SecretStr


class ConfdSettings(ServiceSettings):
    """Settings of the configuration API."""

    host: str = own("confd", "host", "0.0.0.0")
    port: int = own("confd", "port", 9486, ge=0, le=65535)

    provd_url: str = own("provd", "url", "http://127.0.0.1:8666/provd")
    provd_key: SecretStr | None = own("provd", "key", None)
    """What confd shows to provd; without it devices can be read, and not changed."""
    provd_timeout_s: float = own("confd", "provd_timeout_s", 10.0, gt=0)

    asterisk_documentation: Path = own(
        "confd",
        "asterisk_documentation",
        Path("/usr/share/asterisk/documentation/core-en_US.xml"),
    )
    """Where Asterisk describes its options; without it ``/asterisk/pjsip/doc`` answers 400."""
