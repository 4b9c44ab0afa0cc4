"""The response to a login: what it must be for us to believe it (SAML Profiles 4.1.4).

Values in, values out: no clock, no database. Only what `signatures.signed` gives is read, beside
the few members of the response that decide what is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ..safe_xml import BadXml, parsed, text_of
from .messages import succeeded
from .metadata import Provider
from .names import BEARER, PREFIXES, SAML, SAMLP, TRANSIENT, SamlRefused
from .signatures import must_have_unique_ids, signature_of, signed

if TYPE_CHECKING:
    from lxml import etree

SKEW = timedelta(seconds=60)
"""How far the provider's clock may be off."""
VALUE_MAX = 512
NAME_ID_ATTRIBUTES = ("Format", "NameQualifier", "SPNameQualifier")


@dataclass(frozen=True, slots=True)
class Expected:
    """The login that was asked for."""

    request_id: str
    acs_url: str
    our_entity_id: str
    provider: Provider
    user_attribute: str | None
    """What names the user; None: the NameID."""


@dataclass(frozen=True, slots=True)
class Proven:
    """Who logged in."""

    subject: str
    """The value of the attribute that names the user."""
    name_id: Mapping[str, str]
    """``value``, the attributes it had, and ``SessionIndex`` where there is one."""


def read(content: bytes) -> etree._Element:
    """The response's root; `SamlRefused` if it is no response at all."""
    try:
        root = parsed(content)
    except BadXml as error:
        raise SamlRefused(str(error)) from error
    if root.tag != f"{{{SAMLP}}}Response":
        raise SamlRefused("not a Response")
    return root


def answered_request(root: etree._Element) -> str:
    """The request that it says it answers, believed by nobody before `proven`."""
    name = root.get("InResponseTo")
    if not name:
        raise SamlRefused("not asked for")
    return name


def proven(root: etree._Element, expected: Expected, now: datetime) -> Proven:
    """Who the response says logged in; `SamlRefused` unless all of it is as it must be."""
    try:
        return _proven(root, expected, now)
    except BadXml as error:
        raise SamlRefused(str(error)) from error


def _proven(root: etree._Element, expected: Expected, now: datetime) -> Proven:
    must_have_unique_ids(root)
    if root.get("Version") != "2.0":
        raise SamlRefused("not of version 2.0")
    if root.get("InResponseTo") != expected.request_id:
        raise SamlRefused("an answer to another request")
    if root.get("Destination", expected.acs_url) != expected.acs_url:
        raise SamlRefused("sent to another destination")
    issuer = root.find("saml:Issuer", PREFIXES)
    if issuer is not None and text_of(issuer) != expected.provider.entity_id:
        raise SamlRefused("a response of another issuer")
    if not succeeded(root):
        raise SamlRefused("the provider tells of a failure")
    assertion = _signed_assertion(root, expected.provider)
    _must_be_for_us(assertion, expected, now)
    return _told(assertion, expected)


def _signed_assertion(root: etree._Element, provider: Provider) -> etree._Element:
    """The one assertion, out of what is signed: itself, or the response around it."""
    if next(root.iter(f"{{{SAML}}}EncryptedAssertion"), None) is not None:
        raise SamlRefused("an encrypted assertion, which is not read here")
    # Anywhere, not only where it belongs: the rest is what wrapping attacks are made of.
    everywhere = list(root.iter(f"{{{SAML}}}Assertion"))
    direct = root.findall("saml:Assertion", PREFIXES)
    if len(everywhere) != 1 or len(direct) != 1:
        raise SamlRefused(f"{len(everywhere)} assertions instead of one")
    whole = None
    if signature_of(root) is not None:
        whole = signed(root, provider.certificates)
        if whole.get("Destination") is None:
            raise SamlRefused("a signed response without its destination")
    if signature_of(direct[0]) is not None:
        return signed(direct[0], provider.certificates)
    if whole is None:
        raise SamlRefused("neither the response nor the assertion is signed")
    inside = whole.findall("saml:Assertion", PREFIXES)
    if len(inside) != 1:
        raise SamlRefused("the signed response has no assertion")
    return inside[0]


