"""Polycom's microbrowser (reference/phoned.md, part B): HTML that is XML, too."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, indent, tostring

from ..markup import element
from ..screens import Notice, Results, Search, Vendor

_DOCTYPE = (
    b'<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n'
)


def _page(title: str, *content: Element) -> bytes:
    page = element(
        "html",
        None,
        element("head", None, element("title", title)),
        element("body", None, *content),
    )
    indent(page, " ")
    return _DOCTYPE + tostring(page, "unicode").encode() + b"\n"


def _search(screen: Search) -> bytes:
    hidden = (
        element("input", type="hidden", name=name, value=str(value))
        for name, value in screen.results.parameters.items()
    )
    form = element(
        "form",
        None,
        element(
            "p",
            None,
            element("label", screen.labels.name_or_number),
            element("input", type="text", name="term"),
            *hidden,
            element("input", type="submit", value=screen.labels.search),
        ),
        method="GET",
        action=screen.results.address,
    )
    return _page(screen.labels.search_title, form)


def _link(text: str, target: str) -> Element:
    return element("li", None, element("a", text, href=target))


def _items(page: Results) -> Iterator[Element]:
    if page.previous is not None:
        yield _link(f"[{page.labels.previous_page}]", str(page.previous))
    for entry in page.entries:
        yield _link(entry.name, f"tel://{entry.number}")
    if not page.entries:
        yield element("li", page.labels.no_entries)
    if page.next is not None:
        yield _link(f"[{page.labels.next_page}]", str(page.next))


def _results(page: Results) -> bytes:
    return _page(page.labels.directory_title, element("ol", None, *_items(page)))


def _notice(notice: Notice) -> bytes:
    return _page(notice.labels.directory_title, element("p", notice.text))


POLYCOM = Vendor(
    "polycom", _results, _notice, search=_search, media_type="text/html; charset=UTF-8", most=100
)
