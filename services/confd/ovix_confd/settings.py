"""confd's settings, from ``OVIX_…`` and ``OVIX_CONFD_…``."""

from ovix_web import ServiceSettings, own


class ConfdSettings(ServiceSettings):
    """Settings of the configuration API."""

    host: str = own("confd", "host", "0.0.0.0")
    port: int = own("confd", "port", 9486, ge=0, le=65535)
