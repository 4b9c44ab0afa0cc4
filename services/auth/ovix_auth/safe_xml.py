"""XML that strangers send: no document types, no entities, nothing fetched, bounded.

Comments are dropped while it is read: a comment in the midst of a name would hide its rest from
whoever takes the first text node.
"""

from lxml import etree

XML_MAX_BYTES = 512 * 1024


class BadXml(Exception):
    """Not XML, or not such as is read here."""


def parsed(content: bytes) -> etree._Element:
    """The root element; `BadXml` for anything with a document type."""
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
        raise BadXml(f"{etree.QName(element).localname} has elements where a text belongs")
    return (element.text or "").strip()
