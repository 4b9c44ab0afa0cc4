"""XiVO's displays for phones, from its YAML files (reference/dird.md, A1 and A11)."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from httpx import ASGITransport, AsyncClient
from ovix_dird.app import create_dird_app
from ovix_dird.engine.configuration import Configuration, ProfileConfig
from ovix_dird.engine.yaml_files import laid_over, read_files
from ovix_dird.phone_displays import (
    Number,
    PhoneDisplay,
    read_phone_display,
    written_phone_display,
)
from ovix_dird.phones.app import create_phones_app
from ovix_dird.settings import DirdSettings
from ovix_web import running

from .test_scenarios import parsed

CONTACTS = """id,firstname,lastname,number,mobile,fax
1,Zoé,Martin,01 42 00 00 01,06 12 00 00 01,01 42 99 00 01
2,Bob,Martin,,06 12 00 00 02,
"""
CONF = """
sources:
  people:
    type: csv
    file: {file}
    searched_columns: [firstname, lastname]
    format_columns:
      name: "{{lastname}} {{firstname}}"
      short: "{{firstname}}"
      phone: "{{number}}"
      phone_mobile: "{{mobile}}"
      fax: "{{fax}}"
services:
  lookup:
    sales: {{sources: [people]}}
    others: {{sources: [people]}}
views:
  displays:
    screens: {{"1": [Nom, name, null, name], "2": [Numéro, number, null, phone]}}
  profile_to_display: {{sales: screens, others: screens}}
  displays_phone:
    handsets:
      name: [nickname, short]
      number:
        - field: [phone, phone_mobile]
        - field: [phone_mobile]
          name_format: "{{name}} (Home)"
        - field: [fax]
          name_format: "Fax {{name}}"
  profile_to_display_phone: {{sales: handsets}}
"""


def write(directory: Path, display: str = "handsets") -> None:
    file = directory / "people.csv"
    file.write_text(CONTACTS)
    (directory / "conf.d").mkdir(exist_ok=True)
    content = CONF.format(file=file).replace("sales: handsets", f"sales: {display}")
    (directory / "conf.d" / "xivo.yml").write_text(content)


async def test_phones_are_shown_what_the_files_say_and_screens_their_columns(
    dird_settings: Mapping[str, Any], tmp_path: Path, user_uuid: UUID
) -> None:
    """A11: a name, and an entry for each number, whose line says what it is."""
    write(tmp_path)
    settings = DirdSettings(**dird_settings, config_dir=tmp_path, file_poll_s=0.05)
    app = create_dird_app(settings)
    phones = ASGITransport(create_phones_app(app), client=("192.168.3.4", 40000))
    async with (
        running(app),
        AsyncClient(transport=phones, base_url="http://10.20.0.1:9498/0.1") as phone,
    ):

        async def shown(profile: str, **headers: str) -> list[tuple[str | None, str | None]]:
            answer = await phone.get(
                f"/directories/lookup/{profile}/yealink",
                params={"xivo_user_uuid": str(user_uuid), "term": "martin"},
                headers=headers,
            )
            entries = parsed(answer).findall("DirectoryEntry")
            return [(each.findtext("Name"), each.findtext("Telephone")) for each in entries]

        async def comes_to_be(entries: list[tuple[str, str]]) -> None:
            async with asyncio.timeout(60):
                while await shown("sales") != entries:  # noqa: ASYNC110 - it asks over HTTP
                    await asyncio.sleep(0.05)

        await comes_to_be(
            [
                ("Bob", "0612000002"),
                ("Bob (Home)", "0612000002"),
                ("Fax Zoé", "0142990001"),
                ("Zoé", "0142000001"),
                ("Zoé (Home)", "0612000001"),
            ]
        )
        french = [name for name, _ in await shown("sales", **{"Accept-Language": "fr"})]
        assert french == ["Bob", "Bob (Domicile)", "Fax Zoé", "Zoé", "Zoé (Domicile)"]
        # Where the files say nothing of phones the columns do.
        assert await shown("others") == [("Martin Zoé", "0142000001")]
        write(tmp_path, "gone")
        await comes_to_be([("Martin Zoé", "0142000001")])


@pytest.mark.parametrize(
    ("given", "display"),
    [
        (
            {"name": ["a", "b"], "number": [{"field": ["c", "d"]}]},
            PhoneDisplay(("a", "b"), (Number(("c", "d")),)),
        ),
        (
            {"name": "a", "number": {"field": "c", "name_format": "{name} - {number}"}},
            PhoneDisplay(("a",), (Number(("c",), form="{name} - {number}"),)),
        ),
        (
            {"number": [{"field": ["c"], "name_format": "{name}"}, {"field": []}, 3, {"field": 3}]},
            PhoneDisplay((), (Number(("c",)),)),
        ),
        (
            {
                "name": [],
                "number": [
                    {"field": ["c"], "name_format": f"{{name}} ({word})"}
                    for word in ("Office", "Mobile", "Home", "Other", "Car")
                ],
            },
            PhoneDisplay(
                (),
                (
                    *(Number(("c",), kind) for kind in ("office", "mobile", "home", "other")),
                    Number(("c",), form="{name} (Car)"),
                ),
            ),
        ),
        ({"name": ["a"]}, None),
        ({"name": ["a"], "number": "phone"}, None),
        ([], None),
        (None, None),
    ],
)
def test_displays_are_read_in_xivos_form(given: Any, display: PhoneDisplay | None) -> None:
    assert read_phone_display(given) == display
    if display is not None:
        assert read_phone_display(written_phone_display(display)) == display


def test_a_profile_of_the_database_may_have_its_phones_display_in_a_file(tmp_path: Path) -> None:
    write(tmp_path)
    known = Configuration(profiles={(None, "sales"): ProfileConfig("sales")})
    laid = laid_over(known, read_files(tmp_path))
    display = laid.profile("sales", None).phone_display
    assert display is not None
    assert display.name == ("nickname", "short")
    assert laid.profile("others", None).phone_display is None
