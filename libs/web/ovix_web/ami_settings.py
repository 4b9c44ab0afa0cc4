"""Settings of services that ask any one of several Asterisk managers."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from .settings import ServiceSettings


class AmiServer(BaseModel):
    """An Asterisk manager; what is left out is as with the one that all services know."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str
    port: int | None = Field(None, ge=1, le=65535)
    username: str | None = None
    password: SecretStr | None = None


class AmiSettings(ServiceSettings):
    """``ami_…`` is the manager that all services know; a service adds its own ``ami_servers``."""

    # What can't be read may be a password.
    model_config = ServiceSettings.model_config | {"hide_input_in_errors": True}

    ami_host: str = "127.0.0.1"
    ami_port: int = Field(5038, ge=0, le=65535)
    ami_username: str = "ovix"
    ami_password: SecretStr = SecretStr("ovix")

    ami_servers: tuple[AmiServer, ...] = ()
    """Managers in the order in which they are tried; none: the one above."""

    def ami_accounts(self) -> list[dict[str, Any]]:
        """Where Asterisks' managers listen, and as whom to log in."""
        return [
            {
                "host": each.host,
                "port": each.port or self.ami_port,
                "username": each.username or self.ami_username,
                "password": (each.password or self.ami_password).get_secret_value(),
            }
            for each in self.ami_servers or (AmiServer(host=self.ami_host),)
        ]
