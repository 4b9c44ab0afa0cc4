"""provd's REST API, as the console needs it; what it refuses becomes a readable error."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx

from ovix_cli.home import CliError

from .status import Status, parsed

MEDIA_TYPE = "application/vnd.proformatique.provd+json"
BASE = "/provd"
FIRST_POLL_S = 0.05
Document = dict[str, Any]
Show = Callable[[Status], None]


class NotThere(CliError):
    """provd has nothing under that path."""


@dataclass
class Options:
    """What the console's user may set (reference/provd/cli.md, 3)."""

    search_description: bool = True
    search_case_sensitive: bool = False
    op_progress: bool = True
    op_async: bool = False
    oip_update_interval: float = 1.0


class Provd:
    """One provd. ``display`` gives what shows the progress of an operation while it is entered."""

    def __init__(
        self,
        client: httpx.Client,
        options: Options,
        display: Callable[[str], AbstractContextManager[Show]],
    ) -> None:
        self._client, self.options, self._display = client, options, display

    def get(self, path: str, key: str, **query: Any) -> Any:
        """What an answer carries under its key."""
        asked = {name: value for name, value in query.items() if value is not None}
        return self._json(self._request("GET", path, query=asked)).get(key)

    def post(self, path: str, body: Document) -> Document:
        """The answer's object; empty where there is none."""
        answer = self._request("POST", path, body)
        return self._json(answer) if answer.content else {}

    def put(self, path: str, body: Document) -> None:
        """Replace."""
        self._request("PUT", path, body)

    def delete(self, path: str) -> None:
        """Remove."""
        self._request("DELETE", path)

    def operate(self, label: str, path: str, body: Document) -> None:
        """Begin an operation and wait until it is over; raises `CliError` when it fails."""
        with self.begun(path, body) as location:
            status = self.followed(label, location)
        if status is not None and status.state == "fail":
            raise CliError(f"{label}: failed; provd's log tells why")

    @contextmanager
    def begun(self, path: str, body: Document) -> Iterator[str]:
        """Begin an operation, whose location this is; it is forgotten at the end, or at Ctrl-C."""
        location = self._request("POST", path, body).headers.get("Location", "")
        if not location.startswith("/"):
            raise CliError(f"POST {path} told of no operation")
        try:
            yield str(location)
        finally:
            if not self.options.op_async:
                with suppress(CliError):
                    self._request("DELETE", location)

    def followed(self, label: str, location: str) -> Status | None:
        """How it ended, shown as it goes; None for who does not want to wait."""
        if self.options.op_async:
            return None
        status = None
        with self._display(label) if self.options.op_progress else _silence() as show:
            for status in self._statuses(location):
                show(status)
        return status

    def _statuses(self, location: str) -> Iterator[Status]:
        pause_s = FIRST_POLL_S
        while True:
            text = str(self._json(self._request("GET", location)).get("status"))
            try:
                status = parsed(text)
            except ValueError as error:
                raise CliError(f"GET {location}: {error}") from error
            yield status
            if status.is_over:
                return
            time.sleep(min(pause_s, self.options.oip_update_interval))
            pause_s *= 2

    def _request(
        self,
        method: str,
        path: str,
        body: Document | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        url = path if path.startswith(f"{BASE}/") else BASE + path
        headers = {} if body is None else {"Content-Type": MEDIA_TYPE}
        content = None if body is None else json.dumps(body).encode()
        try:
            answer = self._client.request(
                method, url, content=content, params=query, headers=headers
            )
        except httpx.TransportError as error:
            raise CliError(f"provd does not answer at {self._client.base_url}: {error}") from error
        if answer.is_error:
            reason = f"{method} {url} answered {answer.status_code}: {answer.text.strip()[:500]}"
            raise (NotThere if answer.status_code in (404, 405) else CliError)(reason)
        return answer

    @staticmethod
    def _json(answer: httpx.Response) -> Document:
        try:
            value = answer.json()
        except ValueError as error:
            raise CliError(f"{answer.request.url} answered no JSON") from error
        if not isinstance(value, dict):
            raise CliError(f"{answer.request.url} answered no JSON object")
        return value


@contextmanager
def _silence() -> Iterator[Show]:
    yield lambda status: None
