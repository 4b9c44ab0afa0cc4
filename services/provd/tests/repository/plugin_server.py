"""A server of plugins over HTTP, which is a proxy as well."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import orjson
from ovix_provd.plugins import Document


@dataclass
class PluginServer:
    """What it has, and what it was asked for."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    index: dict[str, Document] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """What was asked for: a path, or through the proxy a whole URL."""
    goes_on: threading.Event = field(default_factory=threading.Event)
    """Archives are sent to their half; the rest waits for this."""

    def offer(self, plugin_id: str, archive: bytes, version: str = "1.0", **entry: Any) -> str:
        """Have a package; the name of its archive."""
        filename = f"{plugin_id}-{version}.tar.bz2"
        self.files[f"/plugins/{filename}"] = archive
        self.index[plugin_id] = {
            "filename": filename,
            "version": version,
            "description": "Acme's phones",
            "description_fr": "Les téléphones d'Acme",
            "capabilities": {},
            "dsize": len(archive),
            "sha1sum": sha1(archive).hexdigest(),
            **entry,
        }
        self.files["/plugins/plugins.db"] = orjson.dumps(self.index)
        return filename


@contextmanager
def plugin_server() -> Iterator[PluginServer]:
    """One that listens."""
    told = PluginServer()
    told.goes_on.set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append(self.path)
            content = told.files.get(urlsplit(self.path).path)
            if content is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2])
            self.wfile.flush()
            told.goes_on.wait(20)
            self.wfile.write(content[len(content) // 2 :])

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        listening.daemon_threads = True
        told.url = f"http://127.0.0.1:{listening.server_address[1]}/plugins/"
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield told
        told.goes_on.set()
        listening.shutdown()
