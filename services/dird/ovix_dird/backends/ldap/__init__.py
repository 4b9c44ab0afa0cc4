"""``ldap``: contacts of an LDAP directory: OpenLDAP, Active Directory and their like."""

from .source import LdapBackend, LdapSettings, LdapSource

__all__ = ["LdapBackend", "LdapSettings", "LdapSource"]
