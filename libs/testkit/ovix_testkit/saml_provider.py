"""A SAML identity provider of the tests' own: real signatures, and lies on demand."""

import zlib
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from lxml import etree
from signxml.algorithms import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
)
from signxml.signer import XMLSigner

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
DS = "http://www.w3.org/2000/09/xmldsig#"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"


@dataclass(frozen=True)
class CertifiedKey:
    """A private key and a certificate that it signed itself."""

    key: Any
    certificate: x509.Certificate

    @property
    def key_pem(self) -> bytes:
        """The key as a file has it."""
        return bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    @property
    def certificate_pem(self) -> bytes:
        """The certificate as a file has it."""
        return self.certificate.public_bytes(Encoding.PEM)


def a_certified_key(*, days: int = 30, curve: bool = False, bits: int = 2048) -> CertifiedKey:
    """RSA, or EC; ``days`` below zero: over since then."""
    key: Any = ec.generate_private_key(ec.SECP256R1()) if curve else _rsa_key(bits)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "idp.example.org")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return CertifiedKey(key, certificate)


def _rsa_key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


@dataclass(frozen=True)
class Asked:
    """An AuthnRequest, LogoutRequest or LogoutResponse as a location carries it."""

    root: etree._Element
    query: dict[str, str]

    @property
    def id(self) -> str:
        """What the answer must name."""
        return str(self.root.get("ID"))

    @property
    def acs_url(self) -> str:
        """Where the response is wanted."""
        return str(self.root.get("AssertionConsumerServiceURL"))

    @property
    def issuer(self) -> str:
        """Who asks."""
        return str(self.root.findtext(f"{{{SAML}}}Issuer"))


def asked_by(location: str) -> Asked:
    """What the query string of a location says."""
    query = dict(parse_qsl(urlsplit(location).query))
    message = query.get("SAMLRequest") or query["SAMLResponse"]
    return Asked(etree.fromstring(zlib.decompress(b64decode(message), wbits=-15)), query)


def moment(seconds: int = 0) -> str:
    """So many seconds from now, as SAML writes it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class TestSamlProvider:
    """Answers requests with what it is told to say; by default with what is right."""

    __test__ = False

    entity_id: str = "https://idp.example.org/metadata"
    sso_url: str = "https://idp.example.org/sso"
    slo_url: str | None = "https://idp.example.org/slo"
    keys: list[CertifiedKey] = field(default_factory=lambda: [a_certified_key()])

    def metadata(self, *, attributes: str = "", use: str = ' use="signing"') -> str:
        """What the administrator gives to Ovix."""
        keys = "".join(
            f"<md:KeyDescriptor{use}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>\n"
            f"{b64encode(each.certificate.public_bytes(Encoding.DER)).decode()}\n"
            "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
            for each in self.keys
        )
        redirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
        slo = (
            f'<md:SingleLogoutService Binding="{redirect}" Location="{self.slo_url}"/>'
            if self.slo_url
            else ""
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"'
            f' xmlns:ds="{DS}" entityID="{self.entity_id}">'
            f'<md:IDPSSODescriptor{attributes} protocolSupportEnumeration="{SAMLP}">{keys}{slo}'
            f'<md:SingleSignOnService Binding="{redirect}" Location="{self.sso_url}"/>'
            "</md:IDPSSODescriptor></md:EntityDescriptor>"
        )

    def response(
        self,
        asked: Asked,
        name: str = "ada@example.org",
        *,
        attributes: dict[str, list[str]] | None = None,
        **said: Any,
    ) -> etree._Element:
        """An unsigned response; ``said`` replaces single values, None leaves them out."""
        values: dict[str, Any] = {
            "response_id": f"_{token_hex(16)}",
            "assertion_id": f"_{token_hex(16)}",
            "issuer": self.entity_id,
            "response_issuer": self.entity_id,
            "destination": asked.acs_url,
            "recipient": asked.acs_url,
            "audience": asked.issuer,
            "in_response_to": asked.id,
            "confirmed_for": asked.id,
            "not_before": moment(-10),
            "not_on_or_after": moment(300),
            "confirmed_until": moment(300),
            "confirmed_from": None,
            "session_ends": None,
            "status": SUCCESS,
            "method": "urn:oasis:names:tc:SAML:2.0:cm:bearer",
            "format": EMAIL,
            "session_index": "s1",
            **said,
        }
        root = _element(
            None,
            f"{{{SAMLP}}}Response",
            ID=values["response_id"],
            Version="2.0",
            IssueInstant=moment(),
            Destination=values["destination"],
            InResponseTo=values["in_response_to"],
        )
        if values["response_issuer"] is not None:
            _element(root, f"{{{SAML}}}Issuer", values["response_issuer"])
        status = _element(root, f"{{{SAMLP}}}Status")
        _element(status, f"{{{SAMLP}}}StatusCode", Value=values["status"])
        root.append(_assertion(values, name, attributes or {}))
        return root

    def sign(self, element: etree._Element, key: CertifiedKey | None = None, **how: Any) -> None:
        """Put a signature behind the element's issuer."""
        signer = _Signer(
            method=SignatureConstructionMethod.enveloped,
            signature_algorithm=how.get("algorithm", SignatureMethod.RSA_SHA256),
            digest_algorithm=how.get("digest", DigestAlgorithm.SHA256),
            c14n_algorithm=how.get(
                "c14n", CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0
            ),
        )
        certified = key or self.keys[0]
        alone = etree.fromstring(etree.tostring(element, with_tail=False))
        whole = signer.sign(
            alone,
            key=certified.key,
            cert=[certified.certificate],
            reference_uri=how.get("uri", element.get("ID")),
            id_attribute="ID",
        )
        signature = whole.find(f"{{{DS}}}Signature")
        assert signature is not None
        issuer = element.find(f"{{{SAML}}}Issuer")
        element.insert(0 if issuer is None else element.index(issuer) + 1, signature)

    def answer(
        self, asked: Asked, name: str = "ada@example.org", *, signs: str = "assertion", **said: Any
    ) -> str:
        """What the browser posts: a response, of which ``assertion``, ``response`` or both is
        signed."""
        root = self.response(asked, name, **said)
        if signs in ("assertion", "both"):
            self.sign(assertion_of(root))
        if signs in ("response", "both"):
            self.sign(root)
        return posted(root)

    def logout(
        self, destination: str, name: str, *, signed: bool = True, relay: str = "", **said: str
    ) -> str:
        """The query string of a LogoutRequest by HTTP-Redirect."""
        return self.redirected(
            self.logout_request(destination, name, **said), "SAMLRequest", signed, relay
        )

    def logout_request(self, destination: str, name: str, **said: str) -> etree._Element:
        """An unsigned LogoutRequest."""
        root = _element(
            None,
            f"{{{SAMLP}}}LogoutRequest",
            ID=f"_{token_hex(16)}",
            Version="2.0",
            IssueInstant=said.get("issued", moment()),
            Destination=destination,
        )
        _element(root, f"{{{SAML}}}Issuer", said.get("issuer", self.entity_id))
        _element(root, f"{{{SAML}}}NameID", name, Format=EMAIL)
        return root

    def logged_out(self, destination: str, answered: str, *, signed: bool = True) -> str:
        """The query string of a LogoutResponse."""
        root = _element(
            None,
            f"{{{SAMLP}}}LogoutResponse",
            ID=f"_{token_hex(16)}",
            Version="2.0",
            IssueInstant=moment(),
            Destination=destination,
            InResponseTo=answered,
        )
        _element(root, f"{{{SAML}}}Issuer", self.entity_id)
        status = _element(root, f"{{{SAMLP}}}Status")
        _element(status, f"{{{SAMLP}}}StatusCode", Value=SUCCESS)
        return self.redirected(root, "SAMLResponse", signed, "")

    def redirected(
        self, root: etree._Element, parameter: str, signed: bool = True, relay: str = ""
    ) -> str:
        """A message as a query string."""
        coded = b64encode(zlib.compress(etree.tostring(root), wbits=-15))
        query = f"{parameter}={quote(coded, safe='')}"
        if relay:
            query += f"&RelayState={quote(relay, safe='')}"
        if signed:
            query += f"&SigAlg={quote(RSA_SHA256, safe='')}"
            signature = self.keys[0].key.sign(query.encode(), PKCS1v15(), hashes.SHA256())
            query += f"&Signature={quote(b64encode(signature), safe='')}"
        return query


