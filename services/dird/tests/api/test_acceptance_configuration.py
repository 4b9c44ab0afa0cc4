"""reference/dird.md, part F: configuration by REST and by files (scenarios 20, 23, 24)."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from ovix_dird.app import create_dird_app
from ovix_dird.engine.configuration import Configuration, SourceConfig
from ovix_dird.engine.yaml_files import UnreadableFile, laid_over, read_files
from ovix_testkit.builders import an_entity
from ovix_web import running

BOB = {"id": "1", "firstname": "Bob", "lastname": "Martin", "number": "0142000002"}
LISTED = {
    "searched_columns": ["firstname", "lastname"],
    "first_matched_columns": ["number"],
    "format_columns": {"name": "{firstname} {lastname}"},
    "unique_column": "id",
}
DISPLAY = {
    "name": "short",
    "columns": [{"title": "Name", "type": "name", "field": "name"}],
}


async def made(client: Any, path: str, body: dict[str, Any], status: int = 201) -> Any:
    answer = await client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def a_source(client: Any, **fields: Any) -> Any:
    body = {"name": "customers", "contacts": [BOB], **LISTED, **fields}
    return await made(client, "/backends/listed/sources", body, 200)


async def a_profile(client: Any, *sources: Any, **fields: Any) -> Any:
    display = await made(client, "/displays", DISPLAY)
    uuids = [{"uuid": each["uuid"]} for each in sources]
    services = {name: {"sources": uuids} for name in ("lookup", "reverse", "favorites")}
    body = {"name": "sales", "display": {"uuid": display["uuid"]}, "services": services, **fields}
    return await made(client, "/profiles", body)


def names(answer: Any) -> list[Any]:
    assert answer.status_code == 200, answer.text
    return [each["column_values"][0] for each in answer.json()["results"]]


async def test_23_a_source_made_by_rest_is_found_in_by_the_next_lookup(directories: Any) -> None:
    client = await directories.client()
    source = await a_source(client, contact_url="https://crm.example/{id}")
    await a_profile(client, source)
    params = {"term": "bob"}
    found = await client.get("/directories/lookup/sales", params=params)
    assert found.json()["results"][0]["url"] == "https://crm.example/1"
    assert names(await client.get("/directories/lookup/sales", params=params)) == ["Bob Martin"]
    again = await client.post("/backends/listed/sources", json={"name": "customers"})
    assert again.status_code == 409
    assert again.json()["message"] == 'The name "customers" is already used'
    one = f"/backends/listed/sources/{source['uuid']}"
    assert (await client.get(one)).json() == source
    body = {"name": "clients", **LISTED, "contacts": [{**BOB, "firstname": "Rob"}]}
    assert (await client.put(one, json=body)).status_code == 204
    found = await client.get("/directories/lookup/sales", params={"term": "rob"})
    assert names(found) == ["Rob Martin"]
    assert found.json()["results"][0]["source"] == "clients"
    assert (await client.delete(one)).status_code == 204
    assert names(await client.get("/directories/lookup/sales", params={"term": "rob"})) == []
    gone = await client.get(one)
    assert (gone.status_code, gone.json()["error_id"]) == (404, "unknown-source")


async def test_favorites_survive_a_new_name_and_go_with_their_source(directories: Any) -> None:
    client = await directories.client()
    hers = await directories.client(await directories.user("Alice"))
    source = await a_source(client)
    await a_profile(client, source)
    assert (await hers.put("/directories/favorites/customers/1")).status_code == 204
    one = f"/backends/listed/sources/{source['uuid']}"
    await client.put(one, json={"name": "clients", "contacts": [BOB], **LISTED})
    assert names(await hers.get("/directories/favorites/sales")) == ["Bob Martin"]
    await client.delete(one)
    assert names(await hers.get("/directories/favorites/sales")) == []


async def test_24_a_profile_whose_display_is_gone_has_no_columns(directories: Any) -> None:
    client = await directories.client()
    profile = await a_profile(client, await a_source(client))
    display = profile["display"]["uuid"]
    assert (await client.delete(f"/displays/{display}")).status_code == 204
    assert (await client.get(f"/profiles/{profile['uuid']}")).json()["display"] is None
    answer = (await client.get("/directories/lookup/sales", params={"term": "bob"})).json()
    assert (answer["column_headers"], answer["column_types"]) == ([], [])
    assert answer["results"][0]["column_values"] == []


async def test_profiles_and_displays_live_and_die(directories: Any) -> None:
    client = await directories.client()
    source = await a_source(client)
    profile = await a_profile(client, source)
    one = f"/profiles/{profile['uuid']}"
    assert (await client.get(one)).json() == profile
    listed = (await client.get("/profiles", params={"search": "SAL"})).json()
    assert (listed["total"], listed["filtered"], listed["items"]) == (1, 1, [profile])
    options = {"timeout": 0.5, "merge": "never"}
    body = {"name": "all", "services": {"lookup": {"sources": [], "options": options}}}
    assert (await client.put(one, json=body)).status_code == 204
    changed = (await client.get(one)).json()
    assert changed["services"] == {"lookup": {"sources": [], "options": options}}
    no_profiles: list[dict[str, Any]] = [
        {"name": "x", "services": {"unknown": {}}},
        {"name": "x", "services": {"lookup": {"options": {"timeout": 0}}}},
        {"name": "x", "services": {"lookup": {"options": {"speed": 1}}}},
        {"name": ""},
        {"name": "x" * 513},
    ]
    for wrong in no_profiles:
        bad = await client.post("/profiles", json=wrong)
        assert (bad.status_code, bad.json()["error_id"]) == (400, "invalid-data"), wrong
    for missing, error in (
        ({"display": {"uuid": str(uuid4())}}, "unknown-display"),
        ({"services": {"lookup": {"sources": [{"uuid": str(uuid4())}]}}}, "unknown-source"),
    ):
        bad = await client.post("/profiles", json={"name": "x", **missing})
        assert (bad.status_code, bad.json()["error_id"]) == (404, error)
    assert (await client.delete(one)).status_code == 204
    gone = await client.get(one)
    assert (gone.status_code, gone.json()["error_id"]) == (404, "unknown-profile")
    no_displays: list[dict[str, Any]] = [
        {"name": "x", "columns": []}, {"name": "x", "columns": [{}]}, {"columns": [1]}
    ]  # fmt: skip
    for wrong in no_displays:
        assert (await client.post("/displays", json=wrong)).status_code == 400
    [display] = (await client.get("/displays")).json()["items"]
    other = {**DISPLAY, "columns": [{"title": "N", "field": "phone", "number_display": "{name}"}]}
    assert (await client.put(f"/displays/{display['uuid']}", json=other)).status_code == 204
    shown = (await client.get(f"/displays/{display['uuid']}")).json()
    assert shown["columns"][0]["number_display"] == "{name}"


async def test_sources_are_listed_by_type_name_and_profile(directories: Any) -> None:
    client = await directories.client()
    first, second = await a_source(client), await a_source(client, name="others")
    await a_profile(client, second)
    await made(client, "/backends/personal/sources", {"name": "personal"}, 200)
    found = (await client.get("/sources", params={"backend": "listed"})).json()
    assert [each["name"] for each in found["items"]] == ["customers", "others"]
    assert (found["total"], found["filtered"]) == (3, 2)
    found = (await client.get("/sources", params={"order": "name", "direction": "desc"})).json()
    assert [each["name"] for each in found["items"]] == ["personal", "others", "customers"]
    found = (await client.get("/directories/sales/sources")).json()
    assert [each["uuid"] for each in found["items"]] == [second["uuid"]]
    assert (await client.get("/directories/nope/sources")).status_code == 404
    types = {each["name"] for each in (await client.get("/backends")).json()["items"]}
    assert {"listed", "personal", "phonebook", "xivo"} <= types
    contacts = await client.get(f"/backends/listed/sources/{first['uuid']}/contacts")
    assert contacts.json()["items"][0]["name"] == "Bob Martin"
    dead = await a_source(client, name="dead", fails="no route to it")
    answer = await client.get(f"/backends/listed/sources/{dead['uuid']}/contacts")
    assert (answer.status_code, answer.json()["message"]) == (
        503,
        "The source does not answer: no route to it",
    )


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "x", "searched_columns": "firstname"},
        {"name": "x", "format_columns": {"name": "{x.__class__!r}"}},
        {"name": "x", "format_columns": {"name": "{"}},
        {"name": "x\x00"},
        {"name": "x", "contact_url": "{url}"},
        {"name": "x", "contacts": [{"a": "\x00"}]},
    ],
)
async def test_a_source_that_can_not_be_is_refused(directories: Any, body: dict[str, Any]) -> None:
    client = await directories.client()
    assert (await client.post("/backends/listed/sources", json=body)).status_code == 400


async def test_passwords_are_in_no_list_and_not_in_the_configuration(directories: Any) -> None:
    client = await directories.client()
    secret = {"password": "hush-hush"}
    source = await a_source(client, contacts=[{"id": "1", "nested": secret, **secret}])
    for path in ("/backends/listed/sources", "/sources", "/config", "/status"):
        assert "hush-hush" not in (await client.get(path)).text, path
    # A source's own page has them: who may change it gives back what it read.
    one = f"/backends/listed/sources/{source['uuid']}"
    assert "hush-hush" in (await client.get(one)).text


async def test_an_entity_changes_its_own_configuration_only(directories: Any) -> None:
    one, other = an_entity(), an_entity()
    await directories.save(one, other)
    everybody = await directories.client()
    mine = await directories.client(entity_id=one.id)
    theirs = await directories.client(entity_id=other.id)
    shared = await a_source(everybody, name="shared")
    own = await a_source(mine, name="own")
    assert own["entity_id"] == one.id
    assert (await theirs.post("/backends/listed/sources", json={"name": "own"})).status_code == 200
    seen = [each["name"] for each in (await mine.get("/sources")).json()["items"]]
    assert seen == ["own", "shared"]
    url = "/backends/listed/sources/"
    assert (await theirs.get(url + own["uuid"])).status_code == 404
    assert (await theirs.delete(url + own["uuid"])).status_code == 404
    assert (await theirs.put(url + own["uuid"], json={"name": "x"})).status_code == 404
    assert (await mine.get(url + shared["uuid"])).status_code == 200
    assert (await mine.delete(url + shared["uuid"])).status_code == 401
    assert (await mine.put(url + shared["uuid"], json={"name": "x"})).status_code == 401
    services = {"lookup": {"sources": [{"uuid": own["uuid"]}]}}
    bad = await theirs.post("/profiles", json={"name": "x", "services": services})
    assert (bad.status_code, bad.json()["error_id"]) == (404, "unknown-source")
    await mine.post("/profiles", json={"name": "x", "services": services})
    assert (await mine.get("/directories/lookup/x", params={"term": ""})).status_code == 200
    assert (await theirs.get("/directories/lookup/x", params={"term": ""})).status_code == 404


async def test_the_configuration_is_shown_in_the_form_of_the_files(directories: Any) -> None:
    client = await directories.client()
    source = await a_source(client)
    await a_profile(client, source)
    shown = (await client.get("/config")).json()
    assert shown["sources"]["customers"]["type"] == "listed"
    assert shown["services"]["lookup"]["sales"]["sources"] == ["customers"]
    assert shown["views"]["profile_to_display"]["sales"]
    state = (await client.get("/status")).json()
    assert state["sources"]["customers"]["status"] == "up"


SOURCES_D = """
type: listed
name: crm
searched_columns: [firstname]
unique_column: id
format_columns: {name: "{firstname} {lastname}"}
contacts: [{id: "5", firstname: Zoé, lastname: File}]
"""
CONF_D = """
services:
  lookup: {files: {sources: [crm, customers, no-such-source], timeout: 1.5}}
  favorites: {files: {sources: {crm: true, customers: false}}}
  reverse: {files: {sources: [crm]}}
