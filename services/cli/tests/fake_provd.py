"""A provd made from reference/provd/rest-api.md, with operations that go as a test says."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx

MEDIA_TYPE = "application/vnd.proformatique.provd+json"
Document = dict[str, Any]
STARTING = {
    "/pg_mgr/install/update", "/pg_mgr/install/install", "/pg_mgr/install/upgrade",
    "/dev_mgr/synchronize",
}  # fmt: skip


def found(documents: Iterator[Document] | list[Document], selector: Document) -> list[Document]:
    """Equality and ``$in``, which is all that the console's own selectors use."""

    def holds(document: Document, key: str, wanted: Any) -> bool:
        if isinstance(wanted, dict):
            return document.get(key) in wanted["$in"]
        return bool(document.get(key) == wanted)

    return [
        each for each in documents if all(holds(each, *condition) for condition in selector.items())
    ]


@dataclass
class FakeProvd:
    """Answers `httpx.Client`s by ``transport``."""

    devices: dict[str, Document] = field(default_factory=dict)
    configs: dict[str, Document] = field(default_factory=dict)
    installed: dict[str, Document] = field(default_factory=dict)
    installable: dict[str, Document] = field(default_factory=dict)
    packages: dict[str, Document] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=lambda: {"locale": None})
    statuses: tuple[str, ...] = ("waiting", "install|progress(download|progress;1/2)", "success")
    """What each operation tells, one after the other."""
    has_selections: bool = True
    broken: set[str] = field(default_factory=set)
    """Devices whose plugin fails."""
    asked: list[str] = field(default_factory=list)
    """Method, path and id of each request that changes something."""
    tokens: set[str] = field(default_factory=set)
    operations: dict[str, list[str]] = field(default_factory=dict)
    report: Document | None = None

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.tokens.add(request.headers.get("X-Auth-Token", ""))
        path = request.url.path.removeprefix("/provd")
        if request.method in ("POST", "PUT"):
            if request.headers["Content-Type"] != MEDIA_TYPE:
                return httpx.Response(415, text="Entity must be in media type")
            body = json.loads(request.content)
        else:
            body = {}
        if request.method != "GET":
            named = body.get("id") or body.get("action") or ""
            self.asked.append(f"{request.method} {path} {named}".strip())
        for handle in (self._operation, self._device, self._config, self._plugin, self._parameter):
            answer = handle(request, path, body)
            if answer is not None:
                return answer
        return httpx.Response(404, text="No such resource")

    def _start(self, path: str, statuses: tuple[str, ...]) -> httpx.Response:
        location = f"/provd{path}/{len(self.operations) + 1}"
        self.operations[location] = list(statuses)
        return httpx.Response(201, headers={"Location": location})

    def _operation(self, request: httpx.Request, path: str, body: Any) -> httpx.Response | None:
        location = request.url.path
        if request.method == "POST" and path == "/dev_mgr/selections" and self.has_selections:
            ids = body.get("ids")
            if ids is None:
                ids = [each["id"] for each in found(list(self.devices.values()), body["q"])]
            failures = [
                {"id": each, "reason": "no"}
                for each in ids
                if each in self.broken or each not in self.devices
            ]
            self.report = {"total": len(ids), "failed": len(failures), "failures": failures}
            state = "fail" if failures else "success"
            end = f"{body['action']}|{state};{len(ids)}/{len(ids)}"
            return self._start(path, (f"{body['action']}|progress;0/{len(ids)}", end))
        if request.method == "POST" and (path in STARTING or path.endswith("/install/install")):
            failing = body.get("id") in self.broken
            return self._start(path, ("fail",) if failing else self.statuses)
        if location.endswith("/report"):
            return httpx.Response(200, json={"report": self.report})
        if location in self.operations:
            if request.method == "DELETE":
                del self.operations[location]
                return httpx.Response(204)
            told = self.operations[location]
            status = told.pop(0) if len(told) > 1 else told[0]
            return httpx.Response(200, json={"status": status})
        return None

    def _device(self, request: httpx.Request, path: str, body: Any) -> httpx.Response | None:
        if path == "/dev_mgr/reconfigure":
            device = self.devices.get(body["id"])
            if device is None:
                return httpx.Response(400, text="no such device")
            device["configured"] = body["id"] not in self.broken
            return httpx.Response(204)
        return self._documents(request, path, body, "/dev_mgr/devices", self.devices, "device")

    def _config(self, request: httpx.Request, path: str, body: Any) -> httpx.Response | None:
        if path == "/cfg_mgr/autocreate":
            made = "autoprov1" if "autoprov" in self.configs else None
            return httpx.Response(201, json={"id": made})
        if path.endswith("/raw"):
            config = self.configs[path.split("/")[-2]]
            return httpx.Response(200, json={"raw_config": {"ip": "x", **config["raw_config"]}})
        return self._documents(request, path, body, "/cfg_mgr/configs", self.configs, "config")

    def _documents(
        self,
        request: httpx.Request,
        path: str,
        body: Any,
        base: str,
        known: dict[str, Document],
        key: str,
    ) -> httpx.Response | None:
        if path == base and request.method == "GET":
            selector = json.loads(parse_qs(request.url.query.decode()).get("q", ["{}"])[0])
            documents = found(list(known.values()), selector)
            return httpx.Response(200, json={f"{key}s": documents})
        if path == base:
            document = {"id": f"made{len(known)}", **body[key]}
            known[document["id"]] = document
            return httpx.Response(201, json={"id": document["id"]})
        name = path.removeprefix(f"{base}/")
        if not path.startswith(f"{base}/") or name not in known:
            return None
        if request.method == "GET":
            return httpx.Response(200, json={key: known[name]})
        if request.method == "DELETE":
            del known[name]
        else:
            known[name] = body[key]
        return httpx.Response(204)

    def _plugin(self, request: httpx.Request, path: str, body: Any) -> httpx.Response | None:
        lists = {
            "/pg_mgr/install/installed": self.installed,
            "/pg_mgr/install/installable": self.installable,
            "/pg_mgr/plugins/p/install/installable": self.packages,
            "/pg_mgr/plugins/p/install/installed": {},
        }
        if path in lists:
            return httpx.Response(200, json={"pkgs": lists[path]})
        if path in ("/pg_mgr/reload", "/pg_mgr/install/uninstall"):
            if body["id"] not in self.installed:
                return httpx.Response(400, text="plugin not installed")
            if path.endswith("uninstall"):
                del self.installed[body["id"]]
            return httpx.Response(204)
        if path == "/pg_mgr/plugins/p/info":
            return httpx.Response(200, json={"plugin_info": self.installed["p"]})
        return None

    def _parameter(self, request: httpx.Request, path: str, body: Any) -> httpx.Response | None:
        name = path.removeprefix("/configure/")
        if path == "/configure":
            shown = [
                {"id": key, "description": key.upper(), "value": value}
                for key, value in self.parameters.items()
            ]
            return httpx.Response(200, json={"params": shown})
        if name not in self.parameters:
            return None
        if request.method == "GET":
            return httpx.Response(200, json={"param": {"value": self.parameters[name]}})
        self.parameters[name] = body["param"]["value"]
        return httpx.Response(204)
