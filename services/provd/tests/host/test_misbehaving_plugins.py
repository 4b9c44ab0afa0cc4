"""Plugins that block, leak, exit, babble: what they do to themselves, and to nobody else."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from ovix_provd.host.client import PluginHost
from ovix_provd.host.limits import HostLimits
from ovix_provd.host.metrics import HostMetrics
from ovix_provd.host.process import at_work, resident_bytes
from ovix_provd.plugins import HttpRequest, PluginError, PluginTimeout
from prometheus_client import CollectorRegistry

from .conftest import Hosts, short_limits
from .stranger import misbehaving_package, python3_package

DEVICE = {"id": "d1", "mac": "00:11:22:33:44:55", "model": "P30"}
RAW_CONFIG = {"ip": "192.0.2.1", "http_port": 8667, "tftp_port": 69}
ASKED = HttpRequest("10.0.0.5", b"GET", b"/x", ((b"User-Agent", b"Acme P30 2.0"),))


def configuring(packages: Path, what: str, plugin_id: str = "bad", head: str = "") -> Path:
    """A plugin that does that when it configures a phone."""
    body = "def configure(self, device, raw_config):\n"
    body += "".join(f"    {line}\n" for line in what.splitlines())
    return misbehaving_package(packages, plugin_id, body, head)


def shown_of(host: PluginHost) -> dict[str, float]:
    """What operators see of it."""
    registry = CollectorRegistry()
    registry.register(HostMetrics(host))
    shown = {}
    for sample in (sample for metric in registry.collect() for sample in metric.samples):
        labels = ",".join(f"{name}={value}" for name, value in sample.labels.items())
        shown[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return shown


async def until(condition: Callable[[], object], within_s: float = 60.0) -> None:
    """Wait for something that happens by itself."""
    ends = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < ends, "it did not happen"
        await asyncio.sleep(0.02)


def is_there(pid: int) -> bool:
    """Whether there is such a process, dead ones that nobody asked after left out."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children_of(pid: int) -> list[int]:
    """The processes that it started."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize(
    "what",
    [
        "time.sleep(3600)",
        "while True: pass",
        "re.match(r'(a+)+$', 'a' * 60 + '!')",
        "import threading; threading.Lock().acquire(); threading.Event().wait()",
    ],
    ids=["sleeps", "loops", "backtracks", "waits"],
)
async def test_a_plugin_that_blocks_is_stopped_and_others_go_on(
    hosts: Hosts, packages: Path, what: str
) -> None:
    host = await hosts()
    good = python3_package(packages)
    await host.load(good.name, good)
    await host.load("bad", configuring(packages, what))
    blocked = asyncio.create_task(host["bad"].configure(DEVICE, RAW_CONFIG))
    await asyncio.sleep(0)
    # Asked while the host can't answer, answered by the next one.
    asked = asyncio.create_task(host.identify(ASKED))
    with pytest.raises(PluginTimeout, match="longer than 3 s"):
        await blocked
    assert (await asked)["vendor"] == "Acme"
    assert host.deaths == 1
    assert sorted(host) == ["bad", good.name]
    await host[good.name].configure(DEVICE, RAW_CONFIG)


async def test_a_plugin_that_waits_for_a_processor_is_not_guilty(
    hosts: Hosts, packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes longer than it may, as all processors were busy with others."""
    monkeypatch.setattr("ovix_provd.host.process.at_work", lambda pid: (True, 0.0))
    host = await hosts()
    await host.load("slow", configuring(packages, "time.sleep(4)", "slow"))
    await host["slow"].configure(DEVICE, RAW_CONFIG)
    assert host.deaths == 0


async def test_it_is_seen_who_runs_and_how_long() -> None:
    runs, used_s = at_work(os.getpid())
    assert (runs, used_s > 0) == (True, True)
    sleeper = await asyncio.create_subprocess_exec("sleep", "60")
    await until(lambda: not at_work(sleeper.pid)[0])
    sleeper.kill()
    await sleeper.wait()
    assert at_work(sleeper.pid) == (False, 0.0)


async def test_an_extractor_that_blocks_is_left_out_of_the_answer(
    hosts: Hosts, packages: Path
) -> None:
    """A13, for one that does worse than raise."""
    host = await hosts()
    body = """
        class http_dev_info_extractor:
            @staticmethod
            def extract(request, request_type):
                re.match(r'(a+)+$', 'a' * 60 + '!')
    """
    good = python3_package(packages)
    await host.load(good.name, good)
    await host.load("bad", misbehaving_package(packages, "bad", body))
    found = await host.identify(ASKED)
    assert (found["vendor"], host.deaths) == ("Acme", 1)


