"""Pure ASGI layers around the routes: request id, log, figures, time limit, body limit."""

import asyncio
import re
import time
from collections.abc import Mapping
from uuid import uuid4

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .addresses import client_address, scheme_told
from .errors import ApiError, BodyTooLarge, BodyTooSlow, InvalidRequest, TimedOut, UrlTooLong
from .failures import unexpected_problem
from .metrics import Metrics
from .renderers import Renderer
from .responses import problem_response
from .settings import ServiceSettings

log = structlog.get_logger("ovix_web.requests")

PATH_MAX = 2000
_ACCEPTABLE_ID = re.compile(rb"[A-Za-z0-9._:/+=-]{1,128}")
_SECRET_PARAMETERS = frozenset({"token"})
UNKNOWN_ROUTE = "(unknown)"
_DEADLINE = "ovix.deadline"
_QUIET_ROUTES = frozenset({"/metrics", "/status", "/health/live", "/health/ready"})


def route_template(scope: Scope) -> str:
    """``/1.1/users/{user_id}``; requests that match no route share one name."""
    return getattr(scope.get("route"), "path_format", None) or UNKNOWN_ROUTE


def _shown_path(scope: Scope, template: str) -> str:
    """The path for the log; a token in it is hidden, an unknown path is not shown at all."""
    if template == UNKNOWN_ROUTE:
        return UNKNOWN_ROUTE
    path = str(scope["path"])
    values: Mapping[str, object] = scope.get("path_params") or {}
    for name in _SECRET_PARAMETERS & values.keys():
        path = path.replace(str(values[name]), "(hidden)")
    return path


def _url_error(scope: Scope) -> ApiError | None:
    """What is wrong with a URL whatever its route is."""
    if len(scope["path"]) > PATH_MAX:
        return UrlTooLong(limit=PATH_MAX)
    if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
        return InvalidRequest("NUL characters are not allowed in the URL")
    return None


def still_at_work(request: Request) -> None:
    """Start the request's time limit anew: whoever does much in parts says so after each one."""
    deadline: asyncio.Timeout = request.scope[_DEADLINE]
    limit_s: float = request.app.state.settings.request_timeout_s
    deadline.reschedule(asyncio.get_running_loop().time() + limit_s)


class ClientTooSlow(Exception):
    """The client does not take what is sent to it."""


class _Answer:
    """Sends the answer with its request's id. Once it has begun, only each part is timed.

    An answer may go on for hours (events, exports), as long as the client takes it.
    """

    def __init__(self, send: Send, request_id: str, part_timeout_s: float) -> None:
        self._send = send
        self._id_header = (b"x-request-id", request_id.encode("ascii"))
        self._part_timeout_s = part_timeout_s
        self.status = 0
        self.deadline: asyncio.Timeout | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), self._id_header]
        elif message.get("more_body"):
            if self.deadline is not None:
                self.deadline.reschedule(None)
            try:
                async with asyncio.timeout(self._part_timeout_s):
                    return await self._send(message)
            except TimeoutError as error:
                raise ClientTooSlow from error
        await self._send(message)


class RequestScope:
    """The outermost layer: gives the request its id, and answers whatever nobody foresaw."""

    def __init__(
        self, app: ASGIApp, settings: ServiceSettings, render: Renderer, metrics: Metrics
    ) -> None:
        self.app = app
        self.settings = settings
        self.render = render
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started_at = time.perf_counter()
        request_id = next(
            (
                value.decode("ascii")
                for name, value in scope["headers"]
                if name == b"x-request-id" and _ACCEPTABLE_ID.fullmatch(value)
            ),
            "",
        ) or str(uuid4())
        scope["ovix.client"] = client_address(scope, self.settings.trusted_proxies)
        scope["scheme"] = scheme_told(scope, self.settings.trusted_proxies) or scope["scheme"]
        context = structlog.contextvars.bind_contextvars(request_id=request_id)
        answer = _Answer(send, request_id, self.settings.body_timeout_s)
        self.metrics.running.inc()
        try:
            await self._run(scope, receive, answer, request_id)
        finally:
            seconds = time.perf_counter() - started_at
            self.metrics.running.dec()
            self._account(scope, answer.status or 499, seconds)
            structlog.contextvars.reset_contextvars(**context)

    async def _run(
        self, scope: Scope, receive: Receive, answer: "_Answer", request_id: str
    ) -> None:
        limit_s = self.settings.request_timeout_s
        try:
            refused = _url_error(scope)
            if refused is not None:
                problem = refused.problem()
                return await problem_response(problem, self.render)(scope, receive, answer)
            async with asyncio.timeout(limit_s) as answer.deadline:
                scope[_DEADLINE] = answer.deadline
                await self.app(scope, receive, answer)
        except ClientTooSlow:
            log.info("client_too_slow", route=route_template(scope))
        except TimeoutError:
            if answer.status or not (answer.deadline and answer.deadline.expired()):
                raise
            log.warning("request_timed_out", route=route_template(scope), seconds=limit_s)
            problem = TimedOut(seconds=limit_s).problem()
            await problem_response(problem, self.render)(scope, receive, answer)
        except Exception:
            log.exception("request_crashed", route=route_template(scope))
            if answer.status:
                raise
            problem = unexpected_problem(request_id)
            await problem_response(problem, self.render)(scope, receive, answer)

    def _account(self, scope: Scope, status: int, seconds: float) -> None:
        template = route_template(scope)
        method = scope["method"] if template != UNKNOWN_ROUTE else "any"
        self.metrics.requests.labels(method, template, str(status)).inc()
        self.metrics.seconds.labels(method, template).observe(seconds)
        if self.settings.access_log and template not in _QUIET_ROUTES:
            log.info(
                "request_answered",
                method=scope["method"],
                path=_shown_path(scope, template),
                status=status,
                ms=round(seconds * 1000, 1),
                client=scope["ovix.client"],
                who=scope.get("ovix.auth_id"),
            )


class BodyLimit:
    """Refuses a body that is too large before it is read, and one that comes too slowly."""

    def __init__(
        self,
        app: ASGIApp,
        settings: ServiceSettings,
        render: Renderer,
        larger: Mapping[str, int],
    ) -> None:
        self.app = app
        self.usual = settings.max_body_bytes
        self.larger = larger
        self.seconds = settings.body_timeout_s
        self.render = render

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            return await self.app(scope, receive, send)
        limit = max(self.usual, self.larger.get(scope["path"], 0))
        announced = next(
            (value for name, value in scope["headers"] if name == b"content-length"), b""
        )
        if announced.isdigit() and int(announced) > limit:
            problem = BodyTooLarge(limit=limit).problem()
            return await problem_response(problem, self.render)(scope, receive, send)
        read = 0
        complete = False
        give_up_at = asyncio.get_running_loop().time() + self.seconds

        async def limited() -> Message:
            nonlocal read, complete
            if complete:
                return await receive()
            try:
                async with asyncio.timeout_at(give_up_at):
                    message = await receive()
            except TimeoutError as error:
                raise HTTPException(
                    408, str(BodyTooSlow(seconds=self.seconds)), {"Connection": "close"}
                ) from error
            read += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if read > limit:
                # HTTPException, because the framework passes no other through its body parser.
                raise HTTPException(413, str(BodyTooLarge(limit=limit)))
            return message

        await self.app(scope, limited, send)
