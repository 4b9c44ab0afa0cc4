"""Settings of accounts at external services (``OVIX_AUTH_…``)."""

from ovix_web import ServiceSettings, own
from ovix_web.settings import Listed


class ExternalSettings(ServiceSettings):
    """Which there are, and where their providers are."""

    external_auth_types: Listed = own(
        "auth", "external_auth_types", ("google", "microsoft", "mobile")
    )
    """Those that are offered; the others are unknown."""
    external_redirect_url: str | None = own("auth", "external_redirect_url", None)
    """Where providers send browsers back to, with ``{type}``: our
    ``/0.1/external/{type}/authorized`` as browsers reach it; null takes the URL of the request."""
    external_timeout_s: float = own("auth", "external_timeout_s", 5.0, gt=0, le=25)
    """For one question to a provider."""
    external_ca_file: str | None = own("auth", "external_ca_file", None)

    google_authorization_url: str = own(
        "auth", "google_authorization_url", "https://accounts.google.com/o/oauth2/v2/auth"
    )
    google_token_url: str = own("auth", "google_token_url", "https://oauth2.googleapis.com/token")
    google_scope: str = own(
        "auth", "google_scope", "https://www.googleapis.com/auth/contacts.readonly"
    )
    """What is asked for where the request names no scope; separated by spaces."""
    microsoft_authorization_url: str = own(
        "auth",
        "microsoft_authorization_url",
        "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
    )
    microsoft_token_url: str = own(
        "auth",
        "microsoft_token_url",
        "https://login.microsoftonline.com/common/oauth2/v2.0/token",
    )
    microsoft_scope: str = own("auth", "microsoft_scope", "offline_access Contacts.Read")
