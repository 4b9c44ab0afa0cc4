"""A service provider of SAML 2.0: Web Browser SSO and Single Logout (reference/auth.md, C3)."""
