"""Phones that read one plain list, and find in it by themselves (reference/phoned.md, part B).

Thomson and Technicolor, Yealink, Htek, and Fanvil's newer series. They follow no links: who wants
other pages asks by ``offset``.
"""

from collections.abc import Callable
from xml.etree.ElementTree import Element

from ..markup import document, element
from ..screens import Entry, Notice, Results, Vendor

LIST_MOST = 250
"""Entries of a list when the phone names no ``limit``: more than this fills some phones' memory."""

WrittenEntry = Callable[[Entry], Element]


def _named(entry: Entry, telephone: str) -> Element:
    return element(
        "DirectoryEntry", None, element("Name", entry.name), element("Telephone", telephone)
    )


def _plain(entry: Entry) -> Element:
    return _named(entry, entry.number)


def _dialled(entry: Entry) -> Element:
    return _named(entry, f"Dial:{entry.number}" if entry.number else "")


def _of_fanvil(entry: Entry) -> Element:
    written = _plain(entry)
    written.extend(
        [
            element("Mobile"),
            element("Other"),
            element("Ring", "Default"),
            element("Group"),
        ]
    )
    return written


def _vendor(name: str, root: str, entry: WrittenEntry, page_size: int = LIST_MOST) -> Vendor:
    def results(page: Results) -> bytes:
        return document(element(root, None, *map(entry, page.shown)))

    def notice(shown: Notice) -> bytes:
        return document(element(root, None, entry(Entry(shown.text, ""))))

    return Vendor(name, results, notice, page_size=page_size, linked=False)


THOMSON = _vendor("thomson", "ThomsonPhoneBook", _dialled, page_size=8)
YEALINK = _vendor("yealink", "YealinkIPPhoneDirectory", _plain)
HTEK = _vendor("htek", "PhoneDirectory", _plain)
FANVIL_V2 = _vendor("fanvil-v2", "PhoneBook", _of_fanvil)
