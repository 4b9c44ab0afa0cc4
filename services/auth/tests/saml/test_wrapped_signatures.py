"""What is signed vouches for nothing that is wrapped around it (signature wrapping, XSW)."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from lxml import etree
from ovix_testkit.saml_provider import (
    DS,
    SAML,
    SAMLP,
    assertion_of,
    posted,
)

from .refusals import EVE, eve, is_good_after_all, is_refused

__all__ = ["eve"]


def _evil(signed: etree._Element) -> etree._Element:
    """The signed assertion as a forger wants it to be, without the signature."""
    evil = deepcopy(signed)
    evil.set("ID", "_evil")
    name = evil.find(f".//{{{SAML}}}NameID")
    assert name is not None
    name.text = EVE
    for signature in evil.findall(f"{{{DS}}}Signature"):
        evil.remove(signature)
    return evil


def _beside(root: etree._Element, signed: etree._Element) -> None:
    """XSW3: the forged assertion before the signed one."""
    root.insert(root.index(signed), _evil(signed))


def _behind(root: etree._Element, signed: etree._Element) -> None:
    """The forged assertion after the signed one."""
    root.append(_evil(signed))


def _around(root: etree._Element, signed: etree._Element) -> None:
    """XSW4: the signed assertion inside the forged one."""
    evil = _evil(signed)
    root.replace(signed, evil)
    evil.append(signed)


def _in_its_own_signature(root: etree._Element, signed: etree._Element) -> None:
    """XSW6: the forged assertion carries the signature, which holds the signed one."""
    evil = _evil(signed)
    signature = signed.find(f"{{{DS}}}Signature")
    assert signature is not None
    root.replace(signed, evil)
    evil.insert(1, signature)
    etree.SubElement(signature, f"{{{DS}}}Object").append(signed)


def _in_extensions(root: etree._Element, signed: etree._Element) -> None:
    """XSW7: the signed assertion where anything may be."""
    root.replace(signed, _evil(signed))
    etree.SubElement(root, f"{{{SAMLP}}}Extensions").append(signed)


def _under_its_name(root: etree._Element, signed: etree._Element) -> None:
    """Both have the signed one's ID."""
    evil = _evil(signed)
    evil.set("ID", str(signed.get("ID")))
    root.insert(root.index(signed), evil)


def _moved_signature(root: etree._Element, signed: etree._Element) -> None:
    """XSW5: the signature in the forged assertion, the signed one elsewhere."""
    evil = _evil(signed)
    signature = signed.find(f"{{{DS}}}Signature")
    assert signature is not None
    root.replace(signed, evil)
    evil.insert(1, signature)
    root.append(signed)


def _same_name_elsewhere(root: etree._Element, signed: etree._Element) -> None:
    """The forged one under the signed ID, the signed one under an attribute that is read first."""
    evil = _evil(signed)
    evil.set("ID", str(signed.get("ID")))
    signature = signed.find(f"{{{DS}}}Signature")
    assert signature is not None
    root.replace(signed, evil)
    evil.insert(1, signature)
    signed.set("Id", str(signed.attrib.pop("ID")))
    etree.SubElement(root, f"{{{SAMLP}}}Extensions").append(signed)


WRAPPINGS: list[Callable[[etree._Element, etree._Element], None]] = [
    _beside, _behind, _around, _in_its_own_signature, _in_extensions, _under_its_name,
    _moved_signature, _same_name_elsewhere,
]  # fmt: skip


@pytest.mark.parametrize("wrap", WRAPPINGS, ids=lambda each: each.__name__)
async def test_a_signed_assertion_does_not_vouch_for_another_one(
    wrap: Callable[[etree._Element, etree._Element], None], browser: Any
) -> None:
    begun = await browser.begin()
    root = browser.provider.response(begun.asked)
    browser.provider.sign(assertion_of(root))
    wrap(root, assertion_of(root))
    await is_refused(browser, begun, posted(root))
    await is_good_after_all(browser, begun)


@pytest.mark.parametrize("inside", [True, False], ids=["XSW1", "XSW2"])
async def test_a_signed_response_does_not_vouch_for_another_one(inside: bool, browser: Any) -> None:
    begun = await browser.begin()
    root = browser.provider.response(begun.asked)
    browser.provider.sign(root)
    evil = deepcopy(root)
    evil.set("ID", "_evil")
    name = evil.find(f".//{{{SAML}}}NameID")
    signature = evil.find(f"{{{DS}}}Signature")
    assert name is not None
    assert signature is not None
    name.text = EVE
    if inside:
        etree.SubElement(signature, f"{{{DS}}}Object").append(root)
    else:
        etree.SubElement(evil, f"{{{SAMLP}}}Extensions").append(root)
    await is_refused(browser, begun, posted(evil))
    await is_good_after_all(browser, begun)