views:
  displays:
    of_files:
      "100": [Third, number, null, phone]
      "10": [First, name, null, name]
      "20": [Second, favorite, null, favorite]
  profile_to_display: {files: of_files}
"""


@pytest_asyncio.fixture(loop_scope="session")
async def files(tmp_path: Path, settings: Any, listed: Any, directories: Any) -> Any:
    """A dird that also reads XiVO's YAML files, and their directory."""
    for folder in ("sources.d", "conf.d"):
        (tmp_path / folder).mkdir()
    own = settings.model_copy(update={"config_dir": tmp_path, "file_poll_s": 0.05})
    async with running(create_dird_app(own, {"listed": listed})) as app:
        directories.app = app
        yield tmp_path


async def test_20_files_are_applied_when_they_change_and_columns_come_in_numeric_order(
    files: Path, directories: Any, eventually: Any
) -> None:
    client = await directories.client(await directories.user("Alice"))
    await directories.source("listed", "customers", contacts=[BOB], **LISTED)
    (files / "sources.d" / "crm.yml").write_text(SOURCES_D)
    (files / "conf.d" / "all.yml").write_text(CONF_D)
    url = "/directories/lookup/files"

    async def found(term: str) -> list[Any]:
        answer = await client.get(url, params={"term": term})
        return names(answer) if answer.status_code == 200 else []

    async def both_are_there() -> bool:
        return await found("zoe") == ["Zoé File"] and await found("bob") == ["Bob Martin"]

    await eventually("the files are applied", both_are_there)
    headers = (await client.get(f"{url}/headers")).json()
    assert headers["column_headers"] == ["First", "Second", "Third"]
    assert (await client.put("/directories/favorites/crm/5")).status_code == 204
    assert names(await client.get("/directories/favorites/files")) == ["Zoé File"]

    # Half of a file is no configuration: what was there before holds.
    (files / "sources.d" / "crm.yml").write_text(SOURCES_D[:-30] + " [")
    (files / "conf.d" / "more.yml").write_text("services: {lookup: {more: {sources: [crm]}}}")
    assert await found("zoe") == ["Zoé File"]
    (files / "sources.d" / "crm.yml").write_text(SOURCES_D.replace("Zoé", "Noé"))

    async def is_renamed() -> bool:
        return await found("noe") == ["Noé File"]

    await eventually("the change is applied", is_renamed)
    more = await client.get("/directories/lookup/more", params={"term": "noe"})
    assert more.status_code == 200
    assert names(await client.get("/directories/favorites/files")) == ["Noé File"]
    (files / "sources.d" / "crm.yml").unlink()

    async def is_gone() -> bool:
        return await found("noe") == []

    await eventually("the source is gone", is_gone)


