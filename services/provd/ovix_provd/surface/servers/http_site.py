"""The HTTP requests that plugins get."""

from twisted.web.server import Request

__all__ = ["Request"]
