"""The wizard: run once, without a token, and never after somebody has begun (F-065 to F-071)."""

import asyncio
from copy import deepcopy
from typing import Any

import pytest
from httpx import AsyncClient
from ovix_confd.domains.wizard.discovery import gateways, resolver
from ovix_confd.domains.wizard.endpoints import EXAMPLE
from ovix_schema import Account, Entity, Installation, Registrar, Setting
from ovix_web import Sessions
from ovix_web.passwords import verify_password_now
from sqlalchemy import func, select, update

from .provisioning import Provisioning, phones

__all__ = ["phones"]


@pytest.fixture
def fresh(as_installed: None, sessions: Sessions, phones: Provisioning) -> Any:
    """Makes the installation one that nobody has touched; the settings come back afterwards."""

    async def emptied() -> None:
        from ovix_testkit import databases

        async with sessions() as session:
            url = session.bind.url.render_as_string(hide_password=False)  # type: ignore[union-attr]
        await databases.empty_tables(url.replace("+asyncpg", ""))
        from .provisioning import seed

        await seed(sessions)
        async with sessions.begin() as session:
            session.add(Registrar(id="default", deletable=False, main_host="", proxy_main_host=""))
            await session.execute(update(Installation).values(configured=False))

    return emptied


def changed(path: str, value: Any) -> dict[str, Any]:
    """The example with another value at a dotted path; None removes it."""
    body: Any = deepcopy(EXAMPLE)
    *outer, last = path.split(".")
    inner = body
    for name in outer:
        inner = inner[name]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return dict(body)


async def test_the_wizard_sets_up_an_installation_once(
    fresh: Any, client: Any, phones: Provisioning, sessions: Sessions, announced: Any
) -> None:
    await fresh()
    anyone = await client()
    assert (await anyone.get("/wizard")).json() == {"configured": False}
    assert (await anyone.get("/wizard/discover")).json()["gateways"][-1] == {
        "gateway": "0.0.0.0", "interface": None,
    }  # fmt: skip
    answer = await anyone.post("/wizard", json=EXAMPLE)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["admin_username"] == "root"
    assert "admin_password" not in told
    assert told["network"] == EXAMPLE["network"]
    assert (await announced())[-1] == "wizard_created"
    async with sessions() as session:
        installation = (await session.scalars(select(Installation))).one()
        assert (told["xivo_uuid"], installation.timezone) == (
            str(installation.uuid), "Europe/Paris",
        )  # fmt: skip
        account = (await session.scalars(select(Account))).one()
        assert (account.kind, account.login) == ("admin", "root")
        assert verify_password_now(account.password_hash or "", "proformatique")
        sip = (await session.get_one(Setting, "sip_general")).content["options"]
        assert sip["language"] == "fr_FR"
        entity = (await session.scalars(select(Entity))).one()
        assert (entity.name, entity.display_name) == ("company", "Company")
    api = await client("confd.#")
    contexts = {each["name"]: each for each in (await api.get("/contexts")).json()["items"]}
    assert {name: (each["type"], each["label"]) for name, each in contexts.items()} == {
        "__switchboard_directory": ("others", "Switchboard"),
        "from-extern": ("incall", "Incalls"),
        "default": ("internal", "Default"),
        "to-extern": ("outcall", "Outcalls"),
    }
    assert contexts["default"]["user_ranges"] == [{"start": "1000", "end": "1999"}]
    assert contexts["from-extern"]["incall_ranges"] == [
        {"start": "0142000000", "end": "0142000099", "did_length": 10}
    ]
    assert [each["name"] for each in contexts["default"]["contexts"]] == ["to-extern"]
    base, autoprov = await phones.config("base"), await phones.config("autoprov")
    assert base is not None
    assert base["raw_config"] == {
        "ntp_enabled": True, "ntp_ip": "192.0.2.10", "X_xivo_phonebook_ip": "192.0.2.10",
    }  # fmt: skip
    assert autoprov is not None
    line = autoprov["raw_config"]["sip_lines"]["1"]
    assert line["username"] == sip["autocreate_prefix"]
    assert (len(line["username"]), line["proxy_ip"]) == (10, "192.0.2.10")
    registrar = (await api.get("/registrars/default")).json()
    assert (registrar["name"], registrar["main_host"]) == ("local", "192.0.2.10")
    for method, path in (("POST", "/wizard"), ("GET", "/wizard/discover")):
        again = await anyone.request(method, path, json=EXAMPLE if method == "POST" else None)
        assert (again.status_code, again.json()) == (403, ["XiVO is already configured"])
    assert (await anyone.get("/wizard")).json() == {"configured": True}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("admin_password", "abc"),
        ("admin_password", "a" * 65),
        ("admin_password", "with blank"),
        ("admin_password", "tilde~tilde"),
        ("admin_password", None),
        ("license", False),
        ("license", "yes"),
        ("license", None),
        ("language", "de_DE"),
        ("entity_name", "a-b"),
        ("entity_name", None),
        ("timezone", None),
        ("network.hostname", "two.labels"),
        ("network.hostname", "-x"),
        ("network.domain", "exa mple"),
        ("network.interface", "eth 0"),
        ("network.ip_address", "300.1.1.1"),
        ("network.netmask", None),
        ("network.nameservers", ["192.0.2.1"] * 4),
        ("context_internal.number_start", "1a"),
        ("context_internal.number_end", "0999"),
        ("context_internal.number_end", "19999"),
        ("context_internal.display_name", "ab"),
        ("context_internal", None),
        ("context_incall.did_length", None),
        ("context_incall.did_length", 0),
        ("context_incall.did_length", 21),
        ("context_incall.number_end", None),
    ],
)
async def test_what_the_wizard_can_not_take_is_refused(
    fresh: Any, client: Any, phones: Provisioning, path: str, value: Any
) -> None:
    await fresh()
    anyone = await client()
    answer = await anyone.post("/wizard", json=changed(path, value))
    assert answer.status_code == 400, answer.text
    assert all(each.startswith("Input Error - ") for each in answer.json())
    assert "proformatique" not in answer.text
    assert (await anyone.get("/wizard")).json() == {"configured": False}
    assert phones.way.requests == []


