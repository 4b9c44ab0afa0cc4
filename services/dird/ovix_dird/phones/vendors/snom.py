"""Snom's minibrowser, in both forms (reference/phoned.md, part B).

``snom`` is what 16.16 answers; ``snom-menu`` is the menu of later releases, whose entries dial at
once, and is what phones with a firmware of 10 and later get under the name ``snom``, too.
"""

import re
from collections.abc import Iterator
from urllib.parse import quote
from xml.etree.ElementTree import Element

from ..markup import document, element
from ..screens import Notice, Results, Search, Vendor
from .query_page import query_page

_TOKEN = "__X__"  # noqa: S105 - stands in the URL for what is typed
_FIRMWARE = re.compile(r"snom\w*-SIP\s+(\d{1,3})\.", re.IGNORECASE)
_FIRST_WITH_MENU = 10


def _search_by_token(screen: Search) -> bytes:
    return document(
        element(
            "SnomIPPhoneInput",
            None,
            element("Title", screen.labels.search_title),
            element("Prompt", screen.labels.name_or_number),
            element("Url", str(screen.results.having(term=_TOKEN))),
            element(
                "InputItem",
                None,
                element("DisplayName", screen.labels.name_or_number),
                element("InputToken", _TOKEN),
                element("DefaultValue"),
                element("InputFlags", "a"),
            ),
        )
    )


def _key(label: str, url: str, name: str) -> Element:
    return element(
        "SoftKeyItem",
        None,
        element("Name", name),
        element("Label", label),
        element("URL", url),
    )


def _keys(page: Results) -> Iterator[Element]:
    if page.previous is not None:
        yield _key(page.labels.previous_key, str(page.previous), "F2")
    if page.next is not None:
        yield _key(page.labels.next_key, str(page.next), "F4")


def _directory(page: Results) -> bytes:
    entries = (
        element(
            "DirectoryEntry",
            None,
            element("Name", entry.name),
            element("Telephone", entry.number),
        )
        for entry in page.shown
    )
    return document(element("SnomIPPhoneDirectory", None, *entries, *_keys(page)))


def _menu_item(name: str, number: str) -> Element:
    dialled = quote(number, safe="*+")
    item = element("MenuItem", name=name)
    item.append(element("Url", f"snom://mb_nop#numberdial={dialled}" if number else ""))
    item.append(element("ExtraText", number))
    return item


def _menu(page: Results) -> bytes:
    items = (_menu_item(entry.name, entry.number) for entry in page.shown)
    title = element("Title", page.labels.directory_title)
    return document(element("SnomIPPhoneMenu", None, title, *items, *_keys(page)))


def _notice(notice: Notice) -> bytes:
    return document(
        element(
            "SnomIPPhoneText",
            None,
            element("Title", notice.labels.directory_title),
            element("Text", notice.text),
        )
    )


SNOM = Vendor("snom", _directory, _notice, search=query_page("SnomIPPhoneInput"), most=100)
SNOM_MENU = Vendor("snom-menu", _menu, _notice, search=_search_by_token, most=100)


def form_for(user_agent: str) -> Vendor:
    """The form that the phone's firmware is given."""
    found = _FIRMWARE.search(user_agent)
    return SNOM_MENU if found and int(found[1]) >= _FIRST_WITH_MENU else SNOM