async def test_who_takes_the_host_down_repeatedly_is_put_out_of_service(
    hosts: Hosts, packages: Path
) -> None:
    host = await hosts(HostLimits(restart_after_s=(0.0,)))
    good = python3_package(packages)
    await host.load(good.name, good)
    bad = configuring(packages, "os._exit(7)")
    await host.load("bad", bad)
    for _ in range(3):
        with pytest.raises(PluginError, match="exited with 7"):
            await host["bad"].configure(DEVICE, RAW_CONFIG)
    with pytest.raises(PluginError, match="out of service"):
        await host["bad"].configure(DEVICE, RAW_CONFIG)
    assert host.deaths == 3
    shown = shown_of(host)
    assert shown["ovix_provd_plugin_host_deaths_total"] == 3
    assert shown["ovix_provd_plugin_out_of_service{plugin=bad}"] == 1
    assert shown[f"ovix_provd_plugin_out_of_service{{plugin={good.name}}}"] == 0
    await host[good.name].configure(DEVICE, RAW_CONFIG)
    (bad / "entry.py").write_text((bad / "entry.py").read_text().replace("os._exit(7)", "pass"))
    await host.load("bad", bad)
    await host["bad"].configure(DEVICE, RAW_CONFIG)
    shown = shown_of(host)
    assert shown["ovix_provd_plugin_host_up"] == 1
    assert shown["ovix_provd_plugin_host_resident_bytes"] > 1 << 20
    assert shown["ovix_provd_plugin_out_of_service{plugin=bad}"] == 0


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("sys.exit('enough')", "SystemExit: enough"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise ValueError('x' * 50_000_000)", "ValueError: x+…"),
        ("raise type('Odd', (Exception,), {'__str__': lambda self: 1 / 0})()", "Odd: no message"),
        ("1 / 0", r"ZeroDivisionError: division by zero \(entry\.py, line \d+\)"),
        ("def f(): f()\nf()", "RecursionError"),
        ("'\\udcff'.encode()", "UnicodeEncodeError"),
    ],
    ids=["exit", "interrupt", "long", "odd", "raise", "recursion", "surrogate"],
)
async def test_what_a_plugin_raises_is_told_in_a_line(
    host: PluginHost, packages: Path, what: str, reason: str
) -> None:
    await host.load("bad", configuring(packages, what))
    with pytest.raises(PluginError, match=reason) as caught:
        await host["bad"].configure(DEVICE, RAW_CONFIG)
    assert len(str(caught.value)) < 1100


@pytest.mark.parametrize(
    "what",
    [
        "self.kept = []\nwhile True: self.kept.append(bytearray(1 << 20))",
        "self.kept = bytearray(1 << 40)",
        "self.kept = [bytearray(os.urandom(1 << 20)) for _ in range(150)]",
    ],
    ids=["for ever", "at once", "and returns"],
)
async def test_a_plugin_that_leaks_is_stopped(hosts: Hosts, packages: Path, what: str) -> None:
    host = await hosts(HostLimits(memory_bytes=160 << 20))
    good = python3_package(packages)
    await host.load(good.name, good)
    await host.load("bad", configuring(packages, what))
    with suppress(PluginError):
        await host["bad"].configure(DEVICE, RAW_CONFIG)
    await until(lambda: host.deaths == 1)
    await host[good.name].configure(DEVICE, RAW_CONFIG)
    assert host.pid is not None
    assert resident_bytes(host.pid) < 160 << 20


