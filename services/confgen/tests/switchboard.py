"""Calls through a dialplan, an agid that answers what a test says, and what became of the calls."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from ovix_asterisk.ami_client import AmiClient


class ScriptedAgid:
    """Answers Asterisk's questions with prepared variables, and remembers who asked what.

    The protocol is reference/agid.md part 2; the real agid is met in the end-to-end tests.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.answers: dict[str, dict[str, str]] = {}
        self.asked: list[tuple[str, ...]] = []
        self.on_user: Callable[[int], None] = lambda _count: None
        """Called with how often users were asked about, before the answer is given."""
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request: dict[str, str] = {}
        while line := (await reader.readline()).decode().strip():
            name, _, text = line.partition(": ")
            request[name.rstrip(":")] = text
        handler = request["agi_network_script"]
        arguments = (request.get(f"agi_arg_{index}") for index in range(1, 9))
        self.asked.append((handler, *(given for given in arguments if given is not None)))
        self.on_user(self.asked.count(("incoming_user_set_features",)))
        for name, text in self.answers.get(handler, {}).items():
            writer.write(f'SET VARIABLE "{name}" "{text}"\n'.encode())
            await writer.drain()
            await reader.readline()
        writer.close()


@dataclass
class Step:
    """An application the dialplan ran."""

    application: str
    data: str


class Switchboard:
    """Places calls through the dialplan and tells what it did with them."""

    def __init__(self, ami: AmiClient) -> None:
        self._ami = ami

    async def call(
        self,
        exten: str,
        context: str = "default",
        *,
        caller: str = "Eve <0199>",
        user_id: int = 0,
        until: str = "",
    ) -> "Story":
        """Dial a number as a device of the context would; gives what happened until the end.

        ``until``: the application at which the caller hangs up, or ``application(arguments)``.
        """
        story = Story()
        with self._ami.events() as events:
            await self._ami.send(
                "Originate",
                Channel=f"Local/{exten}@{context}/n",
                Context="test-caller",
                Exten="s",
                Priority="1",
                CallerID=caller,
                Timeout="20000",
                Async="true",
                Variable=[f"__XIVO_USERID={user_id}"] if user_id else None,
            )
            alive: set[str] = set()
            async with asyncio.timeout(60):
                async for event in events:
                    kind = event.event
                    if kind == "Newchannel":
                        alive.add(event["Uniqueid"])
                    elif kind == "Newexten":
                        step = Step(event["Application"], event.get("AppData"))
                        story.steps.append(step)
                        if until in (step.application, f"{step.application}({step.data})"):
                            await self._ami.send("Hangup", Channel="/^Local/")
                    elif kind == "UserEvent":
                        story.user_events.append(dict(event.fields))
                    elif kind == "Hangup":
                        alive.discard(event["Uniqueid"])
                        if not alive:
                            return story
        raise AssertionError("the connection to Asterisk ended")


@dataclass
class Story:
    """What the dialplan did in one call."""

    steps: list[Step] = field(default_factory=list)
    user_events: list[dict[str, str]] = field(default_factory=list)

    def told(self, name: str) -> list[dict[str, str]]:
        """The user events of a name."""
        return [event for event in self.user_events if event["UserEvent"] == name]

    def prompts(self) -> list[str]:
        """XiVO's prompts, in order; what is played in their place is not XiVO's."""
        found = (re.fullmatch(r"xivo-prompt,s,1\((.*)\)", data) for data in self.ran("Gosub"))
        xivos = {match[1] for match in found if match}
        return [played for played in self.ran("Playback") if played in xivos]

    def ran(self, application: str) -> list[str]:
        """The arguments an application was run with, in order."""
        return [step.data for step in self.steps if step.application == application]
