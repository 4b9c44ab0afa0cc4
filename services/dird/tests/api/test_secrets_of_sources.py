"""What may be read of sources, and which files they may name."""

from typing import Any

import pytest
from ovix_schema import Entity

KEYS = "/var/lib/xivo-auth-keys/xivo-dird-key.yml"
ELSEWHERE = {"host": "elsewhere.example"}


async def test_a_key_file_is_one_that_was_set_aside(
    directories: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """It would be sent to whatever server the source names."""
    aside = tmp_path_factory.mktemp("keys") / "key.yml"
    async with await directories.client() as client:
        for path, status in ((KEYS, 400), (str(aside), 200)):
            auth = {**ELSEWHERE, "key_file": path}
            body = {"name": "branch", "auth": auth, "confd": ELSEWHERE}
            made = await client.post("/backends/wazo/sources", json=body)
            assert made.status_code == status, made.text
        assert (
            "auth.key_file must lie below"
            in (
                await client.put(
                    f"/backends/wazo/sources/{made.json()['uuid']}",
                    json={"name": "branch", "auth": {**ELSEWHERE, "key_file": KEYS}},
                )
            ).text
        )


async def test_lists_and_config_show_no_password_of_a_url(directories: Any) -> None:
    url = "https://reader:s3cret@crm.example/list"
    settings = {"list_url": url, "lookup_url": url, "db_uri": "postgresql://a:s3cret@localhost/b"}
    await directories.source("csv_ws", "crm", **settings)
    async with await directories.client() as client:
        for path in ("/config", "/backends/csv_ws/sources"):
            shown = (await client.get(path)).text
            assert "crm.example/list" in shown
            assert "s3cret" not in shown


async def test_a_source_of_all_shows_its_password_to_who_may_change_it(
    directories: Any,
) -> None:
    acme = Entity(name="acme")
    await directories.save(acme)
    secret: dict[str, Any] = {
        "ldap_uri": "ldap://ldap.example",
        "ldap_base_dn": "dc=x",
        "ldap_password": "s3cret",
    }
    secret |= {"searched_columns": ["cn"]}
    source = await directories.source("ldap", "company", **secret)
    path = f"/backends/ldap/sources/{source.uuid}"
    async with await directories.client() as client:
        assert (await client.get(path)).json()["ldap_password"] == "s3cret"
    async with await directories.client(entity_id=acme.id) as client:
        assert (await client.get(path)).json()["ldap_password"] is None
