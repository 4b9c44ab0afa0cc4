"""Metadata (SAML Metadata 2.0): what a provider says of itself, and what it is told of us."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from ..identity_provider import is_protected
from ..safe_xml import BadXml, added, document, made, parsed, text_of
from .names import DS, MD, POST, PREFIXES, REDIRECT, SAMLP

if TYPE_CHECKING:
    from lxml import etree

METADATA_MAX = 256 * 1024
"""Characters: one provider's. That of a whole federation is not read here."""
CERTIFICATES_MAX = 20
RSA_BITS_MIN = 2048


class BadMetadata(Exception):
    """Not the metadata of a provider that can be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Provider:
    """An identity provider as its metadata describes it."""

    entity_id: str
    sso_url: str
    slo_url: str | None
    slo_response_url: str | None
    certificates: tuple[x509.Certificate, ...]
    wants_signed_requests: bool


def provider_of(metadata: str) -> Provider:
    """The one identity provider in the text; `BadMetadata` if it can't be used."""
    if len(metadata) > METADATA_MAX:
        raise BadMetadata(f"longer than {METADATA_MAX} characters")
    try:
        # As bytes: a declared encoding is not believed of a text that was decoded already.
        root = parsed(_UNDECLARED.sub("", metadata, count=1).encode())
        return _provider(root)
    except (BadXml, UnicodeEncodeError) as error:
        raise BadMetadata(str(error)) from error


_UNDECLARED = re.compile(r"^\ufeff?\s*<\?xml[^>]*\?>")


def _provider(root: etree._Element) -> Provider:
    found = [
        each
        for each in root.iter(f"{{{MD}}}EntityDescriptor")
        if each.find("md:IDPSSODescriptor", PREFIXES) is not None
    ]
    if len(found) != 1:
        raise BadMetadata(f"it has {len(found)} identity providers instead of one")
    [entity] = found
    entity_id = entity.get("entityID", "")
    if not 0 < len(entity_id) <= 1024:
        raise BadMetadata("the entityID is missing, or too long")
    role = next(
        (
            each
            for each in entity.findall("md:IDPSSODescriptor", PREFIXES)
            if SAMLP in (each.get("protocolSupportEnumeration") or "").split()
        ),
        None,
    )
    if role is None:
        raise BadMetadata("the identity provider does not speak SAML 2.0")
    sso = _service(role, "SingleSignOnService")
    if sso is None:
        raise BadMetadata("there is no SingleSignOnService by HTTP-Redirect")
    slo = _service(role, "SingleLogoutService")
    return Provider(
        entity_id,
        sso[0],
        slo[0] if slo else None,
        slo[1] if slo else None,
        _certificates(role),
        role.get("WantAuthnRequestsSigned") in ("true", "1"),
    )


def _service(role: etree._Element, name: str) -> tuple[str, str] | None:
    """Where requests go, and where answers do."""
    for each in role.findall(f"md:{name}", PREFIXES):
        if each.get("Binding") == REDIRECT:
            location = each.get("Location", "")
            answers = each.get("ResponseLocation") or location
            if not is_protected(location) or not is_protected(answers):
                raise BadMetadata(f"the {name} has no https:// URL")
            return location, answers
    return None


def _certificates(role: etree._Element) -> tuple[x509.Certificate, ...]:
    """Those that sign; a descriptor without a use is for that too."""
    found: list[x509.Certificate] = []
    for descriptor in role.findall("md:KeyDescriptor", PREFIXES):
        if descriptor.get("use", "signing") != "signing":
            continue
        for each in descriptor.iter(f"{{{DS}}}X509Certificate"):
            try:
                certificate = x509.load_der_x509_certificate(
                    b64decode("".join(text_of(each).split()), validate=True)
                )
                key = certificate.public_key()
            except (NotBase64, ValueError, TypeError, UnsupportedAlgorithm) as error:
                raise BadMetadata("a certificate can't be read") from error
            is_good = isinstance(key, EllipticCurvePublicKey) or (
                isinstance(key, RSAPublicKey) and key.key_size >= RSA_BITS_MIN
            )
            if not is_good:
                raise BadMetadata(f"a certificate's key is no RSA of {RSA_BITS_MIN} bits and no EC")
            if certificate not in found:
                found.append(certificate)
    if not 0 < len(found) <= CERTIFICATES_MAX:
        raise BadMetadata(f"it has {len(found)} certificates for signatures")
    return tuple(found)


def our_metadata(
    entity_id: str, acs_url: str, name_formats: Sequence[str], certificate: x509.Certificate | None
) -> bytes:
    """The XML that is given to a provider's administrator."""
    root = made(f"{{{MD}}}EntityDescriptor", {"entityID": entity_id}, {"md": MD, "ds": DS})
    role = added(
        root,
        f"{{{MD}}}SPSSODescriptor",
        {
            "AuthnRequestsSigned": "false" if certificate is None else "true",
            "WantAssertionsSigned": "true",
            "protocolSupportEnumeration": SAMLP,
        },
    )
    if certificate is not None:
        descriptor = added(role, f"{{{MD}}}KeyDescriptor", {"use": "signing"})
        data = added(added(descriptor, f"{{{DS}}}KeyInfo"), f"{{{DS}}}X509Data")
        coded = b64encode(certificate.public_bytes(Encoding.DER)).decode()
        added(data, f"{{{DS}}}X509Certificate", text=coded)
    for binding in (REDIRECT, POST):
        where = {"Binding": binding, "Location": sls_url(acs_url)}
        added(role, f"{{{MD}}}SingleLogoutService", where)
    for name_format in name_formats:
        added(role, f"{{{MD}}}NameIDFormat", text=name_format)
    added(
        role,
        f"{{{MD}}}AssertionConsumerService",
        {"Binding": POST, "Location": acs_url, "index": "0", "isDefault": "true"},
    )
    return document(root)


def sls_url(acs_url: str) -> str:
    """Where logouts arrive: beside ``…/acs``."""
    return f"{acs_url.removesuffix('acs')}sls"
