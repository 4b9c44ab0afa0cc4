"""Settings of the back end ldap_user (``OVIX_AUTH_LDAP_…``; reference/auth.md, A4)."""

from ovix_web import ServiceSettings, own
from pydantic import SecretStr


class LdapSettings(ServiceSettings):
    """Where the directory is and how a login is found in it; without a URI there is none."""

    ldap_uri: str | None = own("auth", "ldap_uri", None)
    """``ldap://host[:389]`` or ``ldaps://host[:636]``."""
    ldap_starttls: bool = own("auth", "ldap_starttls", False)
    ldap_ca_file: str | None = own("auth", "ldap_ca_file", None)
    """PEM certificates the server's is checked with; null takes those of the system."""
    ldap_bind_dn: str | None = own("auth", "ldap_bind_dn", None)
    ldap_bind_password: SecretStr | None = own("auth", "ldap_bind_password", None)
    ldap_bind_anonymous: bool = own("auth", "ldap_bind_anonymous", False)
    ldap_user_base_dn: str | None = own("auth", "ldap_user_base_dn", None)
    ldap_user_login_attribute: str | None = own("auth", "ldap_user_login_attribute", None)
    ldap_user_email_attribute: str = own("auth", "ldap_user_email_attribute", "mail")
    ldap_timeout_s: float = own("auth", "ldap_timeout_s", 4.0, gt=0, le=25)
    """For all that one login asks of the directory together."""
