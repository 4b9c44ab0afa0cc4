"""The supervisor: merged output, restarts, and an end that is always reached."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable

from ovix_cli.supervisor import (
    FIRST_PAUSE_S,
    LONGEST_PAUSE_S,
    STEADY_AFTER_S,
    Program,
    Supervisor,
    next_pause,
)

IGNORES_TERM = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(600)
"""
SLEEPS = "import time; print('up', flush=True); time.sleep(600)"


class Lines:
    """Collects what the supervisor reports, and waits for a line."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self._changed = asyncio.Event()

    def write(self, name: str, line: str) -> None:
        self.seen.append((name, line))
        self._changed.set()

    async def until(self, wanted: Callable[[list[tuple[str, str]]], bool]) -> None:
        async with asyncio.timeout(60):
            while not wanted(self.seen):
                self._changed.clear()
                await self._changed.wait()


def python(name: str, code: str) -> Program:
    return Program(name, (sys.executable, "-c", code), dict(os.environ))


async def test_output_of_all_programs_is_merged_with_their_names() -> None:
    lines = Lines()
    supervisor = Supervisor(lines.write)
    supervisor.start(python("one", f"print('first', flush=True); {SLEEPS}"))
    supervisor.start(python("two", f"import sys; print('é', file=sys.stderr); {SLEEPS}"))
    await lines.until(lambda seen: seen.count(("one", "up")) + seen.count(("two", "up")) == 2)
    await supervisor.stop()
    assert ("one", "first") in lines.seen
    assert ("two", "é") in lines.seen


async def test_a_program_that_dies_is_started_again_and_it_is_said() -> None:
    lines = Lines()
    supervisor = Supervisor(lines.write)
    supervisor.start(python("flaky", SLEEPS))
    await lines.until(lambda seen: ("flaky", "up") in seen)
    first = supervisor.process_id("flaky")
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await lines.until(lambda seen: seen.count(("flaky", "up")) == 2)
    assert supervisor.process_id("flaky") not in {None, first}
    await supervisor.stop()
    assert any("was ended by SIGKILL" in line for _, line in lines.seen)


async def test_a_program_that_cannot_start_is_reported() -> None:
    lines = Lines()
    supervisor = Supervisor(lines.write)
    supervisor.start(Program("none", ("/does/not/exist",), {}))
    await lines.until(lambda seen: any("could not be started" in line for _, line in seen))
    await supervisor.stop()


async def test_stopping_ends_every_process() -> None:
    lines = Lines()
    supervisor = Supervisor(lines.write)
    supervisor.start(python("kind", SLEEPS))
    await lines.until(lambda seen: ("kind", "up") in seen)
    process = supervisor.process_id("kind")
    assert process is not None
    await supervisor.stop()
    assert not os.path.exists(f"/proc/{process}")  # noqa: PTH110, ASYNC240 - it is no file
    assert supervisor.process_id("kind") is None


async def test_a_program_that_ignores_the_request_to_stop_is_killed() -> None:
    lines = Lines()
    supervisor = Supervisor(lines.write)
    supervisor.start(python("deaf", IGNORES_TERM))
    await lines.until(lambda seen: ("deaf", "deaf") in seen)
    await supervisor.stop(grace_s=0.2)
    assert any("was killed" in line for _, line in lines.seen)


async def test_a_line_without_end_does_not_stop_the_reading() -> None:
    lines = Lines()
    supervisor = Supervisor(lines.write)
    supervisor.start(python("long", f"print('x' * 300_000, flush=True); {SLEEPS}"))
    await lines.until(lambda seen: ("long", "up") in seen)
    await supervisor.stop()
    assert sum(line.count("x") for name, line in lines.seen if name == "long") == 300_000


def test_the_pause_before_a_restart_doubles_up_to_a_limit() -> None:
    pauses = [0.0]
    for _ in range(8):
        pauses.append(next_pause(pauses[-1], lived=0.1))
    assert pauses[1:4] == [FIRST_PAUSE_S, 2 * FIRST_PAUSE_S, 4 * FIRST_PAUSE_S]
    assert pauses[-1] == LONGEST_PAUSE_S


def test_a_program_that_ran_well_starts_again_at_once() -> None:
    assert next_pause(LONGEST_PAUSE_S, lived=STEADY_AFTER_S) == FIRST_PAUSE_S
