"""What every REST service needs: application, settings, errors, tokens, paging, health."""

from . import loading  # noqa: I001 - before anything
from . import without_extras  # noqa: F401 - before the others, which import structlog
from .acl import matches
from .app import create_app, create_app_beside, running
from .database import DbSession, Sessions, open_engine
from .database_errors import is_away
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
from .operations import Operation
from .paging import Page, page_of
from .renderers import confd_errors, object_errors, text_errors, token_errors
from .responses import OrjsonResponse
from .serve import Listener, run, serve
from .settings import ServiceSettings, own
from .tokens import Identity, TokenGuard, access, authorized, hash_of, token_of
from .work import Work

__all__ = [
    "ApiError",
    "DbSession",
    "FieldError",
    "Identity",
    "InvalidRequest",
    "Listener",
    "Operation",
    "OrjsonResponse",
    "Overloaded",
    "Page",
    "Problem",
    "ServiceSettings",
    "Sessions",
    "TokenGuard",
    "Unauthorized",
    "Unavailable",
    "Work",
    "access",
    "answers",
    "authorized",
    "confd_errors",
    "create_app",
    "create_app_beside",
    "hash_of",
    "is_away",
    "matches",
    "object_errors",
    "open_engine",
    "own",
    "page_of",
    "run",
    "running",
    "serve",
    "still_at_work",
    "text_errors",
    "token_errors",
    "token_of",
]

loading.ended()
