"""structlog and httpx without what they take along: import this before anything imports them.

Where rich, Pygments and Twisted are installed, the two load them for tracebacks, a bridge and a
command line that no service uses: 6 MB in each of them.
"""

import sys

_absent = [name for name in ("pygments", "rich", "twisted") if name not in sys.modules]
sys.modules.update(dict.fromkeys(_absent))  # type: ignore[arg-type]  # importing None fails
try:
    import httpx
    import structlog
finally:
    for name in _absent:
        del sys.modules[name]

__all__ = ["httpx", "structlog"]
