"""The life of an Asterisk in a private directory, with the real one."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from ovix_engines.asterisk import Asterisk, AsteriskError
from ovix_engines.asterisk_installation import AsteriskMissing, find

pytestmark = pytest.mark.asterisk

MODULES = "[modules]\nautoload=no\nload=res_timing_timerfd.so\nload=func_env.so\n"


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    directory = tmp_path / "configuration"
    directory.mkdir()
    (directory / "modules.conf").write_text(MODULES)
    return directory


@pytest.fixture
async def asterisk(tmp_path: Path, configuration: Path) -> AsyncIterator[Asterisk]:
    engine = Asterisk(tmp_path / "asterisk", configuration)
    yield engine
    await engine.kill()


def is_running(pid: int) -> bool:
    """A process that ended and waits for its parent (state Z) does not run."""
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def run_directory(asterisk: Asterisk) -> Path:
    conf = (asterisk.directory / "asterisk.conf").read_text()
    return Path(conf.split("astrundir = ")[1].split()[0])


def exists(path: Path) -> bool:
    return path.exists()


async def until_it_ended(pid: int) -> None:
    while is_running(pid):  # noqa: ASYNC110 - a process of another parent has no event here
        await asyncio.sleep(0.02)


async def test_a_started_asterisk_is_fully_booted_and_answers_commands(asterisk: Asterisk) -> None:
    await asterisk.start()
    assert "System uptime" in await asterisk.cli("core show uptime")
    assert "0 active channels" in await asterisk.cli("core show channels")


async def test_stopping_leaves_no_process_and_no_socket(asterisk: Asterisk) -> None:
    await asterisk.start()
    pid = asterisk.pid
    assert pid is not None
    await asterisk.stop()
    assert not is_running(pid)
    assert not list((asterisk.directory / "run").iterdir())


async def test_every_directory_asterisk_writes_to_is_private(asterisk: Asterisk) -> None:
    await asterisk.start()
    settings = await asterisk.cli("core show settings")
    for name in ("Data", "Spool", "Log", "Run/Sockets", "Keys", "VarLib"):
        line = next(line for line in settings.splitlines() if f"{name} directory" in line)
        assert str(asterisk.directory) in line
    assert str(asterisk.configuration) in settings
    sounds = asterisk.directory / "data" / "sounds"
    assert (sounds / "en" / "vm-intro.wav").exists()
    assert not (sounds / "custom").is_symlink()


async def test_a_killed_asterisk_starts_again_in_its_directory(asterisk: Asterisk) -> None:
    await asterisk.start()
    await asterisk.cli("database put ovix kept yes")
    await asyncio.sleep(1.1)  # astdb commits once a second
    await asterisk.kill()
    assert asterisk.pid is None
    await asterisk.start()
    assert "yes" in await asterisk.cli("database get ovix kept")


async def test_a_restart_is_another_process(asterisk: Asterisk) -> None:
    await asterisk.start()
    before = asterisk.pid
    await asterisk.restart()
    assert asterisk.pid != before
    assert "System uptime" in await asterisk.cli("core show uptime")


async def test_a_long_private_path_works_and_leaves_nothing(
    tmp_path: Path, configuration: Path
) -> None:
    directory = tmp_path / ("long" * 20) / "asterisk"
    async with Asterisk(directory, configuration) as asterisk:
        assert "System uptime" in await asterisk.cli("core show uptime")
        run = run_directory(asterisk)
        assert exists(run / "asterisk.ctl")
    assert not exists(run)


async def test_a_wrong_configuration_is_told_with_the_log(
    asterisk: Asterisk, configuration: Path
) -> None:
    (configuration / "modules.conf").write_text("[modules]\nrequire=res_parking.so\n")
    with pytest.raises(AsteriskError, match="res_parking"):
        await asterisk.start()
    assert asterisk.pid is None


async def test_an_asterisk_that_ends_by_itself_is_noticed(asterisk: Asterisk) -> None:
    await asterisk.start()
    with pytest.raises(AsteriskError, match="No such command"):
        await asterisk.cli("no such command")
    await asterisk.cli("core stop now")
    assert await asyncio.wait_for(asterisk.wait(), 60) == 0


STARTER = """
import asyncio, sys
from pathlib import Path
from ovix_engines.asterisk import Asterisk
async def main() -> None:
    engine = Asterisk(Path(sys.argv[1]), Path(sys.argv[2]), outlives_starter=sys.argv[3] == "True")
    await engine.start()
    print(engine.pid, flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""


@pytest.mark.parametrize("outlives", [True, False])
async def test_when_its_starter_is_killed_asterisk_dies_or_is_taken_over_as_asked(
    asterisk: Asterisk, outlives: bool
) -> None:
    arguments = [str(asterisk.directory), str(asterisk.configuration), str(outlives)]
    starter = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", STARTER, *arguments), stdout=subprocess.PIPE
    )
    assert starter.stdout is not None
    pid = int(await starter.stdout.readline())
    starter.kill()
    await starter.wait()
    if not outlives:
        await asyncio.wait_for(until_it_ended(pid), 60)
        return
    assert is_running(pid)
    await asterisk.start()
    assert asterisk.pid == pid
    await asterisk.stop()
    assert not is_running(pid)


def test_an_installation_is_found_by_its_series() -> None:
    assert find(find().major).version == find().version
    with pytest.raises(AsteriskMissing, match="Asterisk 99 is not installed"):
        find(99)


def test_the_environment_names_the_directory_of_installations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVIX_ASTERISK_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    if not os.access("/usr/sbin/asterisk", os.X_OK):
        with pytest.raises(AsteriskMissing, match="found: none"):
            find()
