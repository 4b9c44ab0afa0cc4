"""agid asked by a real Asterisk: what the dialplan sees of an answer, a refusal and an outage."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from ovix_agid.answering import Answering
from ovix_agid.database import Postgres
from ovix_agid.handlers import handlers
from ovix_agid.ring_types import RingRules
from ovix_asterisk.fastagi import Agi, FastAgiServer
from ovix_engines.asterisk import Asterisk
from prometheus_client import CollectorRegistry

pytestmark = pytest.mark.asterisk

MODULES = """[modules]
autoload=no
load=res_timing_timerfd.so
load=pbx_config.so
load=chan_bridge_media.so
load=codec_ulaw.so
load=res_speech.so
load=res_agi.so
load=res_clioriginate.so
load=app_stack.so
load=app_verbose.so
load=func_callerid.so
load=func_channel.so
load=func_devstate.so
load=func_strings.so
"""
READ_BACK = (
    "AGISTATUS",
    "XIVO_INTERFACE",
    "XIVO_DST_FIRSTNAME",
    "XIVO_DST_LASTNAME",
    "XIVO_FWD_USER_BUSY_ACTIONARG1",
    "XIVO_AUTHORIZATION",
    "XIVO_PATH_ID",
)
EXTENSIONS = """[globals]
AGISIGHUP=no

[ask]
exten => _X!,1,Set(XIVO_DSTID=${EXTEN})
 same => n,Set(XIVO_DSTNUM=1001)
 same => n,Set(XIVO_USERID=${EXTEN})
 same => n,AGI(agi://127.0.0.1:${PORT}/${HANDLER})
 same => n,AGI(agi://127.0.0.1:%TELL%/next)
 same => n,Hangup()
exten => t,1,Answer()
 same => n,Wait(20)

[agi_fail]
exten => s,1,AGI(agi://127.0.0.1:%TELL%/agi_fail)
 same => n,Hangup()
"""


class AskingPbx:
    """A real Asterisk that asks one question per call, then tells us where it went on."""

    def __init__(self, directory: Path) -> None:
        self.configuration = directory / "configuration"
        self.asterisk = Asterisk(directory / "asterisk", self.configuration)
        self._told: asyncio.Future[dict[str, str]]
        self.read_back: tuple[str, ...] = READ_BACK
        self.teller = FastAgiServer(self._tell, port=0)

    async def _tell(self, agi: Agi) -> None:
        variables = await agi.get_full_variable(self.read_back)
        self._told.set_result({"at": agi.request.handler, **variables})

    async def ask(self, port: int, script: str, user_id: int) -> dict[str, str]:
        """Where the call went on (``at``), and the variables it had there."""
        self._told = asyncio.get_running_loop().create_future()
        await self.asterisk.cli(f"dialplan set global PORT {port}")
        await self.asterisk.cli(f"dialplan set global HANDLER {script}")
        await self.asterisk.cli(f"channel originate Local/t@ask extension {user_id}@ask")
        try:
            async with asyncio.timeout(60):
                return await self._told
        finally:
            await self.asterisk.cli("channel request hangup all")


@pytest_asyncio.fixture(loop_scope="session")
async def pbx(tmp_path: Path) -> AsyncIterator[AskingPbx]:
    """An Asterisk with that dialplan."""
    made = AskingPbx(tmp_path)
    await made.teller.start()
    made.configuration.mkdir()
    (made.configuration / "modules.conf").write_text(MODULES)
    extensions = EXTENSIONS.replace("%TELL%", str(made.teller.port))
    (made.configuration / "extensions.conf").write_text(extensions)
    async with made.asterisk:
        yield made
    await made.teller.close()


async def test_a_question_is_answered_exactly(agid: Any, hire: Any, pbx: AskingPbx) -> None:
    bob = await hire(
        "1001",
        firstname='Élodie "((', lastname="O'Neil, ${EXTEN}",
        busy_enabled=True, busy_destination="1002",
    )  # fmt: skip
    told = await pbx.ask(agid.port, "incoming_user_set_features", bob.user.id)
    assert told == {
        "at": "next",
        "AGISTATUS": "SUCCESS",
        "XIVO_INTERFACE": "PJSIP/sip1001",
        "XIVO_DST_FIRSTNAME": 'Élodie "((',
        "XIVO_DST_LASTNAME": "O'Neil, ${EXTEN}",
        "XIVO_FWD_USER_BUSY_ACTIONARG1": "1002",
        "XIVO_AUTHORIZATION": "",
        "XIVO_PATH_ID": str(bob.user.id),
    }


async def test_a_refusal_goes_on_at_agi_fail(agid: Any, pbx: AskingPbx) -> None:
    told = await pbx.ask(agid.port, "incoming_user_set_features", 4242)
    assert (told["at"], told["AGISTATUS"]) == ("agi_fail", "FAILURE")


async def test_a_lamp_is_set_by_the_dialplan(agid: Any, hire: Any, pbx: AskingPbx) -> None:
    bob = await hire("1001")
    lamp = f"DEVICE_STATE(Custom:*735{bob.user.id}***231***35)"
    pbx.read_back = ("AGISTATUS", lamp)
    for state in ("INUSE", "NOT_INUSE"):
        question = f"phone_progfunckey_devstate,agentstaticlogin,{state},*5"
        told = await pbx.ask(agid.port, question, bob.user.id)
        assert told == {"at": "next", "AGISTATUS": "SUCCESS", lamp: state}


async def test_an_outage_of_the_database_is_seen_by_the_dialplan(pbx: AskingPbx) -> None:
    away = Postgres("postgresql://ovix:ovix@127.0.0.1:1/ovix")
    await away.open()
    answering = Answering(handlers(RingRules()), away, registry=CollectorRegistry())
    server = FastAgiServer(answering.answer, port=0)
    await server.start()
    try:
        told = await pbx.ask(server.port, "user_set_call_rights", 1)
        assert (told["at"], told["AGISTATUS"]) == ("next", "SUCCESS")
        assert told["XIVO_AUTHORIZATION"] == "UNAVAILABLE"
        told = await pbx.ask(server.port, "fwdundoall", 1)
        assert (told["at"], told["AGISTATUS"]) == ("agi_fail", "FAILURE")
    finally:
        await server.close()
        await away.close()
