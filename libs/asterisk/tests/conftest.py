"""A real Asterisk with a manager account and a dialplan that calls an AGI server."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ovix_engines.asterisk import Asterisk
from ovix_engines.ports import free_port

MODULES = """[modules]
autoload=no
load=res_timing_timerfd.so
load=pbx_config.so
load=chan_bridge_media.so
load=codec_ulaw.so
load=format_wav.so
load=app_playback.so
load=res_speech.so
load=res_agi.so
load=app_stack.so
load=app_verbose.so
load=app_echo.so
load=func_callerid.so
load=func_channel.so
load=func_strings.so
load=func_global.so
load=app_userevent.so
load=app_dial.so
"""
MANAGER = """[general]
enabled=yes
bindaddr=127.0.0.1
port={port}
channelvars=OVIX_ONE,OVIX_TWO

[ovix]
secret=pass;word=1
read=all
write=all
"""
EXTENSIONS = """[general]

[globals]
AGISIGHUP=no

[agi]
exten => _X.,1,AGI(agi://127.0.0.1:${EXTEN}/handler,one,,three words)
 same => n,UserEvent(AgiDone,Status: ${AGISTATUS})
 same => n,Wait(30)
exten => echo,1,Answer()
 same => n,Wait(30)
exten => variables,1,UserEvent(Variables,One: ${OVIX_ONE},Two: ${OVIX_TWO})
 same => n,Wait(30)
"""


@dataclass(frozen=True)
class Pbx:
    """The Asterisk and where its manager listens."""

    asterisk: Asterisk
    manager_port: int
    username: str = "ovix"
    password: str = "pass;word=1"


@pytest.fixture(scope="session")
async def pbx(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pbx]:
    directory: Path = tmp_path_factory.mktemp("pbx")
    port = free_port()
    configuration = directory / "configuration"
    configuration.mkdir()
    (configuration / "modules.conf").write_text(MODULES)
    (configuration / "manager.conf").write_text(
        MANAGER.format(port=port).replace("pass;word", "pass\\;word")
    )
    (configuration / "extensions.conf").write_text(EXTENSIONS)
    async with Asterisk(directory / "asterisk", configuration) as asterisk:
        yield Pbx(asterisk, port)
