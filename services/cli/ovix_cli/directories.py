"""Contacts that the first ``ovix up`` gives to dird, so that a first lookup finds somebody."""

import csv
from typing import Any

import httpx

from .addresses import base_url
from .home import CliError, Home

PHONEBOOK = (
    {"firstname": "Camille", "lastname": "Marchand", "displayname": "Camille Marchand",
     "society": "Papeterie Lumière", "number_office": "0142680001", "number_mobile": "0612000001",
     "email": "camille@papeterie.example"},
    {"firstname": "Élodie", "lastname": "Noël", "displayname": "Élodie Noël",
     "society": "Transports Rapides", "number_office": "+33 1 42 68 00 02",
     "email": "elodie@transports.example"},
    {"firstname": "Mehdi", "lastname": "Benali", "displayname": "Mehdi Benali",
     "society": "Transports Rapides", "number_mobile": "06 12 00 00 03"},
    {"firstname": "Ingrid", "lastname": "Larsen", "displayname": "Ingrid Larsen",
     "society": "Nordlys AS", "number_office": "+47 22 00 00 04"},
)  # fmt: skip
CUSTOMERS = (
    {"id": "C001", "firstname": "Marius", "lastname": "Lefèvre", "company": "Boulangerie Lefèvre",
     "number": "0142680011", "email": "marius@lefevre.example"},
    {"id": "C002", "firstname": "Agathe", "lastname": "Martinez", "company": "Agence Martinez",
     "number": "0142680012", "email": "agathe@martinez.example"},
    {"id": "C003", "firstname": "Omar", "lastname": "Diallo", "company": "Diallo Conseil",
     "number": "0142680013", "email": "omar@diallo.example"},
)  # fmt: skip
CSV_SOURCE: dict[str, Any] = {
    "name": "customers",
    "unique_column": "id",
    "searched_columns": ["firstname", "lastname", "company", "number", "email"],
    "first_matched_columns": ["number"],
    "format_columns": {
        "name": "{firstname} {lastname}",
        "display_name": "{firstname} {lastname} ({company})",
        "reverse": "{firstname} {lastname}",
        "phone": "{number}",
        "header_1_info": "{firstname} {lastname}",
        "header_2_info": "{company}",
        "contact_2_callable": "{number}",
        "contact_5_email": "{email}",
    },
}
PROFILE = "default"


async def filled_once(token: str, home: Home) -> bool:
    """Fill the phonebook and add a CSV of customers, once in the life of an installation.

    What an operator deletes stays away. Raises `CliError`.
    """
    done = home.directory / "directories"
    if (done / "filled").exists():
        return False
    done.mkdir(exist_ok=True)
    path = done / "customers.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(CUSTOMERS[0]))
        writer.writeheader()
        writer.writerows(CUSTOMERS)
    async with httpx.AsyncClient(
        base_url=f"{base_url('dird')}/0.1", headers={"X-Auth-Token": token}, timeout=15
    ) as dird:
        try:
            await _fill_phonebook(dird)
            await _add_source(dird, {**CSV_SOURCE, "file": str(path)})
        except httpx.HTTPError as error:
            raise CliError(f"directories were not filled: {error}") from error
    (done / "filled").touch()
    return True


async def _fill_phonebook(dird: httpx.AsyncClient) -> None:
    found = await _get(dird, "/phonebooks", search="xivo")
    if not found["items"]:
        return  # somebody has deleted it
    contacts = f"/phonebooks/{found['items'][0]['uuid']}/contacts"
    for contact in PHONEBOOK:
        answer = await dird.post(contacts, json=contact)
        if answer.status_code != httpx.codes.CONFLICT:  # it is there since an earlier attempt
            answer.raise_for_status()


async def _add_source(dird: httpx.AsyncClient, source: dict[str, Any]) -> None:
    """The source, and the profile that everybody's lookups use with it."""
    known = await _get(dird, "/sources", name=source["name"])
    profiles = await _get(dird, "/profiles", name=PROFILE)
    if known["items"] or not profiles["items"]:
        return
    made = await dird.post("/backends/csv/sources", json=source)
    made.raise_for_status()
    profile = profiles["items"][0]
    for service in profile["services"].values():
        service["sources"].append({"uuid": made.json()["uuid"]})
    (await dird.put(f"/profiles/{profile['uuid']}", json=profile)).raise_for_status()


async def _get(dird: httpx.AsyncClient, path: str, **query: str) -> dict[str, Any]:
    answer = await dird.get(path, params=query)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found
