"""The process itself: what it may use, where its output goes, when it ends."""

import asyncio
import contextlib
import ctypes
import faulthandler
import io
import json
import logging
import os
import resource
import signal
import socket
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TextIO

from ..channel import Channel
from ..status import StatusPage
from . import MEMORY_VARIABLE, THREADS_STUCK
from .hidden import hidden
from .python2 import Translator

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of <linux/prctl.h>
TICKS_EVERY_S = 0.5
THREADS = 20
_STACK = 1 << 20
THREADS_STUCK_AFTER_S = 60.0
"""With all of them busy; a plugin that waits for a phone has half of that."""
_LONGEST_LINE = 4000


def run(connection: int, page: int, parent: int, cache_dir: str) -> None:
    """Answer calls until the service hangs up."""
    _limited(parent)
    for descriptor in (connection, page):
        os.set_inheritable(descriptor, False)
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    # Stacks count as data, whether they are used or not.
    threading.stack_size(_STACK)
    loop = asyncio.new_event_loop()
    # Of these, installations of firmware may hold some for long.
    loop.set_default_executor(ThreadPoolExecutor(THREADS))
    asyncio.set_event_loop(loop)
    from twisted.internet import asyncioreactor

    asyncioreactor.install(loop)
    from twisted.internet import reactor

    status = StatusPage(page)
    channel = _channel(status, Path(cache_dir) if cache_dir else None)
    connected = socket.socket(fileno=connection)
    connected.setblocking(False)

    def start() -> None:
        _tick(loop, status, loop.time())
        task = loop.create_task(loop.create_unix_connection(lambda: channel, sock=connected))
        task.add_done_callback(lambda _: status.tick())

    reactor.callWhenRunning(start)
    reactor.suggestThreadPoolSize(THREADS)
    reactor.run(installSignalHandlers=False)  # type: ignore[misc, call-arg]  # not in its interface


def _channel(status: StatusPage, cache_dir: Path | None) -> Channel:
    from ...surface import install, synchronize
    from .application import Application
    from .calls import Calls
    from .firmware import Firmware

    install()
    application = Application()
    firmware = Firmware()
    calls = Calls(status, application, firmware, Translator(cache_dir))
    _log_to_stderr(calls)
    # Threads of plugins may never end, so there is nothing to wait for.
    channel = Channel(calls.do, lambda method, arguments: None, lambda: os._exit(0))
    application.connect(channel)
    firmware.connect(channel)
    synchronize.set_notifier(application.notify)
    return channel


def _tick(loop: asyncio.AbstractEventLoop, status: StatusPage, busy_since: float) -> None:
    status.tick()
    now = loop.time()
    if not _all_threads_busy():
        busy_since = now
    elif now - busy_since > THREADS_STUCK_AFTER_S:
        # Nothing ends a thread, and those who wait for one would wait for ever.
        os._exit(THREADS_STUCK)
    loop.call_later(TICKS_EVERY_S, _tick, loop, status, busy_since)


def _all_threads_busy() -> bool:
    from twisted.internet import reactor

    pool = reactor.getThreadPool()
    return bool(len(pool.working) >= pool.max)


def _limited(parent: int) -> None:
    """End with the service however it ends, and before the machine's memory does."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("500")
    limit = int(os.environ.get(MEMORY_VARIABLE, "0"))
    if limit:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


# ---- the log -------------------------------------------------------------------------------------


class _Lines(logging.Formatter):
    """A line of JSON for each record, so that no message can pretend to be another."""

    def __init__(self, calls: Any) -> None:
        super().__init__()
        self._calls = calls

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _short(record),
        }
        plugin = getattr(record, "plugin", None) or self._calls.running_plugin()
        if plugin:
            told["plugin"] = plugin
        if record.exc_info:
            told["trace"] = self._trace(record.exc_info)
        return json.dumps(told)

    def _trace(self, failure: Any) -> str:
        """Where it failed. Lines of templates are left out: what they hold is the operator's."""
        frames = traceback.extract_tb(failure[2])
        shown = [
            each
            if each.filename.endswith(".py")
            else traceback.FrameSummary(each.filename, each.lineno or 0, each.name, line="")
            for each in frames
        ]
        return hidden("".join(traceback.format_list(shown)))[-_LONGEST_LINE:]


def _short(record: logging.LogRecord) -> str:
    try:
        return hidden(record.getMessage())[:_LONGEST_LINE]
    except Exception:
        return f"a message that can't be formatted: {record.msg!r:.200}"


class _Printed(io.TextIOBase):
    """What plugins print, without secrets."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(hidden(text))
        return len(text)

    def flush(self) -> None:
        self._stream.flush()

    def fileno(self) -> int:
        return self._stream.fileno()


def _log_to_stderr(calls: Any) -> None:
    from twisted.python.log import PythonLoggingObserver

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines(calls))
    sys.stdout, sys.stderr = _Printed(sys.stdout), _Printed(sys.stderr)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.raiseExceptions = False
    PythonLoggingObserver("plugins").start()
