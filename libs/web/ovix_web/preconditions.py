"""Tags of items, so that nobody overwrites what he has not seen (RFC 9110, 8.8.3 and 13.1)."""

import re
from hashlib import blake2b

from starlette.requests import Request

from .errors import PreconditionFailed

_TAG = re.compile(r'(W/)?("[^"]*")')


def tag_of(content: bytes) -> str:
    """The strong tag of what an item is shown as."""
    return f'"{blake2b(content, digest_size=12).hexdigest()}"'


def is_known(request: Request, tag: str) -> bool:
    """Whether ``If-None-Match`` names the item's tag: the client has it already."""
    given = request.headers.get("if-none-match")
    if given is None:
        return False
    return given.strip() == "*" or any(found[1] == tag for found in _TAG.findall(given))


def demands(request: Request) -> bool:
    """Whether the item must be one that ``If-Match`` names; ``*`` names whatever there is."""
    return request.headers.get("if-match", "*").strip() != "*"


def check(request: Request, tag: str, title: str) -> None:
    """Refuse with 412 an item whose tag ``If-Match`` does not name; weak tags name nothing."""
    named = [found[1] for found in _TAG.findall(request.headers["if-match"]) if not found[0]]
    if tag not in named:
        raise PreconditionFailed(title=title)