def test_a_file_adds_to_a_source_of_the_database_and_leaves_it_its_uuid(tmp_path: Path) -> None:
    (tmp_path / "sources.d").mkdir()
    content = "name: ad\nunique_column: objectGUID\nldap_timeout: 2\n"
    (tmp_path / "sources.d" / "ad.yml").write_text(content)
    known = SourceConfig("u", "ad", "ldap", {"ldap_uri": "ldap://ad", "ldap_timeout": 1})
    laid = laid_over(Configuration(sources={"u": known}), read_files(tmp_path))
    assert laid.sources["u"].settings == {
        "ldap_uri": "ldap://ad",
        "ldap_timeout": 2,
        "unique_column": "objectGUID",
    }
    assert laid.sources["u"].backend == "ldap"


@pytest.mark.parametrize(
    ("content", "backend"),
    [
        ("type: dird_phonebook\nname: x\n", "phonebook"),
        ("type: xivo\nname: x\n", "xivo"),
        ("type: xivo\nname: x\nconfd_config: {host: other}\n", "wazo"),
        ("type: csv\nname: x\n", "csv"),
    ],
)
def test_types_of_xivo_are_the_back_ends_that_do_the_same(
    tmp_path: Path, content: str, backend: str
) -> None:
    (tmp_path / "sources.d").mkdir()
    (tmp_path / "sources.d" / "x.yml").write_text(content)
    [source] = laid_over(Configuration(), read_files(tmp_path)).sources.values()
    assert source.backend == backend
    assert UUID(source.uuid)


