"""``/0.1/config`` and ``/0.1/status`` (reference/auth.md, C3)."""

import logging
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

from ovix_web import Operation
from ovix_web.bodies import Schema, Strict
from ovix_web.work import Work
from pydantic import Field, RootModel, SecretStr
from sqlalchemy import text

_DEBUGGED = ("asyncio", "uvicorn")
"""Loggers that tell more by /debug: of all libraries' those that write neither SQL nor headers."""
_HIDDEN = "(hidden)"


class Change(Schema):
    """An operation of a JSON patch (RFC 6902)."""

    op: Literal["replace"]
    path: Literal["/debug", "/profiling_enabled"]
    value: Strict


class Changes(RootModel[list[Change]]):
    """A JSON patch."""

    root: list[Change] = Field(max_length=100)


class ConfigRead(Schema):
    """What this process runs with; its settings under their own names, secrets hidden."""

    debug: bool
    profiling_enabled: bool = Field(description="Kept and shown; nothing is profiled")
    settings: dict[str, Any]


def _plain(value: Any) -> Any:
    """JSON of a setting, without what is secret in it."""
    if isinstance(value, SecretStr):
        return _HIDDEN
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, str) and "://" in value:
        return _without_password(value)
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _without_password(url: str) -> str:
    """Without password and query, where some drivers take one too."""
    parts = urlsplit(url)
    if parts.password is None and not parts.query:
        return url
    host = parts.netloc.rpartition("@")[2]
    user = f"{parts.username}:{_HIDDEN}@" if parts.password is not None else ""
    return urlunsplit((parts.scheme, user + host, parts.path, "", ""))


def _shown(work: Work) -> dict[str, Any]:
    state = work.request.app.state
    settings = state.settings
    return {
        "debug": logging.getLogger(_DEBUGGED[0]).level == logging.DEBUG,
        "profiling_enabled": getattr(state, "profiling_enabled", False),
        "settings": {name: _plain(getattr(settings, name)) for name in type(settings).model_fields},
    }


async def get_config(work: Work) -> Any:
    """For tokens of no entity: it is the whole installation's."""
    work.must_reach(None)
    return _shown(work)


async def patch_config(work: Work) -> Any:
    """Of the process that answers, until it ends."""
    work.must_reach(None)
    for change in (await work.body(Changes)).root:
        if change.path == "/debug":
            for name in _DEBUGGED:
                level = logging.DEBUG if change.value else logging.NOTSET
                logging.getLogger(name).setLevel(level)
        else:
            work.request.app.state.profiling_enabled = change.value
    return _shown(work)


async def status(work: Work) -> None:
    """503 where the database does not answer, by the error that gives."""
    await work.session.execute(text("SELECT 1"))


OPERATIONS = (
    Operation(
        "GET", "/config", "get_config", get_config, ("auth.config.read",), answer=ConfigRead,
        example={"settings": {"port": 9497}}, summary="What this process runs with, no secrets",
    ),
    Operation(
        "PATCH", "/config", "patch_config", patch_config, ("auth.config.update",),
        body=Changes, body_example=[{"op": "replace", "path": "/debug", "value": True}],
        answer=ConfigRead, example={"settings": {"port": 9497}},
        summary="Replace /debug or /profiling_enabled, until the process ends",
    ),
    Operation(
        "HEAD", "/status", "check_status", status, None,
        summary="200 where tokens can be given, else 503",
        described={"responses": {"503": {"description": "Service Unavailable"}}},
    ),
)  # fmt: skip
"""What is routed."""
