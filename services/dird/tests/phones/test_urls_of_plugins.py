"""What provisioning writes into phones is what dird answers (reference/phoned.md, part D)."""

import re
from collections.abc import Awaitable, Callable
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID
from xml.etree import ElementTree

import pytest
from httpx import AsyncClient

from .conftest import WrittenDirectory

SAMPLES = Path(__file__).parents[3] / "provd/tests/plugins"
USER = UUID("0b30a2a6-7d4c-4f3e-9e47-0b86c44d28e4")
"""Whose phones the samples are."""
_URL = re.compile(r"10\.20\.0\.1:9498/[^\s<>\"']*")
_BASE = "/0.1/directories"


def written() -> set[str]:
    """The URLs of the directory in all files that our plugins write for the sample phones."""
    found = set()
    for path in SAMPLES.glob("*/*/expected/**/*"):
        if path.is_file():
            text = unescape(path.read_bytes().decode("latin-1"))
            found |= {"http://" + url for url in _URL.findall(text)}
    return found


# What XiVO's plugins write, by family.
OF_XIVO = {
    "aastra": f"{_BASE}/input/default/aastra?xivo_user_uuid={USER}",
    "alcatel, snom": f"{_BASE}/input/default/snom?xivo_user_uuid={USER}",
    "cisco sccp": f"{_BASE}/menu/default/cisco?xivo_user_uuid={USER}",
    "cisco spa": f"{_BASE}/input/default/cisco?xivo_user_uuid={USER}",
    "fanvil x7c": f"{_BASE}/lookup/default/fanvil?xivo_user_uuid={USER}&term=",
    "fanvil v, i": f"{_BASE}/lookup/default/fanvil-v2?xivo_user_uuid={USER}&term=",
    "gigaset": f"{_BASE}/lookup/default/gigaset/{USER}?set_first=*&count=16&first=1",
    "htek": f"{_BASE}/lookup/default/htek?xivo_user_uuid={USER}&term=",
    "polycom": f"{_BASE}/input/default/polycom?xivo_user_uuid={USER}",
    "technicolor": f"{_BASE}/lookup/default/thomson?xivo_user_uuid={USER}&term=%23SEARCH",
    "yealink": f"{_BASE}/lookup/default/yealink?xivo_user_uuid={USER}&term=mar",
    "yealink's newer": f"/0.1/yealink/directories/lookup/default?xivo_user_uuid={USER}&term=mar",
}


async def answered(phone: AsyncClient, url: str) -> ElementTree.Element:
    answer = await phone.get(url)
    assert answer.status_code == 200, (url, answer.text)
    return ElementTree.fromstring(answer.content)


@pytest.mark.parametrize("url", OF_XIVO.values(), ids=OF_XIVO)
async def test_urls_that_xivos_plugins_write_are_answered(
    phone: AsyncClient, user: Callable[..., Awaitable[UUID]], url: str
) -> None:
    await user(uuid=USER)
    await answered(phone, f"http://10.20.0.1:9498{url}")


async def test_urls_that_our_plugins_write_lead_to_the_contacts(
    phone: AsyncClient, user: Callable[..., Awaitable[UUID]], directory: WrittenDirectory
) -> None:
    await user(uuid=USER)
    directory.contacts = [{"name": "Martin", "phone": "1001"}]
    urls = written()
    vendors = set()
    for url in urls:
        path = urlsplit(url).path
        if "/grandstream/" in path:
            url += "/phonebook.xml"
        typed = url.replace("#SEARCH", "mart")
        screen = await answered(phone, typed)
        if "/input/" in path:
            # A form's address, as an attribute or as an element.
            form = screen.find("body/form")
            address = form.get("action", "") if form is not None else _address_in(screen)
            given = {"xivo_user_uuid": str(USER), "term": "mart"}
            answer = await phone.get(address.partition("?")[0], params=given)
            assert answer.status_code == 200
            screen = ElementTree.fromstring(answer.content)
        assert any("1001" in text for text in screen.itertext()) or any(
            "1001" in link.get("href", "") for link in screen.iter("a")
        ), url
        vendors.add(path.split("/")[5])
    assert vendors == {
        "aastra", "cisco", "fanvil-v2", "gigaset", "grandstream", "polycom", "snom", "yealink",
    }  # fmt: skip


def _address_in(screen: ElementTree.Element) -> str:
    return str(screen.findtext("URL"))
