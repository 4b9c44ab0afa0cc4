"""Gigaset's DECT bases, N510 to N870 (reference/phoned.md, part B).

They ask by ``set_first``, ``first`` and ``count``, and are told where in the whole they are.
"""

from xml.etree.ElementTree import Element

from ..markup import document, element
from ..screens import Entry, Notice, Results, Vendor
from .flat import LIST_MOST


def _entry(entry: Entry) -> Element:
    first, _, rest = entry.name.partition(" ")
    return element(
        "entry",
        None,
        element("ln", rest),
        element("fn", first),
        element("hm", entry.number),
        id=entry.number,
    )


def _list(*entries: Element, total: int, first: int, last: int) -> bytes:
    return document(
        element(
            "list",
            None,
            *entries,
            response="get_list",
            type="pr",
            total=str(total),
            first=str(first),
            last=str(last),
        )
    )


def _results(page: Results) -> bytes:
    last = page.offset + len(page.entries) if page.next is not None else page.total
    return _list(*map(_entry, page.entries), total=page.total, first=page.offset + 1, last=last)


def _notice(notice: Notice) -> bytes:
    told = element("entry", None, element("ln", notice.text), element("fn"), element("hm"), id="0")
    return _list(told, total=1, first=1, last=1)


GIGASET = Vendor("gigaset", _results, _notice, page_size=LIST_MOST)
