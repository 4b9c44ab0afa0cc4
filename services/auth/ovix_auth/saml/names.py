"""The words of SAML 2.0 that are used here (SAML Core, Bindings, Metadata, XML Signature)."""

from typing import Final

SAML: Final = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP: Final = "urn:oasis:names:tc:SAML:2.0:protocol"
MD: Final = "urn:oasis:names:tc:SAML:2.0:metadata"
DS: Final = "http://www.w3.org/2000/09/xmldsig#"
PREFIXES: Final = {"saml": SAML, "samlp": SAMLP, "md": MD, "ds": DS}

REDIRECT: Final = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
POST: Final = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
BEARER: Final = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
SUCCESS: Final = "urn:oasis:names:tc:SAML:2.0:status:Success"
EMAIL_FORMAT: Final = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
ANY_FORMAT: Final = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
TRANSIENT: Final = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"

ENVELOPED: Final = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
EXCLUSIVE: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
EXCLUSIVE_COMMENTS: Final = "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"
RSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
RSA_SHA384: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"
RSA_SHA512: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"


class SamlRefused(Exception):
    """A message of a provider is not what it must be; the text is for the log alone."""
