"""What a phone's request says: its language, the text typed into it, where its next step lies."""

from urllib.parse import parse_qsl, quote

from ovix_web import InvalidRequest
from starlette.requests import Request

from .labels import Labels, labels_for
from .screens import Link

BASE = "/0.1"
_MOST_PARAMETERS = 50


def labels_of(request: Request) -> Labels:
    """The words in the phone's language."""
    return labels_for(request.headers.get("Accept-Language"))


def typed(request: Request, name: str, decoded: str) -> str:
    """The parameter as it was typed: phones send UTF-8, old ones Latin-1.

    ``decoded`` is what the framework made of it, with a replacement for each byte that is no UTF-8.
    """
    if "\ufffd" in decoded:
        query: bytes = request.scope["query_string"]
        try:
            parameters = parse_qsl(
                query.decode("latin-1"),
                keep_blank_values=True,
                encoding="latin-1",
                max_num_fields=_MOST_PARAMETERS,
            )
        except ValueError as error:
            raise InvalidRequest(f"at most {_MOST_PARAMETERS} parameters are allowed") from error
        given = dict(parameters)
        raw = given.get(name, "").encode("latin-1")
        try:
            decoded = raw.decode()
        except UnicodeDecodeError:
            decoded = raw.decode("latin-1")
    return " ".join(decoded.split())


def link_to(request: Request, *path: str) -> Link:
    """An address below ``/0.1`` of the server, as the phone calls it."""
    server = request.scope.get("server") or ("localhost", None)
    host = request.headers.get("host") or str(server[0])
    segments = "/".join(quote(segment, safe="") for segment in path)
    return Link(f"{request.scope['scheme']}://{host}{BASE}/{segments}")
