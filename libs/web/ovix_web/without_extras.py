"""structlog and httpx without what they take along: import this before anything imports them.

They load rich, Pygments and Twisted for tracebacks, a bridge and a command line: 6 MB in each
service.
"""

from .absent import absent

with absent("pygments", "rich", "twisted"):
    import httpx
    import structlog

__all__ = ["httpx", "structlog"]
