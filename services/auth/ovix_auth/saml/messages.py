"""Messages to a provider by the HTTP-Redirect binding (SAML Bindings 3.4), and signatures there."""

from __future__ import annotations

import secrets
import zlib
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_plus

import structlog
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ..safe_xml import added, made, written
from ..saml_settings import SamlSettings
from .names import (
    ANY_FORMAT,
    EMAIL_FORMAT,
    POST,
    PREFIXES,
    RSA_SHA256,
    RSA_SHA384,
    RSA_SHA512,
    SAML,
    SAMLP,
    SUCCESS,
    SamlRefused,
)

if TYPE_CHECKING:
    from lxml import etree

log = structlog.get_logger(__name__)

MESSAGE_MAX_BYTES = 128 * 1024
_HASHES: Mapping[str, hashes.HashAlgorithm] = {
    RSA_SHA256: hashes.SHA256(),
    RSA_SHA384: hashes.SHA384(),
    RSA_SHA512: hashes.SHA512(),
}


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Our key, and its certificate if there is one."""

    key: RSAPrivateKey
    certificate: x509.Certificate | None

    @classmethod
    def read(cls, key_file: str, cert_file: str | None) -> SigningKey:
        """ValueError or OSError for files that hold no such things."""
        key = load_pem_private_key(Path(key_file).read_bytes(), password=None)
        if not isinstance(key, RSAPrivateKey):
            raise ValueError(f"{key_file} holds no RSA key")
        certificate = None
        if cert_file is not None:
            certificate = x509.load_pem_x509_certificate(Path(cert_file).read_bytes())
            if certificate.public_key() != key.public_key():
                raise ValueError(f"{cert_file} is not of the key in {key_file}")
        return cls(key, certificate)


def signing_key(settings: SamlSettings) -> SigningKey | None:
    """The key that the settings name; one that can't be used is logged, and is none."""
    if settings.saml_key_file is None:
        return None
    try:
        return SigningKey.read(settings.saml_key_file, settings.saml_cert_file)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        log.error("saml_key_unusable", cause=str(error))
        return None


def new_id() -> str:
    """An ID that nobody guesses; it must not begin with a digit."""
    return f"_{secrets.token_hex(20)}"


def _message(kind: str, name: str, issuer: str, destination: str, **more: str) -> etree._Element:
    root = made(
        f"{{{SAMLP}}}{kind}",
        {
            "ID": name,
            "Version": "2.0",
            "IssueInstant": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Destination": destination,
            **more,
        },
        {"samlp": SAMLP, "saml": SAML},
    )
    added(root, f"{{{SAML}}}Issuer", text=issuer)
    return root


def authn_request(
    name: str, issuer: str, destination: str, acs_url: str, *, by_email: bool
) -> etree._Element:
    """SAML Core 3.4.1."""
    root = _message(
        "AuthnRequest",
        name,
        issuer,
        destination,
        AssertionConsumerServiceURL=acs_url,
        ProtocolBinding=POST,
    )
    wanted = EMAIL_FORMAT if by_email else ANY_FORMAT
    added(root, f"{{{SAMLP}}}NameIDPolicy", {"Format": wanted, "AllowCreate": "true"})
    return root


def logout_request(
    name: str,
    issuer: str,
    destination: str,
    name_id: Mapping[str, str],
    session_indexes: Sequence[str],
) -> etree._Element:
    """SAML Core 3.7.1. ``name_id`` has ``value`` and the attributes the assertion's had."""
    root = _message("LogoutRequest", name, issuer, destination)
    attributes = {key: value for key, value in name_id.items() if key != "value"}
    added(root, f"{{{SAML}}}NameID", attributes, name_id["value"])
    for index in session_indexes:
        added(root, f"{{{SAMLP}}}SessionIndex", text=index)
    return root


def logout_response(issuer: str, destination: str, answered: str) -> etree._Element:
    """SAML Core 3.7.2: done."""
    root = _message("LogoutResponse", new_id(), issuer, destination, InResponseTo=answered)
    status = added(root, f"{{{SAMLP}}}Status")
    added(status, f"{{{SAMLP}}}StatusCode", {"Value": SUCCESS})
    return root


def redirect_to(
    url: str,
    parameter: str,
    message: etree._Element,
    key: SigningKey | None,
    relay_state: str | None = None,
) -> str:
    """The URL that carries a message in its query string, signed where there is a key."""
    deflated = zlib.compress(written(message), wbits=-15)
    query = f"{parameter}={quote(b64encode(deflated), safe='')}"
    if relay_state is not None:
        query += f"&RelayState={quote(relay_state, safe='')}"
    if key is not None:
        query += f"&SigAlg={quote(RSA_SHA256, safe='')}"
        signature = key.key.sign(query.encode(), PKCS1v15(), hashes.SHA256())
        query += f"&Signature={quote(b64encode(signature), safe='')}"
    return f"{url}{'&' if '?' in url else '?'}{query}"


def inflated(text: str) -> bytes:
    """A message of a query string; `SamlRefused` when it is none or too long."""
    try:
        inflater = zlib.decompressobj(wbits=-15)
        found = inflater.decompress(b64decode(text, validate=True), MESSAGE_MAX_BYTES)
    except (NotBase64, ValueError, zlib.error) as error:
        raise SamlRefused("not deflated, or not in base64") from error
    if inflater.unconsumed_tail or not inflater.eof:
        raise SamlRefused("cut off, or too long")
    return found


def must_be_signed(query: bytes, parameter: str, certificates: Sequence[x509.Certificate]) -> None:
    """SAML Bindings 3.4.4.1: over the parameters as they were sent; else `SamlRefused`."""
    sent: dict[str, str] = {}
    for part in query.decode("ascii", "replace").split("&"):
        name, _, value = part.partition("=")
        if name in sent:
            raise SamlRefused(f"{name[:40]} is there twice")
        sent[name] = value
    names = [each for each in (parameter, "RelayState", "SigAlg") if each in sent]
    algorithm = _HASHES.get(unquote_plus(sent.get("SigAlg", "")))
    if algorithm is None or "Signature" not in sent:
        raise SamlRefused("not signed, or by an algorithm that is not believed")
    try:
        signature = b64decode(unquote_plus(sent["Signature"]).replace(" ", "+"), validate=True)
    except (NotBase64, ValueError) as error:
        raise SamlRefused("the signature is not in base64") from error
    signed = "&".join(f"{name}={sent[name]}" for name in names).encode()
    for certificate in certificates:
        key = certificate.public_key()
        if not isinstance(key, RSAPublicKey) or not _is_valid(certificate):
            continue
        try:
            key.verify(signature, signed, PKCS1v15(), algorithm)
        except InvalidSignature:
            continue
        return
    raise SamlRefused("signed by nobody who is believed")


def _is_valid(certificate: x509.Certificate) -> bool:
    return certificate.not_valid_before_utc <= datetime.now(UTC) <= certificate.not_valid_after_utc


def succeeded(root: etree._Element) -> bool:
    """Whether the status of a response is Success."""
    code = root.find("samlp:Status/samlp:StatusCode", PREFIXES)
    return code is not None and code.get("Value") == SUCCESS
