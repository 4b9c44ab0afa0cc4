"""A bare Twisted static-file server to compare with: ``python -m bench.phones_floor DIR``."""

import sys

from twisted.internet import reactor
from twisted.web.server import Site
from twisted.web.static import File


def main(directory: str) -> None:
    """Serve until told to stop; says its port first."""
    running: object = reactor
    port = running.listenTCP(0, Site(File(directory)), interface="127.0.0.1")  # type: ignore[attr-defined]
    print(port.getHost().port, flush=True)
    running.run()  # type: ignore[attr-defined]


if __name__ == "__main__":
    main(sys.argv[1])
