"""What plugins make of requests, remembered: phones ask for the same files again and again.

An extractor sees the request alone, so the same request tells the same, until plugins change.
"""

import hashlib
from collections import OrderedDict

import orjson

from ..plugins import HttpRequest, Plugin, PluginSet, TftpRequest
from .identification import Info, Named, named_in, told

MOST_REMEMBERED = 32_768
_OF_ONE_REQUEST = frozenset({
    b"connection", b"if-modified-since", b"if-none-match", b"if-range", b"range",
    b"x-forwarded-for",
})  # fmt: skip


class Extraction:
    """What requests tell: of their phone, and after which devices their file is named."""

    def __init__(self, plugins: PluginSet) -> None:
        self._plugins = plugins
        self._of: tuple[Plugin, ...] = ()
        self._remembered: OrderedDict[bytes, str] = OrderedDict()

    async def of(self, request: HttpRequest | TftpRequest) -> tuple[Info, Named]:
        """Both of a request; not to be changed."""
        plugins = tuple(self._plugins.values())
        if plugins != self._of:
            self._of = plugins
            self._remembered.clear()
        key = _key(request)
        known = None if key is None else self._remembered.get(key)
        if key is not None and known is not None:
            self._remembered.move_to_end(key)
            info, macs, uuids, too_many = orjson.loads(known)
            return info, Named(tuple(macs), tuple(uuids), too_many)
        named = named_in(request)
        found = told(await self._plugins.identify(request), request.ip)
        if key is not None and plugins == self._of:
            # As one text each, which takes no more than its length; orjson's bytes do.
            text = orjson.dumps((found, named.macs, named.uuids, named.too_many))
            self._remembered[key] = text.decode()
            if len(self._remembered) > MOST_REMEMBERED:
                self._remembered.popitem(last=False)
        return found, named


def _key(request: HttpRequest | TftpRequest) -> bytes | None:
    """What tells requests apart, in few bytes; None for one with a body."""
    if isinstance(request, TftpRequest):
        parts: object = (request.ip, request.filename, request.mode, request.options)
    elif request.body:
        return None
    else:
        headers = [each for each in request.headers if each[0].lower() not in _OF_ONE_REQUEST]
        parts = (request.ip, request.method, request.uri, headers)
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).digest()
