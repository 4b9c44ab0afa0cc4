"""Registrars, and the lines that have them: reference/confd, "Registrars" (F-094)."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from ovix_schema import Context, Entity, Registrar

Confd = Any
Save = Callable[..., Awaitable[Any]]
HOSTS = {"main_host": "192.0.2.10", "proxy_main_host": "192.0.2.10"}
MISSING = "Input Error - field 'registrar': Registrar was not found"


async def test_what_is_not_given_is_generated_or_null(confd: Confd) -> None:
    made = await confd.make("/registrars", **HOSTS)
    assert re.fullmatch("[0-9a-f]{32}", made["id"])
    assert (made["deletable"], made["name"], made["backup_host"]) == (True, None, None)
    assert (await confd.read(f"/registrars/{made['id']}")) == made


@pytest.mark.parametrize(
    "body",
    [
        {"main_host": None}, {"proxy_main_host": None}, {"main_port": 0}, {"main_port": 65536},
        {"deletable": "yes"}, {"id": "a/b"}, {"id": ".."}, {"id": "x" * 129}, {"id": 3},
        {"name": "x" * 129}, {"backup_host": "h" * 256},
    ],
)  # fmt: skip
async def test_a_field_out_of_its_kind_is_refused(confd: Confd, body: dict[str, Any]) -> None:
    await confd.refused("POST", "/registrars", "Input Error - ", **{**HOSTS, **body})


async def test_both_main_hosts_are_required(confd: Confd) -> None:
    await confd.refused("POST", "/registrars", "Input Error - main_host", proxy_main_host="h")
    await confd.refused("POST", "/registrars", "Input Error - proxy_main_host", main_host="h")


async def test_an_id_belongs_to_one_registrar_and_stays(confd: Confd) -> None:
    await confd.make("/registrars", id="lyon", **HOSTS)
    taken = "Resource Error - Registrar already exists"
    await confd.refused("POST", "/registrars", taken, id="lyon", **HOSTS)
    await confd.do("PUT", "/registrars/lyon", id="paris", name="Lyon")
    assert (await confd.read("/registrars/lyon"))["name"] == "Lyon"


async def test_what_is_not_deletable_stays(confd: Confd) -> None:
    await confd.make("/registrars", id="local", deletable=False, **HOSTS)
    because = "Resource Error - Operation not permitted. Registrar is not deletable"
    await confd.refused("DELETE", "/registrars/local", because)


async def test_a_registrar_of_a_line_stays_as_long_as_the_line_has_it(confd: Confd) -> None:
    await confd.make("/registrars", id="lyon", **HOSTS)
    line = await confd.line(registrar="lyon")
    because = "Resource Error - Registrar is associated with a Line"
    await confd.refused("DELETE", "/registrars/lyon", because)
    await confd.do("PUT", f"/lines/{line['id']}", registrar="default")
    await confd.do("DELETE", "/registrars/lyon")


async def test_a_line_takes_a_registrar_that_exists(confd: Confd) -> None:
    line = await confd.line()
    assert line["registrar"] == "default"
    await confd.refused("POST", "/lines", MISSING, context="default", registrar="nowhere")
    await confd.refused("PUT", f"/lines/{line['id']}", MISSING, registrar="nowhere")


async def test_a_line_takes_the_registrar_of_its_entity_or_of_all(confd: Confd, save: Save) -> None:
    other = await save(Entity(name="other"))
    await save(Context(name="theirs", entity_id=other.id), Registrar(id="all", **HOSTS))
    await confd.make("/registrars", id="ours", **HOSTS)
    await confd.line(context="theirs", registrar="all")
    await confd.refused("POST", "/lines", MISSING, context="theirs", registrar="ours")
