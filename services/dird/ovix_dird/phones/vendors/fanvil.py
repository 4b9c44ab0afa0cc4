"""Fanvil's older series, as the X7C (reference/phoned.md, part B)."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from ..markup import document, element
from ..screens import Notice, Results, Search, Vendor


def _search(screen: Search) -> bytes:
    return document(
        element(
            "FanvilIPPhoneInputScreen",
            None,
            element("Title", screen.labels.search_title),
            element("Prompt", screen.labels.name_or_number),
            element("URL", str(screen.results)),
            element(
                "InputField",
                None,
                element("Prompt", screen.labels.name_or_number),
                element("Parameter", "term"),
                element("Default"),
            ),
        )
    )


def _item(prompt: str, uri: str) -> Element:
    return element("MenuItem", None, element("Prompt", prompt), element("URI", uri))


def _key(name: str, uri: str) -> Element:
    return element("SoftKey", None, element("Name", name), element("URI", uri))


def _keys(page: Results) -> Iterator[Element]:
    if not page.has_pages:
        return
    yield _key(page.labels.dial, "SoftKey:Dial")
    if page.previous is not None:
        yield _key(page.labels.previous_key, str(page.previous))
    yield _key(page.labels.exit, "SoftKey:Exit")
    if page.next is not None:
        yield _key(page.labels.next_key, str(page.next))


def _results(page: Results) -> bytes:
    items = (_item(entry.name, entry.number) for entry in page.shown)
    title = element("Title", page.labels.directory_title)
    return document(element("FanvilIPPhoneDirectory", None, title, *items, *_keys(page)))


def _notice(notice: Notice) -> bytes:
    title = element("Title", notice.labels.directory_title)
    return document(element("FanvilIPPhoneDirectory", None, title, _item(notice.text, "")))


FANVIL = Vendor("fanvil", _results, _notice, search=_search, most=100)
