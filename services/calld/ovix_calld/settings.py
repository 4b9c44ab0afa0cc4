"""What calld reads from the environment."""

from pathlib import Path
from typing import Any

from ovix_web import ServiceSettings, own
from pydantic import Field, SecretStr


class CalldSettings(ServiceSettings):
    """Settings of calld; those named ``ami_…`` and ``cel_spool`` are shared with confgen."""

    host: str = own("calld", "host", "0.0.0.0")
    port: int = own("calld", "port", 9500, ge=0, le=65535)
    websocket_port: int = own("calld", "websocket_port", 9502, ge=0, le=65535)

    ami_host: str = "127.0.0.1"
    ami_port: int = Field(5038, ge=0, le=65535)
    ami_username: str = "ovix"
    ami_password: SecretStr = SecretStr("ovix")

    cel_spool: Path | None = None
    """File that Asterisk's cel_custom writes; None: this calld builds no call logs."""
    cel_poll_s: float = own("calld", "cel_poll_s", 0.1, gt=0)
    cel_rotation_bytes: int = own("calld", "cel_rotation_bytes", 64 * 1024 * 1024, ge=1)
    call_log_sweep_s: float = own("calld", "call_log_sweep_s", 300.0, gt=0)
    """How often conversations that were not logged in their time are looked for."""

    registrations_every_s: float = own("calld", "registrations_every_s", 300.0, gt=0)
    """How often it is noted which lines are registered."""

    dird_url: str = "http://127.0.0.1:9489"
    """Where callers from outside are looked up; empty: nowhere."""

    originate_timeout_s: int = own("calld", "originate_timeout_s", 30, ge=1, le=600)
    """How long the phone of a click-to-call rings."""

    websocket_backlog_bytes: int = own("calld", "websocket_backlog_bytes", 1024 * 1024, ge=1024)
    """What may wait for a client before it is closed."""
    websocket_ping_s: float = own("calld", "websocket_ping_s", 60.0, gt=0)
    websocket_connections: int = own("calld", "websocket_connections", 4000, ge=1)

    def ami_account(self) -> dict[str, Any]:
        """Where Asterisk's manager listens, and as whom to log in."""
        return {
            "host": self.ami_host,
            "port": self.ami_port,
            "username": self.ami_username,
            "password": self.ami_password.get_secret_value(),
        }
