"""Responses that nobody should believe: forged, replayed, for others, out of time."""

from base64 import b64encode
from typing import Any

import pytest
from httpx import AsyncClient
from lxml import etree
from ovix_testkit.builders import a_user
from ovix_testkit.saml_provider import (
    DS,
    SAML,
    SAMLP,
    TestSamlProvider,
    a_certified_key,
    assertion_of,
    moment,
    posted,
)
from signxml.algorithms import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
)
from signxml.signer import XMLSigner

from .refusals import BACK, EVE, eve, is_good_after_all, is_refused

__all__ = ["eve"]


SAID: list[dict[str, Any]] = [
    {"audience": "https://another-service.example.org"},
    {"audience": None},
    {"recipient": "https://another-service.example.org/acs"},
    {"recipient": None},
    {"destination": "https://another-service.example.org/acs"},
    {"in_response_to": "_another"},
    {"in_response_to": None},
    {"confirmed_for": "_another"},
    {"confirmed_for": None},
    {"issuer": "https://another-idp.example.org"},
    {"issuer": None},
    {"response_issuer": "https://another-idp.example.org"},
    {"not_on_or_after": moment(-3600)},
    {"not_on_or_after": "never"},
    {"not_before": moment(3600)},
    {"confirmed_until": moment(-3600)},
    {"confirmed_until": None},
    {"confirmed_from": moment(3600)},
    {"session_ends": moment(-3600)},
    {"session_ends": "0001-01-01T00:00:00Z"},
    {"not_on_or_after": "0001-01-01T00:00:00Z"},
    {"not_before": "9999-12-31T23:59:59Z"},
    {"confirmed_until": "0001-01-01T00:00:00Z"},
    {"session_index": None},
    {"method": "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"},
    {"status": "urn:oasis:names:tc:SAML:2.0:status:Responder"},
    {"format": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"},
]


@pytest.mark.parametrize("said", SAID, ids=",".join)  # the times differ at each run
@pytest.mark.parametrize("signs", ["assertion", "both"])
async def test_what_is_signed_must_be_for_this_login_here_and_now(
    said: dict[str, Any], signs: str, browser: Any
) -> None:
    begun = await browser.begin()
    await is_refused(browser, begun, browser.provider.answer(begun.asked, signs=signs, **said))
    await is_good_after_all(browser, begun)


async def test_clocks_may_be_a_little_off(browser: Any) -> None:
    begun = await browser.begin()
    said = {"not_before": moment(20), "not_on_or_after": moment(-20), "confirmed_until": moment(-9)}
    await browser.post(browser.provider.answer(begun.asked, **said))
    assert (await browser.token(begun.session_id)).status_code == 200


@pytest.mark.parametrize(
    "said",
    [
        {"session_ends": "9999-12-31T23:59:59Z"},
        {"not_before": "0001-01-01T00:00:00Z"},
        {"not_on_or_after": "9999-12-31T23:59:59Z", "confirmed_until": "9999-12-31T23:59:59Z"},
    ],
    ids=str,
)
async def test_a_response_may_hold_from_the_first_day_to_the_last(
    said: dict[str, str], browser: Any
) -> None:
    begun = await browser.begin()
    await browser.post(browser.provider.answer(begun.asked, **said))
    assert (await browser.token(begun.session_id)).status_code == 200


async def test_a_response_is_believed_once(browser: Any) -> None:
    begun = await browser.begin()
    answer = browser.provider.answer(begun.asked)
    assert (await browser.post(answer)).headers["Location"] == BACK
    assert (await browser.post(answer)).status_code == 401, "before the token was asked for"
    assert (await browser.token(begun.session_id)).status_code == 200
    assert (await browser.post(answer)).status_code == 401
    other = await browser.begin()
    assert (await browser.post(answer)).status_code == 401
    assert (await browser.token(other.session_id)).status_code == 401


async def test_nobody_is_let_in_unasked(browser: Any) -> None:
    """IdP-initiated: a response that answers nothing could be put into anybody's browser."""
    begun = await browser.begin()
    answer = browser.provider.answer(begun.asked, in_response_to=None, confirmed_for=None)
    assert (await browser.post(answer)).status_code == 401


async def test_of_one_login_no_other_gets_a_token(browser: Any) -> None:
    mine, other = await browser.begin(), await browser.begin()
    moved = browser.provider.response(mine.asked)
    browser.provider.sign(assertion_of(moved))
    moved.set("InResponseTo", other.asked.id)
    await is_refused(browser, other, posted(moved))


@pytest.mark.parametrize("signs", ["assertion", "response", "both"])
async def test_a_change_after_the_signature_is_seen(signs: str, browser: Any) -> None:
    begun = await browser.begin()
    root = browser.provider.response(begun.asked)
    if signs != "response":
        browser.provider.sign(assertion_of(root))
    if signs != "assertion":
        browser.provider.sign(root)
    name = root.find(f".//{{{SAML}}}NameID")
    assert name is not None
    name.text = EVE
    await is_refused(browser, begun, posted(root))
    await is_good_after_all(browser, begun)


async def test_nothing_signed_is_nothing_proven(browser: Any) -> None:
    begun = await browser.begin()
    await is_refused(browser, begun, posted(browser.provider.response(begun.asked)))


@pytest.mark.parametrize("own", [False, True], ids=["stranger's", "brings its certificate along"])
async def test_a_certificate_that_the_metadata_lacks_is_believed_by_nobody(
    own: bool, browser: Any
) -> None:
    begun = await browser.begin()
    forger = TestSamlProvider(keys=[a_certified_key()])
    root = forger.response(begun.asked, EVE)
    forger.sign(assertion_of(root))
    if not own:
        info = root.find(f".//{{{DS}}}KeyInfo")
        assert info is not None
        parent = info.getparent()
        assert parent is not None
        parent.remove(info)
    await is_refused(browser, begun, posted(root))
    await is_good_after_all(browser, begun)


async def test_a_certificate_that_is_over_is_believed_no_more(
    browser: Any, client: AsyncClient, admin: Any
) -> None:
    old = browser.provider = TestSamlProvider(keys=[a_certified_key(days=-1)])
    body = {"metadata": old.metadata()}
    assert (await client.put("/0.1/backends/saml", json=body, headers=admin)).status_code == 200
    begun = await browser.begin()
    await is_refused(browser, begun, old.answer(begun.asked))


async def test_of_two_certificates_either_signs(
    browser: Any, client: AsyncClient, admin: Any
) -> None:
    """While a provider changes its key."""
    both = browser.provider = TestSamlProvider(keys=[a_certified_key(), a_certified_key()])
    body = {"metadata": both.metadata()}
    assert (await client.put("/0.1/backends/saml", json=body, headers=admin)).status_code == 200
    for key in both.keys:
        begun = await browser.begin()
        root = both.response(begun.asked)
        both.sign(assertion_of(root), key)
        await browser.post(posted(root))
        assert (await browser.token(begun.session_id)).status_code == 200


@pytest.mark.parametrize(
    "how",
    [
        {"algorithm": SignatureMethod.RSA_SHA1},
        {"digest": DigestAlgorithm.SHA1},
        {"c14n": CanonicalizationMethod.CANONICAL_XML_1_0},
    ],
    ids=str,
)
async def test_weak_or_ambiguous_ways_to_sign_are_refused(
    how: dict[str, Any], browser: Any
) -> None:
    begun = await browser.begin()
    root = browser.provider.response(begun.asked)
    browser.provider.sign(assertion_of(root), **how)
    await is_refused(browser, begun, posted(root))


async def test_a_shared_secret_made_of_the_certificate_signs_nothing(browser: Any) -> None:
    """HMAC with what everybody may read."""
    begun = await browser.begin()
    root = browser.provider.response(begun.asked, EVE)
    assertion = assertion_of(root)
    signer = XMLSigner(
        SignatureConstructionMethod.enveloped,
        SignatureMethod.HMAC_SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    whole = signer.sign(
        etree.fromstring(etree.tostring(assertion)),
        key=browser.provider.keys[0].certificate_pem,
        reference_uri=assertion.get("ID"),
        id_attribute="ID",
    )
    signature = whole.find(f"{{{DS}}}Signature")
    assert signature is not None
    assertion.append(signature)
    await is_refused(browser, begun, posted(root))


async def test_a_comment_does_not_cut_a_name_off(browser: Any, save: Any, eve: Any) -> None:
    """The provider signed for whoever has the long name; the short one is somebody else."""
    long = await save(a_user(username="long", email=f"{EVE}.evil.example", cti_enabled=True))
    begun = await browser.begin()
    root = browser.provider.response(begun.asked, f"{EVE}.evil.example")
    browser.provider.sign(assertion_of(root))
    cut = etree.tostring(root).replace(
        f"{EVE}.evil.example".encode(), f"{EVE}<!-- -->.evil.example".encode()
    )
    await browser.post(b64encode(cut).decode())
    granted = await browser.token(begun.session_id)
    assert granted.json()["data"]["auth_id"] == str(long.uuid) != str(eve.uuid)


ENTITY = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
LAUGHS = (
    '<!DOCTYPE r [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]>"
)


@pytest.mark.parametrize("doctype", [ENTITY, LAUGHS, "<!DOCTYPE r>"], ids=["xxe", "laughs", "bare"])
async def test_a_document_typeis_refused(doctype: str, browser: Any) -> None:
    begun = await browser.begin()
    root = browser.provider.response(begun.asked)
    browser.provider.sign(assertion_of(root))
    sent = b64encode(doctype.encode() + etree.tostring(root)).decode()
    assert (await browser.post(sent)).status_code == 401
    await is_good_after_all(browser, begun)


@pytest.mark.parametrize(
    ("attributes", "status"),
    [
        ({"mail": ["ada@example.org", EVE]}, 401),
        ({"mail": []}, 401),
        ({"mail": [""]}, 401),
        ({"other": ["ada@example.org"]}, 401),
        ({"mail": ["x" * 513]}, 401),
        ({"mail": ["ada@example.org", "ada@example.org"]}, 200),
    ],
    ids=str,
)
async def test_the_attribute_must_have_one_value(
    attributes: dict[str, list[str]], status: int, browser: Any, client: AsyncClient, admin: Any
) -> None:
    body = {"user_attribute": "mail"}
    assert (await client.put("/0.1/backends/saml", json=body, headers=admin)).status_code == 200
    begun = await browser.begin()
    await browser.post(browser.provider.answer(begun.asked, attributes=attributes))
    assert (await browser.token(begun.session_id)).status_code == status


async def test_encrypted_assertions_are_not_read(browser: Any) -> None:
    begun = await browser.begin()
    root = browser.provider.response(begun.asked)
    root.remove(assertion_of(root))
    etree.SubElement(root, f"{{{SAML}}}EncryptedAssertion")
    browser.provider.sign(root)
    await is_refused(browser, begun, posted(root))


@pytest.mark.parametrize(
    "content",
    [
        b"", b"SAMLResponse=", b"SAMLResponse=%%%", b"SAMLResponse=aGVsbG8=", b"\xff\xfe",
        b"SAMLResponse=" + b64encode(b"<a/>"), b"SAMLResponse=PGEvPg==&SAMLResponse=PGEvPg==",
        b"&".join(b"a%d=" % n for n in range(50)), b"RelayState=x",
        b"SAMLResponse=" + b64encode(b"<a>" * 20000),
        b"SAMLResponse=" + b64encode(f'<r:Response xmlns:r="{SAMLP}"/>'.encode()),
        b"SAMLResponse=" + b64encode(f'<r:Response InResponseTo="" xmlns:r="{SAMLP}"/>'.encode()),
    ],
    ids=lambda each: repr(each[:40]),
)  # fmt: skip
async def test_what_is_no_response_is_refused_like_a_wrong_password(
    content: bytes, client: AsyncClient
) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await client.post("/0.1/saml/acs", content=content, headers=kind)
    assert answer.status_code == 401, answer.text
    assert answer.json()["reason"] == ["Authentication Failed"]
    assert (await client.post("/0.1/saml/acs", json={"SAMLResponse": "x"})).status_code == 401


async def test_a_response_without_end_is_cut_off(client: AsyncClient) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    content = b"SAMLResponse=" + b"A" * 600_000
    answer = await client.post("/0.1/saml/acs", content=content, headers=kind)
    assert answer.status_code == 413


def _cut_at(root: etree._Element, part: float) -> str:
    content = etree.tostring(root)
    return b64encode(content[: int(len(content) * part)]).decode()


@pytest.mark.parametrize("removed", ["SignedInfo", "SignatureValue", "Reference", "DigestValue"])
async def test_a_signature_in_pieces_is_none(removed: str, browser: Any) -> None:
    begun = await browser.begin()
    root = browser.provider.response(begun.asked)
    browser.provider.sign(assertion_of(root))
    await is_refused(browser, begun, _cut_at(root, 0.7))
    found = root.find(f".//{{{DS}}}{removed}")
    assert found is not None
    parent = found.getparent()
    assert parent is not None
    parent.remove(found)
    await is_refused(browser, begun, posted(root))
