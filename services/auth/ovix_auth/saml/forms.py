"""The bodies that browsers post for a provider: few fields, each once (SAML Bindings 3.5)."""

from base64 import b64decode
from binascii import Error as NotBase64
from urllib.parse import parse_qsl

from starlette.requests import Request

from .names import SamlRefused

FORM_MAX_BYTES = 512 * 1024
FIELDS_MAX = 10


async def posted(request: Request) -> dict[str, str]:
    """The fields of the body; `SamlRefused` for what is no such form."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise SamlRefused("not a form")
    return fields_of(await request.body())


def fields_of(encoded: bytes) -> dict[str, str]:
    """The fields of a form or a query string."""
    try:
        pairs = parse_qsl(
            encoded.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS_MAX,
            errors="strict",
        )  # fmt: skip
    except ValueError as error:
        raise SamlRefused("not a form of few fields") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise SamlRefused("a field is there twice")
    return fields


def decoded(text: str) -> bytes:
    """Of base64, which some providers break into lines."""
    try:
        return b64decode("".join(text.split()), validate=True)
    except (NotBase64, ValueError) as error:
        raise SamlRefused("not base64") from error
