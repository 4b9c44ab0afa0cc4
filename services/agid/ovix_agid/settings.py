"""Settings of agid (``OVIX_AGID_…``)."""

from pathlib import Path

from ovix_web import ServiceSettings, own
from pydantic import Field


class AgidSettings(ServiceSettings):
    """What may be tuned. ``port`` is that of health and metrics; Asterisk asks on ``agi_port``."""

    host: str = own("agid", "host", "127.0.0.1")
    """FastAGI knows no passwords: who reaches the port reads who has which voicemail password."""
    port: int = own("agid", "http_port", 4574, ge=0, le=65535)
    agi_port: int = Field(4573, validation_alias="OVIX_AGID_PORT", ge=0, le=65535)

    connections: int = own("agid", "connections", 8, ge=1)
    """Connections to the database that questions share."""
    database_limit_s: float = own("agid", "database_limit_s", 0.6, gt=0)
    """How long a question may wait for the database before it is answered without it."""
    question_limit_s: float = own("agid", "question_limit_s", 60.0, gt=0)
    """How long a question may take in all; a caller may be typing a password meanwhile."""
    dird_url: str = "http://127.0.0.1:9489"
    """Where names of callers are looked up; empty: nowhere."""
    say_success: bool = own("agid", "say_success", False)
    """Whether Asterisk's log gets XiVO's "AGI handler '…' successfully executed" after each."""
    ring_file: Path | None = own("agid", "ring_file", None)
    """A file of XiVO's ``xivo_ring.conf`` form; read again on SIGHUP."""


__all__ = ["AgidSettings"]
