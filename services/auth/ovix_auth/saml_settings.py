"""Settings of logins by SAML (``OVIX_AUTH_SAML_…``); the providers are in the database."""

from ovix_web import ServiceSettings, own
from ovix_web.settings import Listed


class SamlSettings(ServiceSettings):
    """What holds for the providers of all entities (reference/auth.md, C1)."""

    saml_acs_url_template: str | None = own("auth", "saml_acs_url_template", None)
    """The public URL of ``/0.1/saml/acs``; null takes the one that the administrator asks by."""
    saml_login_timeout_s: int = own("auth", "saml_login_timeout_s", 600, ge=10, le=86400)
    """From ``/saml/sso`` to the token."""
    saml_session_lifetime_s: int = own("auth", "saml_session_lifetime_s", 604800, ge=60)
    """How long after a login the provider can end it, and be told that it ended."""
    saml_key_file: str | None = own("auth", "saml_key_file", None)
    """An RSA key in PEM, without a password, that signs what is sent to providers."""
    saml_cert_file: str | None = own("auth", "saml_cert_file", None)
    """Its certificate in PEM, for the metadata."""
    saml_same_address: bool = own("auth", "saml_same_address", True)
    """Whether the response must come from the address that asked for the login."""
    saml_redirect_urls: Listed = own("auth", "saml_redirect_urls", ())
    """What a ``redirect_url`` must begin with, one of; empty: any ``https://`` one."""