def _must_be_for_us(assertion: etree._Element, expected: Expected, now: datetime) -> None:
    issuer = assertion.find("saml:Issuer", PREFIXES)
    if issuer is None or text_of(issuer) != expected.provider.entity_id:
        raise SamlRefused("an assertion of another issuer")
    conditions = assertion.findall("saml:Conditions", PREFIXES)
    if len(conditions) != 1:
        raise SamlRefused("an assertion without conditions")
    _must_be_now(conditions[0], now)
    audiences = conditions[0].findall("saml:AudienceRestriction", PREFIXES)
    if not audiences:
        raise SamlRefused("an assertion for everybody")
    for restriction in audiences:
        named = [text_of(each) for each in restriction.findall("saml:Audience", PREFIXES)]
        if expected.our_entity_id not in named:
            raise SamlRefused("an assertion for another audience")
    confirmations = assertion.findall("saml:Subject/saml:SubjectConfirmation", PREFIXES)
    causes = [_why_not_confirmed(each, expected, now) for each in confirmations]
    if not causes or all(causes):
        raise SamlRefused(next(iter(causes), None) or "a subject without confirmation")
    statements = assertion.findall("saml:AuthnStatement", PREFIXES)
    if not statements:
        raise SamlRefused("it does not tell that anybody logged in")
    for statement in statements:
        ends = _moment(statement, "SessionNotOnOrAfter")
        if ends is not None and ends <= now - SKEW:
            raise SamlRefused("the session at the provider is over")


def _why_not_confirmed(
    confirmation: etree._Element, expected: Expected, now: datetime
) -> str | None:
    """Profiles 4.1.4.2: by a bearer, to us, in time, and as the answer to our request."""
    if confirmation.get("Method") != BEARER:
        return "not confirmed by a bearer"
    data = confirmation.find("saml:SubjectConfirmationData", PREFIXES)
    if data is None or data.get("Recipient") != expected.acs_url:
        return "confirmed for another recipient"
    if data.get("InResponseTo") != expected.request_id:
        return "confirmed for another request"
    ends = _moment(data, "NotOnOrAfter")
    if ends is None or ends <= now - SKEW:
        return "confirmed for a time that is over"
    begins = _moment(data, "NotBefore")
    if begins is not None and begins > now + SKEW:
        return "confirmed for a time to come"
    return None


def _must_be_now(conditions: etree._Element, now: datetime) -> None:
    begins, ends = _moment(conditions, "NotBefore"), _moment(conditions, "NotOnOrAfter")
    if begins is not None and begins > now + SKEW:
        raise SamlRefused("not valid yet")
    if ends is not None and ends <= now - SKEW:
        raise SamlRefused("not valid any more")


def _moment(element: etree._Element, attribute: str) -> datetime | None:
    """A time, which is UTC (Core 1.3.3)."""
    text = element.get(attribute)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise SamlRefused(f"{attribute} is no time") from error


def _told(assertion: etree._Element, expected: Expected) -> Proven:
    found = assertion.findall("saml:Subject/saml:NameID", PREFIXES)
    if len(found) > 1:
        raise SamlRefused("two names")
    name_id: dict[str, str] = {}
    if found:
        name_id["value"] = _value(found[0])
        for attribute in NAME_ID_ATTRIBUTES:
            if (value := found[0].get(attribute)) is not None:
                name_id[attribute] = value[:VALUE_MAX]
    for statement in assertion.findall("saml:AuthnStatement", PREFIXES):
        if index := statement.get("SessionIndex"):
            name_id["SessionIndex"] = index[:VALUE_MAX]
    if expected.user_attribute is not None:
        return Proven(_attribute(assertion, expected.user_attribute), name_id)
    if not name_id or name_id.get("Format") == TRANSIENT:
        raise SamlRefused("no name that lasts")
    return Proven(name_id["value"], name_id)


def _attribute(assertion: etree._Element, name: str) -> str:
    """Its only value."""
    values = {
        _value(value)
        for each in assertion.findall("saml:AttributeStatement/saml:Attribute", PREFIXES)
        if name in (each.get("Name"), each.get("FriendlyName"))
        for value in each.findall("saml:AttributeValue", PREFIXES)
    }
    if len(values) != 1:
        raise SamlRefused(f"{len(values)} values of the attribute that names the user")
    return values.pop()


def _value(element: etree._Element) -> str:
    value = text_of(element)
    if not 0 < len(value) <= VALUE_MAX:
        raise SamlRefused("an empty or endless value")
    return value
