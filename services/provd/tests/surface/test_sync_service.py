"""The service that packages before 2017 notify phones with, from threads of their own."""

import subprocess
import sys

import pytest

PROGRAM = """
import asyncio
from twisted.internet import asyncioreactor
asyncioreactor.install(asyncio.new_event_loop())
from twisted.internet import defer, reactor, threads
from ovix_provd.surface import synchronize

told = []

def notify(device, event, variables):
    told.append((dict(device), event, variables))
    done = defer.Deferred()
    if "ip" in device and device["ip"] == "10.0.0.9":
        reactor.callLater(0, done.errback, RuntimeError("nobody there"))
    else:
        reactor.callLater(0, done.callback, None)
    return done

synchronize.set_notifier(notify)
service = synchronize.get_sync_service()

def in_thread():
    service.sip_notify("10.0.0.2", "check-sync")
    service.sip_notify_by_ip("10.0.0.3", "check-sync", ["A=b"])
    service.sip_notify_by_peer("abc", "check-sync")
    try:
        service.sip_notify("10.0.0.9", "check-sync")
    except RuntimeError as error:
        return str(error)

def start():
    try:
        service.sip_notify("10.0.0.2", "x")
    except RuntimeError as error:
        print(error)
    threads.deferToThread(in_thread).addCallback(print).addBoth(lambda _: reactor.stop())

reactor.callWhenRunning(start)
reactor.run()
print(service.TYPE, told)
"""


@pytest.mark.timeout(60)
def test_old_packages_notify_from_a_thread_and_wait() -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=50, check=True
    )
    assert run.stdout.splitlines() == [
        "sip_notify waits, and so must be called in a thread",
        "nobody there",
        "AsteriskAMI [({'ip': '10.0.0.2'}, 'check-sync', ()),"
        " ({'ip': '10.0.0.3'}, 'check-sync', ('A=b',)),"
        " ({'remote_state_sip_username': 'abc'}, 'check-sync', ()),"
        " ({'ip': '10.0.0.9'}, 'check-sync', ())]",
    ]
