"""The search page of Cisco's phones, whose form Snom took over (reference/phoned.md, part B)."""

from collections.abc import Callable

from ..markup import document, element
from ..screens import Search


def query_page(root: str) -> Callable[[Search], bytes]:
    """The page below that element: the phone adds what is typed to the URL, as ``term``."""

    def written(screen: Search) -> bytes:
        return document(
            element(
                root,
                None,
                element("Title", screen.labels.search_title),
                element("Prompt", screen.labels.name_or_number),
                element("URL", str(screen.results)),
                element(
                    "InputItem",
                    None,
                    element("DisplayName", screen.labels.name_or_number),
                    element("QueryStringParam", "term"),
                    element("DefaultValue"),
                    element("InputFlags", "A"),
                ),
            )
        )

    return written