class _Signer(XMLSigner):
    """Signs what nobody should believe too."""

    def check_deprecated_methods(self) -> None:
        pass


def _element(
    parent: etree._Element | None, tag: str, text: str | None = None, **attributes: str | None
) -> etree._Element:
    given = {name: value for name, value in attributes.items() if value is not None}
    if parent is None:
        made = etree.Element(tag, given, {"samlp": SAMLP, "saml": SAML})
    else:
        made = etree.SubElement(parent, tag, given)
    made.text = text
    return made


def _assertion(
    values: dict[str, Any], name: str, attributes: dict[str, list[str]]
) -> etree._Element:
    made = _element(
        None,
        f"{{{SAML}}}Assertion",
        ID=values["assertion_id"],
        Version="2.0",
        IssueInstant=moment(),
    )
    if values["issuer"] is not None:
        _element(made, f"{{{SAML}}}Issuer", values["issuer"])
    subject = _element(made, f"{{{SAML}}}Subject")
    _element(subject, f"{{{SAML}}}NameID", name, Format=values["format"])
    confirmation = _element(subject, f"{{{SAML}}}SubjectConfirmation", Method=values["method"])
    _element(
        confirmation,
        f"{{{SAML}}}SubjectConfirmationData",
        Recipient=values["recipient"],
        InResponseTo=values["confirmed_for"],
        NotBefore=values["confirmed_from"],
        NotOnOrAfter=values["confirmed_until"],
    )
    conditions = _element(
        made,
        f"{{{SAML}}}Conditions",
        NotBefore=values["not_before"],
        NotOnOrAfter=values["not_on_or_after"],
    )
    if values["audience"] is not None:
        restriction = _element(conditions, f"{{{SAML}}}AudienceRestriction")
        _element(restriction, f"{{{SAML}}}Audience", values["audience"])
    if values["session_index"] is not None:
        _element(
            made,
            f"{{{SAML}}}AuthnStatement",
            AuthnInstant=moment(),
            SessionIndex=values["session_index"],
            SessionNotOnOrAfter=values["session_ends"],
        )
    if attributes:
        statement = _element(made, f"{{{SAML}}}AttributeStatement")
        for attribute, texts in attributes.items():
            of = _element(statement, f"{{{SAML}}}Attribute", Name=attribute)
            for text in texts:
                _element(of, f"{{{SAML}}}AttributeValue", text)
    return made


def assertion_of(root: etree._Element) -> etree._Element:
    """The response's first assertion."""
    found = root.find(f"{{{SAML}}}Assertion")
    assert found is not None
    return found


def posted(root: etree._Element) -> str:
    """As the form has it."""
    return b64encode(etree.tostring(root)).decode()
