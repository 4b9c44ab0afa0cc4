"""Links to a contact's page elsewhere (a CRM's), for screen pops. Pure.

``https://crm.example/contacts/{id}?tel={number}``: fields between braces, percent-encoded. Scheme
and host are the template's own (reference/crm.md, 6.2).
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

_HOST = re.compile(r"https?://[^{}/?#\s]+(?:[/?#]|$)")
_FIELD = re.compile(r"\{([^{}]+)\}")


def is_link_template(template: str) -> bool:
    """Whether it names a host by itself, and every brace has its other."""
    rest = _FIELD.sub("", template)
    return _HOST.match(template) is not None and "{" not in rest and "}" not in rest


def contact_link(template: str, fields: Mapping[str, Any], entry_id: str | None) -> str:
    """The link of one contact; ``{source_entry_id}`` is its id, a missing field is empty."""
    known = {**fields, "source_entry_id": entry_id}

    def value(match: re.Match[str]) -> str:
        found = known.get(match[1])
        return "" if found is None else quote(str(found), safe="", errors="replace")

    return _FIELD.sub(value, template)
