"""The login and password of a request (RFC 7617, Basic)."""

import binascii
from base64 import b64decode
from typing import NamedTuple

from fastapi import Request
from fastapi.openapi.models import HTTPBase
from fastapi.security.base import SecurityBase

LOGIN_MAX = 254
"""No account or user can have a longer login."""


class Credentials(NamedTuple):
    """As sent; both empty when nothing usable was sent."""

    login: str
    password: str

    @property
    def possible(self) -> bool:
        """Whether a login could be like this at all; an empty one is for back ends to judge."""
        return len(self.login) <= LOGIN_MAX and "\x00" not in self.login


NOBODY = Credentials("", "")


def credentials_of(header: str | None) -> Credentials:
    """UTF-8, or Latin-1 for clients that still send that (reference/auth.md, C2)."""
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return NOBODY
    try:
        decoded = b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return NOBODY
    try:
        text = decoded.decode("utf-8")
    except UnicodeDecodeError:
        text = decoded.decode("latin-1")
    login, colon, password = text.partition(":")
    return Credentials(login, password) if colon else NOBODY


class BasicHeader(SecurityBase):
    """The dependency that reads them; what can't be read is refused as a wrong password is."""

    def __init__(self) -> None:
        self.model = HTTPBase(scheme="basic")
        self.scheme_name = "basic"

    async def __call__(self, request: Request) -> Credentials:
        """The credentials of the request."""
        return credentials_of(request.headers.get("Authorization"))
