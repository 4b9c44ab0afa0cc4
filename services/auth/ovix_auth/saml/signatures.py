"""XML signatures of a provider: what of a message is signed by a certificate of its metadata.

signxml checks digests and signatures. Here is decided which element must be signed, how, and by
which certificate; the certificate that a message brings along is never looked at. Callers get the
signed element as it was canonicalised, and nothing else of the message.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from cryptography.x509 import Certificate

from .names import DS, ENVELOPED, EXCLUSIVE, EXCLUSIVE_COMMENTS, PREFIXES, SamlRefused

if TYPE_CHECKING:
    from lxml import etree
    from signxml.verifier import VerifyResult

    _Verified: TypeAlias = VerifyResult | list[VerifyResult]


@cache
def _verifying() -> Callable[[etree._Element, Certificate], _Verified]:
    """signxml's verification as it is done here; loaded with the first signature, as lxml is."""
    from signxml.algorithms import DigestAlgorithm, SignatureMethod
    from signxml.verifier import SignatureConfiguration, XMLVerifier

    methods = frozenset(
        each
        for each in SignatureMethod
        if each.name.startswith(("RSA_SHA", "ECDSA_SHA", "SHA"))
        and not any(weak in each.name for weak in ("SHA1", "SHA224"))
    )
    expected = SignatureConfiguration(
        require_x509=True,
        location="./",
        expect_references=1,
        signature_methods=methods,
        digest_algorithms=frozenset(
            {DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512}
        ),
    )

    def verify(element: etree._Element, certificate: Certificate) -> _Verified:
        # Each has a verifier of its own: it keeps what it is at, and threads verify side by side.
        return XMLVerifier().verify(
            element, x509_cert=certificate, expect_config=expected, id_attribute="ID"
        )

    return verify


def must_have_unique_ids(root: etree._Element) -> None:
    """Refuse two elements of one ID: a signature of the one could be read as that of the other."""
    found = root.xpath("//@*[translate(local-name(), 'ID', 'id') = 'id']")
    ids = [str(each) for each in found] if isinstance(found, list) else []
    if len(ids) != len(set(ids)):
        raise SamlRefused("two elements have the same ID")


def signature_of(element: etree._Element) -> etree._Element | None:
    """The element's own signature; two of them are refused."""
    found = element.findall(f"{{{DS}}}Signature")
    if len(found) > 1:
        raise SamlRefused("signed more than once")
    return found[0] if found else None


def signed(element: etree._Element, certificates: Sequence[Certificate]) -> etree._Element:
    """What is signed, which is the whole of the element; `SamlRefused` unless it is so."""
    _must_sign_all_of(element)
    alone = deepcopy(element)
    alone.tail = None
    verify, causes = _verifying(), []
    for certificate in certificates:
        try:
            verified = verify(alone, certificate)
        except Exception as error:  # whatever a library raises at what a stranger sent, refuses it
            causes.append(f"{type(error).__name__}: {error}"[:200])
            continue
        assert not isinstance(verified, list), "one reference is expected"
        found = verified.signed_xml
        if found is None or found.tag != element.tag or found.get("ID") != element.get("ID"):
            raise SamlRefused("something else is signed")
        return found
    raise SamlRefused("; ".join(causes) or "no certificate to believe")


def _must_sign_all_of(element: etree._Element) -> None:
    """SAML Core 5.4: one reference, to the element's own ID, without transforms that leave out."""
    signature = signature_of(element)
    if signature is None:
        raise SamlRefused("not signed")
    info = signature.find("ds:SignedInfo", PREFIXES)
    if info is None:
        raise SamlRefused("signed without telling what")
    references = info.findall("ds:Reference", PREFIXES)
    name = element.get("ID")
    if not name or [each.get("URI") for each in references] != [f"#{name}"]:
        raise SamlRefused("the signature is not that of the element")
    way = info.find("ds:CanonicalizationMethod", PREFIXES)
    if way is None or way.get("Algorithm") not in (EXCLUSIVE, EXCLUSIVE_COMMENTS):
        raise SamlRefused("not canonicalised exclusively")
    transforms = [
        each.get("Algorithm")
        for each in references[0].findall("ds:Transforms/ds:Transform", PREFIXES)
    ]
    if transforms not in ([ENVELOPED, EXCLUSIVE], [ENVELOPED, EXCLUSIVE_COMMENTS]):
        raise SamlRefused("signed through other transforms")
    if signature.find("ds:Object", PREFIXES) is not None:
        raise SamlRefused("a signature with something inside")
