"""Aastra 67xx and 68xx, Mitel 68xx and 69xx (reference/phoned.md, part B)."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from ..markup import document, element
from ..screens import Notice, Results, Search, Vendor

MOST_ITEMS = 30
"""Of a text menu, with those that lead to other pages (Aastra's XML API)."""


def _search(screen: Search) -> bytes:
    return document(
        element(
            "AastraIPPhoneInputScreen",
            None,
            element("Title", screen.labels.search_title),
            element("Prompt", screen.labels.name_or_number),
            element("URL", str(screen.results)),
            element("Parameter", "term"),
            type="string",
            editable="yes",
        )
    )


def _item(prompt: str, uri: str) -> Element:
    return element("MenuItem", None, element("Prompt", prompt), element("URI", uri))


def _items(page: Results) -> Iterator[Element]:
    if page.previous is not None:
        yield _item(page.labels.previous_page, str(page.previous))
    for entry in page.shown:
        yield _item(entry.name, f"Dial:{entry.number}" if entry.number else "")
    if page.next is not None:
        yield _item(page.labels.next_page, str(page.next))


def _results(page: Results) -> bytes:
    title = element("Title", page.labels.directory_title)
    return document(
        element(
            "AastraIPPhoneTextMenu",
            None,
            title,
            *_items(page),
            style="none",
            destroyOnExit="yes",
        )
    )


def _notice(notice: Notice) -> bytes:
    return document(
        element(
            "AastraIPPhoneTextScreen",
            None,
            element("Title", notice.labels.directory_title),
            element("Text", notice.text),
            destroyOnExit="yes",
        )
    )


AASTRA = Vendor("aastra", _results, _notice, search=_search, most=MOST_ITEMS - 2)
MITEL = Vendor("mitel", _results, _notice, search=_search, most=MOST_ITEMS - 2)
