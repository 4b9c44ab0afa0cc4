"""What an integrator's script does: people with phones, made through the REST API alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx

from .stack import Stack


@dataclass(frozen=True)
class Person:
    """A user who can call and be called."""

    id: int
    uuid: str
    number: str
    sip_username: str
    sip_secret: str
    line_id: int
    login: str
    password: str


class Integrator:
    """A client of a running Ovix with one token; raises on any answer that is not a success."""

    def __init__(self, stack: Stack, token: str) -> None:
        self.stack = stack
        self.token = token
        self.http = httpx.AsyncClient(timeout=30, headers={"X-Auth-Token": token})
        self._numbers = count(1)

    async def close(self) -> None:
        """Close the connections."""
        await self.http.aclose()

    async def call(self, method: str, url: str, body: Any = None) -> Any:
        """One request; the JSON of its answer, None when it has no body."""
        answer = await self.http.request(method, url, json=body)
        if answer.is_error:
            raise AssertionError(f"{method} {url}: {answer.status_code} {answer.text}")
        kind = answer.headers.get("content-type", "")
        return answer.json() if kind.startswith("application/json") and answer.content else None

    async def confd(self, method: str, path: str, body: Any = None) -> Any:
        """A request to the configuration API."""
        return await self.call(method, f"{self.stack.url('confd')}/1.1{path}", body)

    async def calld(self, method: str, path: str, body: Any = None) -> Any:
        """A request to call control."""
        return await self.call(method, f"{self.stack.url('calld')}/1.0{path}", body)

    async def context(self, name: str, kind: str = "internal", **fields: Any) -> int:
        """A context; internal ones offer 1000 to 1999."""
        ranges = {"user_ranges": [{"start": "1000", "end": "1999"}]} if kind == "internal" else {}
        body = {"name": name, "type": kind, **ranges, **fields}
        return int((await self.confd("POST", "/contexts", body))["id"])

    async def person(
        self,
        firstname: str,
        number: str,
        context: str = "default",
        options: Sequence[Sequence[str]] = (),
        **fields: Any,
    ) -> Person:
        """The flow of XiVO: user, line, endpoint, extension, and the links between them."""
        login = f"{firstname.lower()}{next(self._numbers)}"
        user = await self.confd(
            "POST",
            "/users",
            {"firstname": firstname, "username": login, "password": "sesame", **fields},
        )
        line = await self.confd("POST", "/lines", {"context": context})
        account = {"username": f"phone{number}", "options": [list(pair) for pair in options]}
        endpoint = await self.confd("POST", "/endpoints/sip", account)
        extension = await self.confd("POST", "/extensions", {"exten": number, "context": context})
        await self.confd("PUT", f"/lines/{line['id']}/endpoints/sip/{endpoint['id']}")
        await self.confd("PUT", f"/lines/{line['id']}/extensions/{extension['id']}")
        await self.confd("PUT", f"/users/{user['id']}/lines/{line['id']}")
        await self.confd("PUT", f"/users/{user['id']}/cti", {"enabled": True})
        return Person(
            id=user["id"],
            uuid=user["uuid"],
            number=number,
            sip_username=endpoint["username"],
            sip_secret=endpoint["secret"],
            line_id=line["id"],
            login=login,
            password="sesame",
        )

    async def voicemail(self, person: Person, context: str = "default", **fields: Any) -> int:
        """A box under the person's number, used when nobody answers."""
        body = {"name": person.login, "number": person.number, "context": context, **fields}
        voicemail = await self.confd("POST", "/voicemails", body)
        await self.confd("PUT", f"/users/{person.id}/voicemails/{voicemail['id']}")
        return int(voicemail["id"])
