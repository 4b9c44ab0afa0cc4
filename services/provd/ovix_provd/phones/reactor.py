"""Twisted's reactor on the running event loop, which stays asyncio's to run and to stop."""

import asyncio
import sys
from typing import Any

from twisted.internet import asyncioreactor, main


def running_reactor() -> Any:
    """The reactor of the running loop, which Twisted itself uses from then on.

    What of Twisted imports the reactor is of that loop too: it sends bodies by turns of it.
    """
    loop = asyncio.get_running_loop()
    installed: Any = sys.modules.get("twisted.internet.reactor")
    if installed is not None and getattr(installed, "_asyncioEventloop", None) is loop:
        return installed
    reactor = asyncioreactor.AsyncioSelectorReactor(loop)
    if installed is not None:
        # That of a loop which ended.
        del sys.modules["twisted.internet.reactor"]
    main.installReactor(reactor)
    # The loop runs already, and signals are the service's own.
    reactor.startRunning(installSignalHandlers=False)
    return reactor
