"""Settings of auth (``OVIX_AUTH_…``)."""

from ovix_web import ServiceSettings, own

TEN_YEARS_S = 315_360_000


class AuthSettings(ServiceSettings):
    """What may be tuned; the defaults are XiVO's where it has any."""

    host: str = own("auth", "host", "0.0.0.0")
    port: int = own("auth", "port", 9497, ge=0, le=65535)
    max_body_bytes: int = own("auth", "max_body_bytes", 64 * 1024, ge=1024)

    default_token_lifetime: int = own("auth", "default_token_lifetime", 7200, ge=1, le=TEN_YEARS_S)
    """Seconds a token lives when its request names no expiration."""
    token_cleanup_interval_s: float = own("auth", "token_cleanup_interval_s", 60.0, gt=0)
    token_cleanup_batch: int = own("auth", "token_cleanup_batch", 5000, ge=1)

    account_failures_free: int = own("auth", "account_failures_free", 5, ge=1)
    """Wrong passwords in a row an account may see before it is blocked for a while."""
    account_block_max_s: int = own("auth", "account_block_max_s", 60, ge=1)
    """Short: whoever guesses at an account must not be able to lock its owner out for long."""
    address_failures_free: int = own("auth", "address_failures_free", 20, ge=1)
    address_block_max_s: int = own("auth", "address_block_max_s", 900, ge=1)
    failures_forgotten_after_s: int = own("auth", "failures_forgotten_after_s", 1800, ge=1)
