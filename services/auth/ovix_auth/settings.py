"""Settings of auth (``OVIX_AUTH_…``)."""

from ovix_web import own
from ovix_web.settings import Listed
from pydantic import SecretStr

from .external_settings import ExternalSettings
from .ldap_settings import LdapSettings
from .oidc_settings import OidcSettings
from .password_settings import PasswordSettings
from .saml_settings import SamlSettings
from .xuc_settings import XucSettings

TEN_YEARS_S = 315_360_000


class AuthSettings(
    ExternalSettings, LdapSettings, OidcSettings, PasswordSettings, SamlSettings, XucSettings
):
    """What may be tuned; the defaults are XiVO's where it has any."""

    host: str = own("auth", "host", "0.0.0.0")
    port: int = own("auth", "port", 9497, ge=0, le=65535)
    max_body_bytes: int = own("auth", "max_body_bytes", 64 * 1024, ge=1024)

    init_key: SecretStr | None = own("auth", "init_key", None)
    """What ``POST /init`` asks for to make the first administrator; without one nobody can."""

    enabled_backends: Listed = own("auth", "enabled_backends", ())
    """Names of the back ends that are used; all that are installed when none is named."""

    default_policies: Listed = own("auth", "default_policies", ())
    """``badge=some_slug, …``: which policy all holders have who log in through a back end."""

    default_token_lifetime: int = own("auth", "default_token_lifetime", 7200, ge=1, le=TEN_YEARS_S)
    """Seconds a token lives when its request names no expiration."""
    max_sessions: int = own("auth", "max_sessions", 0, ge=0)
    """Living tokens one holder may have; 0: any number, as in XiVO (wazo's bound is 100)."""
    expiry_notice_s: int = own("auth", "expiry_notice_s", 300, ge=0)
    """How long before a token's end ``auth_session_expire_soon`` is told; 0: never."""
    token_cleanup_interval_s: float = own("auth", "token_cleanup_interval_s", 60.0, gt=0)
    token_cleanup_batch: int = own("auth", "token_cleanup_batch", 5000, ge=1)

    account_failures_free: int = own("auth", "account_failures_free", 5, ge=1)
    """Wrong passwords in a row an account may see before it is blocked for a while."""
    account_block_max_s: int = own("auth", "account_block_max_s", 60, ge=1)
    """Short: whoever guesses at an account must not be able to lock its owner out for long."""
    address_failures_free: int = own("auth", "address_failures_free", 20, ge=1)
    address_block_max_s: int = own("auth", "address_block_max_s", 900, ge=1)
    failures_forgotten_after_s: int = own("auth", "failures_forgotten_after_s", 1800, ge=1)
    address_known_days: int = own("auth", "address_known_days", 30, ge=1, le=3650)
    """After a login an account's block does not hold at its address for so long."""

    audit_retention_days: int = own("auth", "audit_retention_days", 365, ge=1, le=36500)