async def test_of_two_at_once_one_wins(fresh: Any, client: Any, sessions: Sessions) -> None:
    await fresh()
    anyone: AsyncClient = await client()
    answers = await asyncio.gather(*(anyone.post("/wizard", json=EXAMPLE) for _ in range(4)))
    assert sorted(each.status_code for each in answers) == [200, 403, 403, 403]
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Account)) == 1


async def test_while_provd_is_away_nothing_is_stored(
    fresh: Any, client: Any, phones: Provisioning
) -> None:
    await fresh()
    anyone = await client()
    phones.way.fails_after = 2
    assert (await anyone.post("/wizard", json=EXAMPLE)).status_code == 503
    assert (await anyone.get("/wizard")).json() == {"configured": False}
    phones.way.away, phones.way.fails_after = False, None
    assert (await anyone.post("/wizard", json=EXAMPLE)).status_code == 200


async def test_an_administrator_or_a_context_closes_the_wizard(
    fresh: Any, client: Any, confd: Any, save: Any
) -> None:
    anyone = await client()
    assert (await anyone.get("/wizard")).json() == {"configured": True}  # there is a context
    await fresh()
    await save(Account(kind="admin", name="Root", login="root", password_hash="x"))
    assert (await anyone.post("/wizard", json=EXAMPLE)).status_code == 403


def test_the_resolver_is_read() -> None:
    lines = ["# comment", "search example.org other.org", "nameserver 192.0.2.1", "", "nameserver"]
    assert resolver(lines) == (["192.0.2.1"], "example.org")
    assert resolver([]) == ([], None)


def test_default_routes_are_gateways() -> None:
    table = [
        "Iface\tDestination\tGateway \tFlags", "eth0\t00000000\t010200C0\t0003",
        "eth0\t000200C0\t00000000\t0001", "",
    ]  # fmt: skip
    assert gateways(table) == [
        {"gateway": "192.0.2.1", "interface": "eth0"}, {"gateway": "0.0.0.0", "interface": None},
    ]  # fmt: skip
