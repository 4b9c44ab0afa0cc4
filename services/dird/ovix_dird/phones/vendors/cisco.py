"""Cisco 79xx, SPA and multiplatform phones (reference/phoned.md, part B)."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from ..markup import document, element
from ..screens import Menu, Notice, Results, Vendor
from .query_page import query_page

MOST_ENTRIES = 32
"""Of a directory object (Cisco Unified IP Phone Services: CiscoIPPhoneDirectory)."""


def _menu(screen: Menu) -> bytes:
    item = element(
        "MenuItem",
        None,
        element("Name", screen.labels.directory_title),
        element("URL", str(screen.search)),
    )
    return document(element("CiscoIPPhoneMenu", None, item))


def _key(name: str, url: str, position: int) -> Element:
    return element(
        "SoftKeyItem",
        None,
        element("Name", name),
        element("URL", url),
        element("Position", str(position)),
    )


def _keys(page: Results) -> Iterator[Element]:
    """Phones show keys of their own unless there are any; so all are named, or none."""
    if not page.has_pages:
        return
    yield _key(page.labels.dial, "SoftKey:Dial", 1)
    if page.previous is not None:
        yield _key(page.labels.previous_key, str(page.previous), 2)
    yield _key(page.labels.exit, "SoftKey:Exit", 3)
    if page.next is not None:
        yield _key(page.labels.next_key, str(page.next), 4)


def _results(page: Results) -> bytes:
    entries = (
        element(
            "DirectoryEntry",
            None,
            element("Name", entry.name),
            element("Telephone", entry.number),
        )
        for entry in page.shown
    )
    return document(element("CiscoIPPhoneDirectory", None, *entries, *_keys(page)))


def _notice(notice: Notice) -> bytes:
    return document(
        element(
            "CiscoIPPhoneText",
            None,
            element("Title", notice.labels.directory_title),
            element("Prompt"),
            element("Text", notice.text),
        )
    )


CISCO = Vendor(
    "cisco",
    _results,
    _notice,
    search=query_page("CiscoIPPhoneInput"),
    menu=_menu,
    most=MOST_ENTRIES,
)
