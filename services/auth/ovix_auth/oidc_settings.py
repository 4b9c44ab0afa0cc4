"""Settings of the back end oidc (``OVIX_AUTH_OIDC_…``)."""

from typing import Literal

from ovix_web import ServiceSettings, own
from pydantic import SecretStr


class OidcSettings(ServiceSettings):
    """Which identity provider is believed, and who its people are here."""

    oidc_issuer: str | None = own("auth", "oidc_issuer", None)
    """As the provider writes it in its tokens; ``https://``, or ``http://`` on this machine."""
    oidc_client_id: str | None = own("auth", "oidc_client_id", None)
    oidc_client_secret: SecretStr | None = own("auth", "oidc_client_secret", None)
    """Null for a public client, which PKCE alone protects."""
    oidc_scopes: str = own("auth", "oidc_scopes", "openid email profile")
    oidc_user_claim: str = own("auth", "oidc_user_claim", "email")
    oidc_user_field: Literal["email", "username", "uuid"] = own("auth", "oidc_user_field", "email")
    """What of a user the claim must be."""
    oidc_email_unverified: bool = own("auth", "oidc_email_unverified", False)
    """Take an e-mail of which the provider does not say that it was verified."""
    oidc_ca_file: str | None = own("auth", "oidc_ca_file", None)
    oidc_timeout_s: float = own("auth", "oidc_timeout_s", 5.0, gt=0, le=25)
    """For all that one login asks of the provider together."""
