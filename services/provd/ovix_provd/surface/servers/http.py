"""HTTP services of plugins (reference/provd/http-tftp.md, 1)."""

from pathlib import Path
from typing import Any

from twisted.web import http, resource, static
from twisted.web.pages import errorPage, forbidden
from twisted.web.resource import IResource, Resource
from twisted.web.server import Request

from ..below import resolved_below


class HTTPNoListingFileService(static.File):
    """The files below a directory, to GET; directories are not listed.

    A derived class may have ``path_preprocess(request)``, which is called before the file is looked
    up and may change the request's ``path`` and ``postpath``.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.root = Path(path)

    def getChild(self, path: bytes, request: Request) -> Any:
        """What lies at one segment of the path; nothing where that is outside the directory."""
        if b"\0" in path:
            return self.childNotFound
        child: Any = super().getChild(path, request)  # type: ignore[no-untyped-call]
        if isinstance(child, static.File) and not resolved_below(self.root, child.path):
            return self.childNotFound
        return child

    def createSimilarFile(self, path: Any) -> "HTTPNoListingFileService":
        """A file below, which is served by the same rules."""
        child = HTTPNoListingFileService(path)
        child.root = self.root
        child.indexNames, child.childNotFound = self.indexNames, self.childNotFound
        return child

    def directoryListing(self) -> Any:
        """In place of a list."""
        return forbidden("Directory listing not permitted.")

    def render(self, request: Any) -> Any:
        """Refuse everything but GET."""
        if request.method != b"GET":
            request.setHeader(b"allow", b"GET")
            page = errorPage(
                http.NOT_ALLOWED, "Method Not Allowed", "The requested method is not allowed."
            )
            return page.render(request)
        return self.render_GET(request)  # type: ignore[no-untyped-call]


class HTTPHookService(Resource):
    """A service in front of another; derived classes override `_pre_handle`."""

    def __init__(self, service: IResource) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._service = service

    def _pre_handle(self, path: bytes, request: Request) -> None:
        """Called before the other service is asked."""

    def getChild(self, path: bytes, request: Request) -> Any:
        """The other service's answer to the whole path."""
        self._pre_handle(path, request)
        assert request.prepath is not None
        assert request.postpath is not None
        request.postpath.insert(0, request.prepath.pop())
        return resource.getChildForRequest(self._service, request)
