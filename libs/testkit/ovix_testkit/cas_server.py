"""A CAS server of the tests' own: it knows which ticket was given to whom, for which service."""

import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

_RESPONSE = '<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">{}</cas:serviceResponse>'


@dataclass
class TestCas:
    """``with TestCas() as cas``: ``tickets`` are taken once; ``says`` answers instead of it."""

    __test__ = False

    tickets: dict[str, tuple[str, str]] = field(default_factory=dict)
    """User and service of each."""
    says: tuple[int, bytes] | None = None
    asked: int = 0
    silent: threading.Event = field(default_factory=threading.Event)
    """While set, nothing is answered."""

    def __enter__(self) -> "TestCas":
        cas = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = cas._answer(self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.silent.clear()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """What the operator writes."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/cas"

    def _answer(self, path: str) -> tuple[int, bytes]:
        self.asked += 1
        while self.silent.is_set():
            time.sleep(0.02)
        if self.says is not None:
            return self.says
        url = urlsplit(path)
        if url.path != "/cas/serviceValidate":
            return 404, b""
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        user, service = self.tickets.pop(asked.get("ticket", ""), ("", ""))
        if not user or service != asked.get("service"):
            return 200, failure_of("INVALID_TICKET")
        return 200, success_of(user)


def success_of(user: str) -> bytes:
    """CAS Protocol, appendix A."""
    told = f"<cas:user>{escape(user)}</cas:user>"
    return _RESPONSE.format(
        f"<cas:authenticationSuccess>{told}</cas:authenticationSuccess>"
    ).encode()


def failure_of(code: str) -> bytes:
    """A failure of that code."""
    return _RESPONSE.format(
        f'<cas:authenticationFailure code="{code}">no</cas:authenticationFailure>'
    ).encode()
