"""What a back end is: a way to prove who is logging in (reference/auth.md, A4).

Packages offer back ends by entry points of the group ``ovix_auth.backends``: the entry point's name
is the back end's, and its value a `BackendFactory`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ovix_web import Sessions

from ..holders import Holder
from ..settings import AuthSettings

GROUP = "ovix_auth.backends"


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """What else a back end may look at: where a login comes from, and the rest of its body."""

    address: str
    user_agent: str | None = None
    mobile: bool = False
    """Whether a telephone's application asks (``Wazo-Session-Type: mobile``)."""
    extras: Mapping[str, Any] = field(default_factory=dict)
    """Members of the body that POST /token itself does not know."""
    token_text: Callable[[Holder, int], str] | None = None
    """Writes the token for a holder and a lifetime in seconds, where it shall not be a UUID."""
    nonce_optional: bool = False
    """Whether an ID token may come without the nonce it was asked for with (XUC's clients)."""


class Refused(Exception):
    """The login is not proven. ``cause`` is one word for the log; the client never sees it.

    ``is_guess`` tells whether it counts against the account and the address: a server that is away
    is nobody's guess.
    """

    def __init__(self, cause: str, *, is_guess: bool = True) -> None:
        super().__init__(cause)
        self.cause = cause
        self.is_guess = is_guess


class NotConfigured(Exception):
    """The back end is installed and not wanted here: the setting named has no value."""


class Backend(Protocol):
    """Proves logins. It is asked by many requests at once, and must not block the event loop."""

    async def verify(self, login: str, password: str, request: LoginRequest) -> Holder:
        """Whom this login and password belong to; `Refused` when they are no one's.

        Both may be empty. An unknown login must take as long as a wrong password.
        """
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a back end may use."""

    sessions: Sessions
    settings: AuthSettings


class BackendFactory(Protocol):
    """Makes a back end when auth starts. One that raises leaves it named, and refusing."""

    def __call__(self, surroundings: Surroundings, /) -> Backend: ...


__all__ = [
    "GROUP",
    "Backend",
    "BackendFactory",
    "LoginRequest",
    "NotConfigured",
    "Refused",
    "Surroundings",
]
