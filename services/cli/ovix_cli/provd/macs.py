"""Hardware addresses in the forms that people write."""

import re

from ovix_cli.home import CliError

_PARTS = re.compile(r"[0-9a-f]{1,2}(?:([:-])[0-9a-f]{1,2})(?:\1[0-9a-f]{1,2}){4}")
_PLAIN = re.compile(r"[0-9a-f]{12}")


def norm_mac(text: str) -> str:
    """Lower case, with colons (reference/provd/data-model.md, 1)."""
    given = text.strip().lower()
    if _PLAIN.fullmatch(given):
        parts = [given[at : at + 2] for at in range(0, 12, 2)]
    elif _PARTS.fullmatch(given):
        parts = re.split("[:-]", given)
    else:
        raise CliError(f"no hardware address: {text!r}")
    return ":".join(part.zfill(2) for part in parts)