async def test_output_of_plugins_is_log_and_nothing_else(
    host: PluginHost, packages: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    head = "import logging\nlog = logging.getLogger('plugin.bad')"
    what = "\n".join(
        [
            "print('printed words')",
            "os.write(1, b'\\xff\\x00\\x00\\x01 garbage\\n' * 100)",
            "sys.stderr.write('half a line')",
            "log.warning('logged %s', 'words')",
            "log.warning('logged badly %d', 'x')",
        ]
    )
    await host.load("bad", configuring(packages, what, head=head))
    await host["bad"].configure(DEVICE, RAW_CONFIG)
    assert await host["bad"].trigger_filename(DEVICE) is None


async def test_a_flood_of_output_does_not_stop_the_service(hosts: Hosts, packages: Path) -> None:
    host = await hosts(short_limits(restart_after_s=(0.0,)))
    await host.load("bad", configuring(packages, "while True: print('x' * 100)"))
    with pytest.raises(PluginTimeout):
        await host["bad"].configure(DEVICE, RAW_CONFIG)
    await until(lambda: host.pid is not None)


async def test_a_deferred_that_never_fires_fails_alone(host: PluginHost, packages: Path) -> None:
    body = """
        def synchronize(self, device, raw_config):
            return defer.Deferred()
    """

    async def notify(device: object, variables: object) -> None:
        raise AssertionError

    await host.load("bad", misbehaving_package(packages, "bad", body))
    with pytest.raises(PluginTimeout, match="synchronizing took longer than 4 s"):
        await host["bad"].synchronize(DEVICE, RAW_CONFIG, notify)


async def test_a_thread_that_holds_the_interpreter_is_ended_with_the_host(
    hosts: Hosts, packages: Path
) -> None:
    host = await hosts()
    body = """
        def synchronize(self, device, raw_config):
            return threads.deferToThread(re.match, r'(a+)+$', 'a' * 60 + '!')
    """

    async def notify(device: object, variables: object) -> None:
        raise AssertionError

    await host.load("bad", misbehaving_package(packages, "bad", body))
    with pytest.raises(PluginError):
        await host["bad"].synchronize(DEVICE, RAW_CONFIG, notify)
    await until(lambda: host.deaths >= 1 and host.pid is not None)


async def test_who_closes_the_connection_ends_the_host(hosts: Hosts, packages: Path) -> None:
    host = await hosts()
    good = python3_package(packages)
    await host.load(good.name, good)
    await host.load("bad", configuring(packages, "os.closerange(3, 64)\nos.write(3, b'x')"))
    with pytest.raises(PluginError):
        await host["bad"].configure(DEVICE, RAW_CONFIG)
    assert (await host.identify(ASKED))["vendor"] == "Acme"


async def test_a_package_that_ends_the_host_while_it_loads_is_refused(
    hosts: Hosts, packages: Path
) -> None:
    host = await hosts()
    good = python3_package(packages)
    await host.load(good.name, good)
    bad = misbehaving_package(packages, "bad", "pass", head="os.kill(os.getpid(), 11)")
    with pytest.raises(PluginError, match="SIGSEGV"):
        await host.load("bad", bad)
    assert list(host) == [good.name]
    assert (await host.identify(ASKED))["vendor"] == "Acme"


async def test_killing_the_host_loses_no_call(hosts: Hosts, packages: Path) -> None:
    host = await hosts(HostLimits(restart_after_s=(0.0,)))
    slow = configuring(packages, "time.sleep(0.2)", "slow")
    good = python3_package(packages)
    await host.load(good.name, good)
    await host.load("slow", slow)
    assert host.pid is not None
    os.kill(host.pid, signal.SIGSTOP)  # so that nothing is answered before it dies
    asked = [asyncio.create_task(host.identify(ASKED)) for _ in range(200)]
    asked_too = asyncio.create_task(host[good.name].configure(DEVICE, RAW_CONFIG))
    await asyncio.sleep(0.005)
    os.kill(host.pid, signal.SIGKILL)
    found = await asyncio.gather(*asked)
    await asked_too
    assert all(each["vendor"] == "Acme" for each in found)
    assert host.deaths == 1


async def test_nothing_is_left_after_close(hosts: Hosts, packages: Path) -> None:
    host = await hosts()
    what = "import subprocess; subprocess.Popen(['sleep', '3600'])"
    marker = packages / "closed"
    body = f"""
        def configure(self, device, raw_config):
            {what}
        def close(self):
            open({str(marker)!r}, 'w').close()
    """
    await host.load("bad", misbehaving_package(packages, "bad", body))
    await host["bad"].configure(DEVICE, RAW_CONFIG)
    pid = host.pid
    assert pid is not None
    children = children_of(pid)
    await host.close()
    assert marker.exists()
    assert not is_there(pid)
    await until(lambda: not any(is_there(child) for child in children))
    with pytest.raises(PluginError):
        await host.load("bad", packages / "bad")


@pytest.mark.parametrize("busy", [False, True])
async def test_a_service_that_is_killed_leaves_no_orphan(tmp_path: Path, busy: bool) -> None:
    directory = configuring(tmp_path, "while True: pass")
    program = f"""
import asyncio
from contextlib import suppress
from pathlib import Path
from ovix_provd.host.client import PluginHost
from ovix_provd.host.limits import HostLimits
from ovix_provd.settings import ProvdSettings

async def main():
    settings = ProvdSettings(storage_dir=Path({str(tmp_path)!r}))
    host = PluginHost(settings, limits=HostLimits(calls={{}}, silent_s=600))
    await host.start()
    await host.load("bad", Path({str(directory)!r}))
    print(host.pid, flush=True)
    if {busy}:
        await host["bad"].configure({DEVICE!r}, {RAW_CONFIG!r})
    await asyncio.sleep(600)

asyncio.run(main())
"""
    service = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE
    )
    assert service.stdout is not None
    pid = 0
    while not pid:
        line = await asyncio.wait_for(service.stdout.readline(), 60)
        pid = int(line) if line.strip().isdigit() else 0
    assert is_there(pid)
    service.kill()
    await service.wait()
    await until(lambda: not is_there(pid))


async def test_many_threads_fit_into_the_memory_limit(hosts: Hosts, packages: Path) -> None:
    host = await hosts(HostLimits())
    body = """
        def synchronize(self, device, raw_config):
            return threads.deferToThread(time.sleep, 0.1)
    """

    async def notify(device: object, variables: object) -> None:
        raise AssertionError

    await host.load("waits", misbehaving_package(packages, "waits", body))
    told = [host["waits"].synchronize(DEVICE, RAW_CONFIG, notify) for _ in range(60)]
    await asyncio.gather(*told)
    assert host.deaths == 0
