"""Settings of passwords, e-mail addresses, and the mails about them (``OVIX_AUTH_…``)."""

from typing import Literal

from ovix_web import ServiceSettings, own
from pydantic import SecretStr


class PasswordSettings(ServiceSettings):
    """What a password must be, how it is reset and an address confirmed by mail."""

    password_min_length: int = own("auth", "password_min_length", 8, ge=1, le=128)
    password_min_score: int = own("auth", "password_min_score", 2, ge=0, le=4)
    """Of zxcvbn, 0 to 4; 0 takes whatever is long enough."""

    password_reset_expiration: int = own("auth", "password_reset_expiration", 172_800, ge=60)
    password_reset_url: str | None = own("auth", "password_reset_url", None)
    """The page that takes a new password; ``{token}`` and ``{user_uuid}`` are filled in."""
    password_resets_per_hour: int = own("auth", "password_resets_per_hour", 3, ge=1)
    """Mails that one user may get."""
    password_resets_per_address: int = own("auth", "password_resets_per_address", 20, ge=1)
    """Mails an hour that one address may bring about."""

    email_confirmation_expiration: int = own(
        "auth", "email_confirmation_expiration", 172_800, ge=60
    )
    email_confirmation_url: str | None = own("auth", "email_confirmation_url", None)
    """Where a link leads: to ``GET /0.1/emails/{email_uuid}/confirm?token={token}`` as browsers
    reach it, or to a page of yours; both are filled in."""
    email_confirmations_per_hour: int = own("auth", "email_confirmations_per_hour", 3, ge=1)
    """Mails that one account may bring about."""
    email_confirmations_per_address: int = own("auth", "email_confirmations_per_address", 20, ge=1)
    """Mails an hour that one address may bring about."""

    registration_enabled: bool = own("auth", "registration_enabled", False)
    """Whether strangers may make themselves users of auth's own."""
    registration_entity: str | None = own("auth", "registration_entity", None)
    """The entity they get, by its name; null takes the oldest one."""

    mail_templates: str | None = own("auth", "mail_templates", None)
    """Directory of templates that take the place of the built-in ones."""
    mail_from: str = own("auth", "mail_from", "ovix@localhost")
    smtp_host: str = own("auth", "smtp_host", "localhost")
    smtp_port: int = own("auth", "smtp_port", 25, ge=1, le=65535)
    smtp_security: Literal["none", "starttls", "tls"] = own("auth", "smtp_security", "none")
    smtp_username: str | None = own("auth", "smtp_username", None)
    smtp_password: SecretStr | None = own("auth", "smtp_password", None)
    smtp_timeout_s: float = own("auth", "smtp_timeout_s", 15.0, gt=0)
