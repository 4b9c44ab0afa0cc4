"""XML that strangers send: no document types, no entities, nothing fetched, bounded.

Comments are dropped while it is read: a comment in the midst of a name would hide its rest from
whoever takes the first text node. What is answered is made here too: lxml takes 5 MB, and is loaded
with the first XML, which most installations never see.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml import etree

XML_MAX_BYTES = 512 * 1024


class BadXml(Exception):
    """Not XML, or not such as is read here."""


def parsed(content: bytes) -> etree._Element:
    """The root element; `BadXml` for anything with a document type."""
    from lxml import etree

    if len(content) > XML_MAX_BYTES:
        raise BadXml(f"longer than {XML_MAX_BYTES} bytes")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadXml(f"no XML: {str(error)[:200]}") from error
    told = root.getroottree().docinfo
    if told.internalDTD is not None or told.externalDTD is not None or told.doctype:
        raise BadXml("with a document type")
    if any(True for _ in root.iter(etree.Entity)):
        raise BadXml("with entities")
    return root


def text_of(element: etree._Element) -> str:
    """All of its text, without the blanks around; `BadXml` for one with elements inside."""
    if len(element):
        name = str(element.tag).rpartition("}")[2]
        raise BadXml(f"{name} has elements where a text belongs")
    return (element.text or "").strip()


def made(name: str, attributes: Mapping[str, str], prefixes: Mapping[str, str]) -> etree._Element:
    """A root element; names are ``{namespace}local``."""
    from lxml import etree

    return etree.Element(name, dict(attributes), dict(prefixes))


def added(
    parent: etree._Element, name: str, attributes: Mapping[str, str] | None = None, text: str = ""
) -> etree._Element:
    """A new last child of an element."""
    from lxml import etree

    child = etree.SubElement(parent, name, dict(attributes or {}))
    child.text = text or None
    return child


def written(root: etree._Element) -> bytes:
    """As bytes without a declaration, on one line."""
    from lxml import etree

    return etree.tostring(root)


def document(root: etree._Element) -> bytes:
    """As a file that people read too."""
    from lxml import etree

    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
