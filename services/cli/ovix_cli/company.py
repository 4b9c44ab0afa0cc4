"""The small company that the first ``ovix up`` creates, through the same API integrators use."""

import secrets
from dataclasses import dataclass
from typing import Any

from .addresses import own_address
from .home import Home
from .rest import Rest

INTERNAL, INCOMING, OUTGOING = "default", "from-extern", "to-extern"
PASSWORD_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105 - no letter that looks like another


@dataclass(frozen=True)
class Phone:
    """What someone types into a softphone."""

    name: str
    number: str
    username: str
    password: str


@dataclass(frozen=True)
class Person:
    """A user of the company; ``voicemail`` gives them one under their own number."""

    firstname: str
    lastname: str
    number: str
    voicemail: bool = True


PEOPLE = (
    Person("Alice", "Martin", "1001"),
    Person("Bruno", "Petit", "1002"),
    Person("Chloé", "Bernard", "1003"),
    Person("Front", "Desk", "1000", voicemail=False),
)
CONTEXTS: tuple[dict[str, Any], ...] = (
    {
        "name": INTERNAL,
        "label": "Internal",
        "type": "internal",
        "user_ranges": [{"start": "1000", "end": "1999"}],
        "group_ranges": [{"start": "2000", "end": "2999"}],
        "queue_ranges": [{"start": "3000", "end": "3999"}],
        "conference_room_ranges": [{"start": "4000", "end": "4999"}],
    },
    {
        "name": INCOMING,
        "label": "Incoming calls",
        "type": "incall",
        "incall_ranges": [{"start": "0142000000", "end": "0142000099", "did_length": 10}],
    },
    {"name": OUTGOING, "label": "Outgoing calls", "type": "outcall"},
)


async def found_once(rest: Rest, home: Home) -> bool:
    """Create the company where nobody has configured anything, or finish what was cut short."""
    begun = home.directory / "founding"
    if not begun.exists() and not await is_empty(rest):
        return False
    begun.touch()
    await found(rest)
    begun.unlink()
    return True


async def is_empty(rest: Rest) -> bool:
    """Whether no one has configured anything yet."""
    users = await rest.get("/users", limit=1)
    contexts = await rest.get("/contexts", limit=1)
    return bool(users["total"] == 0 and contexts["total"] == 0)


async def found(rest: Rest) -> None:
    """Create what is missing of the company: its entity, contexts, people, and their phones."""
    if not (await rest.get("/entities", limit=1))["total"]:
        await rest.post("/entities", {"name": "company", "display_name": "Company"})
    await tell_phones_where(rest, own_address())
    known = {each["name"]: each["id"] for each in (await rest.get("/contexts"))["items"]}
    for context in CONTEXTS:
        if context["name"] not in known:
            known[context["name"]] = (await rest.post("/contexts", context))["id"]
    await rest.put(f"/contexts/{known[INTERNAL]}/contexts", {"contexts": [{"id": known[OUTGOING]}]})
    numbers = await rest.get("/extensions", context=INTERNAL)
    taken = {each["exten"] for each in numbers["items"]}
    for person in PEOPLE:
        if person.number not in taken:
            await hire(rest, person)


async def tell_phones_where(rest: Rest, address: str) -> None:
    """Phones register here unless somebody said where, those that wait for a line included."""
    registrar = await rest.get("/registrars/default")
    if not registrar["main_host"]:
        await rest.put("/registrars/default", {"main_host": address, "proxy_main_host": address})


async def hire(rest: Rest, person: Person) -> None:
    """One user who can call and be called, with one request; then the voicemail."""
    number = {"exten": person.number, "context": INTERNAL}
    phone = {"username": f"phone{person.number}", "secret": password()}
    user = await rest.post(
        "/users",
        {
            "firstname": person.firstname,
            "lastname": person.lastname,
            "lines": [{"context": INTERNAL, "endpoint_sip": phone, "extensions": [number]}],
        },
    )
    if not person.voicemail:
        return
    name = f"{person.firstname} {person.lastname}"
    voicemail = await rest.post(
        "/voicemails", {"name": name, "number": person.number, "context": INTERNAL}
    )
    await rest.put(f"/users/{user['id']}/voicemails/{voicemail['id']}")
    destination = {"type": "voicemail", "voicemail_id": voicemail["id"]}
    await rest.put(f"/users/{user['id']}/fallbacks", {"noanswer_destination": destination})


def password() -> str:
    """One that can be typed on a phone's keypad."""
    return "".join(secrets.choice(PASSWORD_ALPHABET) for _ in range(12))


async def phones(rest: Rest) -> list[Phone]:
    """The SIP accounts of the company's people, as they are now."""
    lines = await rest.get("/lines", limit=20, order="id")
    known = []
    for line in lines["items"]:
        endpoint, extensions = line.get("endpoint_sip"), line.get("extensions") or []
        if not endpoint or not extensions:
            continue
        sip = await rest.get(f"/endpoints/sip/{endpoint['id']}")
        known.append(
            Phone(
                line.get("caller_id_name") or "",
                extensions[0]["exten"],
                sip["username"],
                sip["secret"],
            )
        )
    return known