@pytest.mark.parametrize(
    "content", ["[1]", "{", "- a", "sources: 3", "services: {lookup: 3}", "x: !!python/name:os.x"]
)
def test_a_file_that_is_no_configuration_is_refused_by_its_name(
    tmp_path: Path, content: str
) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "bad.yml").write_text(content)
    with pytest.raises(UnreadableFile, match=r"bad\.yml"):
        read_files(tmp_path)


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "{below}/../../etc/passwd", "{below}/link", "/proc/self/environ"]
)
async def test_a_source_made_by_rest_reads_no_file_but_those_set_aside(
    directories: Any, tmp_path: Path, path: str
) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    client = await directories.client()
    body = {"name": "anything", "searched_columns": ["name"], "separator": ":"}
    file = {"file": path.format(below=tmp_path)}
    refused = await client.post("/backends/csv/sources", json={**body, **file})
    assert refused.status_code == 400, refused.text
    assert "OVIX_DIRD_CSV_DIRECTORIES" in refused.json()["message"]
    (tmp_path / "people.csv").write_text("name\nBob\n")
    file = {"file": str(tmp_path / "people.csv")}
    source = await made(client, "/backends/csv/sources", {**body, **file}, 200)
    one = f"/backends/csv/sources/{source['uuid']}"
    file = {"file": path.format(below=tmp_path)}
    assert (await client.put(one, json={**body, **file})).status_code == 400
    assert (await client.get(one)).json() == source


async def test_the_header_names_the_entity_whose_configuration_is_meant(directories: Any) -> None:
    one, other = an_entity(), an_entity()
    await directories.save(one)
    await directories.save(other)
    anybody, bound = await directories.client(), await directories.client(entity_id=one.id)
    about = {"Wazo-Tenant": str(other.uuid)}
    body = {"name": "theirs", "columns": [{"title": "Name", "field": "name", "type": "name"}]}
    made = await anybody.post("/displays", json=body, headers=about)
    assert made.status_code == 201, made.text
    url = f"/displays/{made.json()['uuid']}"
    assert (await anybody.get(url, headers=about)).status_code == 200
    assert (await anybody.get(url, headers={"Wazo-Tenant": str(one.uuid)})).status_code == 404
    assert (await bound.get(url)).status_code == 404
    assert (await bound.get(url, headers=about)).status_code == 401
