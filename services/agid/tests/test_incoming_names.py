"""``callerid_forphones``: callers whose name only a directory knows."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from ovix_agid.answering import Answering
from ovix_agid.call import Call
from ovix_agid.database import DatabaseUnavailable
from ovix_agid.handlers import handlers
from ovix_agid.handlers.incoming_names import LONGEST_TEXT, callerid_forphones, told
from ovix_agid.ring_types import RingRules
from ovix_asterisk.fastagi import FastAgiServer
from ovix_schema import DialAction
from ovix_web.caller_names import CallerContact
from prometheus_client import CollectorRegistry

NUMBER = "+33123456789"
ALICE = CallerContact(
    "Alice Durand", "clients", fields={"company": "Acme, Paris", "email": "a@b.example"}
)


class Directory:
    """Knows one number."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.users: list[str | None] = []
        self.contact = ALICE

    async def whose(self, number: str, user_uuid: str | None) -> CallerContact | None:
        self.asked.append(number)
        self.users.append(user_uuid)
        return self.contact if number == NUMBER else None


@pytest.fixture
def directory() -> Directory:
    return Directory()


@pytest_asyncio.fixture(loop_scope="session")
async def ask(agid: Any, directory: Directory) -> AsyncIterator[Any]:
    """Asks about a call of that number and name; the channel afterwards."""
    answering = Answering(
        handlers(RingRules()), agid.database, registry=CollectorRegistry(), whose=directory.whose
    )
    server = FastAgiServer(answering.answer, port=0)
    await server.start()
    asked = type(agid)(server.port, agid.database, agid.clock)

    async def about(number: str, name: str, *, incall_id: str = "", statements: int = 0) -> Any:
        caller = {"agi_callerid": number, "agi_calleridname": name}
        return await asked.ask(
            "callerid_forphones",
            statements=statements,
            environment=caller,
            **({"XIVO_INCALL_ID": incall_id} if incall_id else {}),
        )

    yield about
    await server.close()


@pytest.mark.parametrize(
    "name", ["unknown", "", "Anonymous", NUMBER, "0123456789", "01 23 45 67 89", "+33 (0)1-23"]
)
async def test_a_caller_without_a_name_gets_that_of_the_directory(ask: Any, name: str) -> None:
    channel = await ask(NUMBER, name)
    assert channel.variables == {
        "CALLERID(name)": "Alice Durand",
        "XIVO_REVERSE_LOOKUP": "db-company: Acme Paris,db-email: a@b.example",
    }
    assert channel.status == "SUCCESS"


@pytest.mark.parametrize("name", ["Bob", "Acme 24", "4 Seasons", "Élodie"])
async def test_a_name_that_came_with_the_call_stays(
    ask: Any, directory: Directory, name: str
) -> None:
    assert (await ask(NUMBER, name)).variables == {}
    assert directory.asked == []


@pytest.mark.parametrize("number", ["unknown", "", "anonymous", "sip:alice", "1" * 200])
async def test_nobody_is_asked_about_what_is_no_number(
    ask: Any, directory: Directory, number: str
) -> None:
    assert (await ask(number, "unknown")).variables == {}
    assert directory.asked == []


async def test_a_number_that_nobody_knows_changes_nothing(ask: Any, directory: Directory) -> None:
    assert (await ask("0199999999", "unknown")).variables == {}
    assert directory.asked == ["0199999999"]


async def test_contacts_of_the_user_to_whom_the_number_leads_are_asked(
    ask: Any, directory: Directory, hire: Any, save: Any
) -> None:
    bob = await hire("1001", firstname="Bob")
    await save(
        DialAction(category="incall", category_id=5, event="answer", action="user",
                   arg1=str(bob.user.id)),
        DialAction(category="incall", category_id=6, event="answer", action="group", arg1="1"),
        DialAction(category="incall", category_id=7, event="answer", action="user", arg1="x"),
        DialAction(category="incall", category_id=8, event="answer", action="user",
                   arg1=str(bob.user.id), linked=False),
    )  # fmt: skip
    for incall_id in ("5", "6", "7", "8", "9"):
        channel = await ask(NUMBER, "unknown", incall_id=incall_id, statements=1)
        assert channel.variables["CALLERID(name)"] == "Alice Durand"
    assert directory.users == [str(bob.user.uuid), None, None, None, None]
    await ask(NUMBER, "unknown", incall_id="no id", statements=0)
    assert directory.users[-1] is None


async def test_while_the_database_is_away_directories_elsewhere_still_give_a_name(
    directory: Directory,
) -> None:
    class Away:
        async def row(self, statement: str, *arguments: object) -> None:
            raise DatabaseUnavailable("it is away")

    call = Call(
        arguments=(),
        request={"callerid": NUMBER, "calleridname": "unknown"},
        variables={"XIVO_INCALL_ID": "5"},
        database=Away(),  # type: ignore[arg-type]  # only rows are asked for
        now=datetime.now(UTC),
        execute=lambda *_: pytest.fail("nothing is executed"),
        whose=directory.whose,
    )
    assert (await callerid_forphones.answer(call))["CALLERID(name)"] == "Alice Durand"
    assert directory.users == [None]


async def test_a_name_of_several_lines_is_shown_on_one(ask: Any, directory: Directory) -> None:
    directory.contact = CallerContact('A "B"\r\nC\x00' + "x" * 200, "clients")
    name = (await ask(NUMBER, "unknown")).variables["CALLERID(name)"]
    assert name.startswith('A "B" C')
    assert name.isprintable()
    assert len(name) == 80


def test_no_field_begins_a_header_of_its_own() -> None:
    hostile = {
        "note": 'x,Event: Hangup\r\nChannel: y"(z)[\\',
        "bad,key": "v",
        "": "v",
        "empty": " ",
        "plain": "Zoé & <co>",
    }
    assert told(hostile) == "db-note: x Event: Hangup Channel: y z,db-plain: Zoé & <co>"


def test_more_than_a_line_of_asterisk_holds_is_left_out() -> None:
    assert len(told({f"field{n}": "v" * 80 for n in range(50)})) <= LONGEST_TEXT
