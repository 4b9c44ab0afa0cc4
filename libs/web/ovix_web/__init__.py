"""What every REST service needs: application, settings, errors, tokens, paging, health."""

from .acl import matches
from .app import create_app, running
from .database import DbSession, Sessions, open_engine
from .errors import (
    ApiError,
    FieldError,
    InvalidRequest,
    Overloaded,
    Problem,
    Unauthorized,
    Unavailable,
)
from .middlewares import still_at_work
from .openapi import answers
from .paging import Page, paging
from .renderers import confd_errors, object_errors, token_errors
from .responses import OrjsonResponse
from .serve import Listener, run, serve
from .settings import ServiceSettings, own
from .tokens import Identity, TokenGuard, access, authorized, hash_of

__all__ = [
    "ApiError",
    "DbSession",
    "FieldError",
    "Identity",
    "InvalidRequest",
    "Listener",
    "OrjsonResponse",
    "Overloaded",
    "Page",
    "Problem",
    "ServiceSettings",
    "Sessions",
    "TokenGuard",
    "Unauthorized",
    "Unavailable",
    "access",
    "answers",
    "authorized",
    "confd_errors",
    "create_app",
    "hash_of",
    "matches",
    "object_errors",
    "open_engine",
    "own",
    "paging",
    "run",
    "running",
    "serve",
    "still_at_work",
    "token_errors",
]
