"""What each vendor's phones are sent: well-formed whatever names hold, and built as they expect."""

from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ovix_dird.phones.labels import LANGUAGES
from ovix_dird.phones.markup import readable
from ovix_dird.phones.screens import Entry, Link, Menu, Notice, Results, Search, Vendor
from ovix_dird.phones.vendors import VENDORS, vendor_of

ENGLISH = LANGUAGES["en"]
ADDRESS = "http://10.20.0.1:9498/0.1/directories/lookup/default/any"
LINK = Link(ADDRESS, {"xivo_user_uuid": "0b30a2a6-7d4c-4f3e-9e47-0b86c44d28e4"})
HOSTILE = (
    "<&\"'",
    "]]>",
    "</Name><Telephone>666</Telephone>",
    "<!DOCTYPE x [<!ENTITY e 'x'>]>&e;",
    "Zoé 🦊👩‍👩‍👧",
    "مرحبا بالعالم",
    "שלום",
    "a\x00b\x01c\x0bd\x1be\x7ff\x85g\ufffeh\uffffi\ud800j",
    "a\r\nb\tc",
    "%s{name}%20+",
)
texts = st.text(st.characters()) | st.sampled_from(HOSTILE)
numbers = st.text("0123456789*#+", min_size=1, max_size=20)
entries = st.builds(Entry, texts, numbers)
pages = st.builds(
    Results,
    entries=st.lists(entries, max_size=20).map(tuple),
    offset=st.integers(0, 1000),
    total=st.integers(0, 2000),
    previous=st.none() | texts.map(lambda term: LINK.having(term=_sendable(term))),
    next=st.none() | texts.map(lambda term: LINK.having(term=_sendable(term))),
    labels=st.sampled_from(list(LANGUAGES.values())),
)
every_vendor = pytest.mark.parametrize("vendor", VENDORS.values(), ids=lambda vendor: vendor.name)


def _sendable(term: str) -> str:
    return term.encode("utf-8", "replace").decode()


def strictly(document: bytes) -> Any:
    """The document, by a parser that forgives nothing."""
    return ElementTree.fromstring(document)


def page(*entries: Entry, **given: Any) -> Results:
    return Results(
        **{
            "entries": entries,
            "offset": 0,
            "total": len(entries),
            "previous": None,
            "next": None,
            "labels": ENGLISH,
            **given,
        }
    )


def of(vendor: str, *entries: Entry, **given: Any) -> Any:
    return strictly(VENDORS[vendor].results(page(*entries, **given)))


def text_of(root: Any, *path: str) -> list[str]:
    return [found.text or "" for found in root.iterfind("/".join(path))]


BETWEEN = {
    "offset": 16,
    "total": 40,
    "previous": LINK.having(term="a", limit=16, offset=0),
    "next": LINK.having(term="a", limit=16, offset=32),
}
ALICE, BOB = Entry("Alice Legros", "1001"), Entry("Bob & <Co>", "0033123456789")


@every_vendor
@settings(deadline=None)
@given(shown=pages)
def test_every_page_is_well_formed_and_shows_every_name_and_number(
    vendor: Vendor, shown: Results
) -> None:
    root = strictly(vendor.results(shown))
    written = " ".join(
        [*root.itertext(), *(value for node in root.iter() for value in node.attrib.values())]
    )
    for entry in shown.entries:
        assert set(readable(entry.name).split()) <= set(written.split())
        assert entry.number in written or "%23" in written


@every_vendor
@settings(deadline=None)
@given(text=texts)
def test_every_screen_and_notice_is_well_formed(vendor: Vendor, text: str) -> None:
    link = LINK.having(term=_sendable(text))
    if vendor.notice:
        root = strictly(vendor.notice(Notice(text, ENGLISH)))
        assert set(readable(text).split()) <= set(" ".join(root.itertext()).split())
    if vendor.search:
        strictly(vendor.search(Search(link, ENGLISH)))
    if vendor.menu:
        strictly(vendor.menu(Menu(link, ENGLISH)))


@every_vendor
def test_documents_are_utf_8_and_say_so(vendor: Vendor) -> None:
    document = vendor.results(page(Entry("Élodie", "1001")))
    assert "Élodie" in document.decode()
    if vendor.name != "polycom":
        assert document.startswith(b'<?xml version="1.0" encoding="UTF-8" ?>')


@every_vendor
def test_who_finds_nobody_is_told_once(vendor: Vendor) -> None:
    root = strictly(vendor.results(page()))
    said = [text for text in root.itertext() if text == "No entries"]
    if vendor.name == "snom-menu":
        said = [item.get("name") for item in root.iterfind("MenuItem")]
    # Gigaset's bases say it themselves; Grandstream's phones would keep it as somebody's name.
    assert len(said) == (0 if vendor.name in ("gigaset", "grandstream") else 1)


@pytest.mark.parametrize("vendor", ["aastra", "mitel"])
def test_aastra_and_mitel_get_a_text_menu_that_dials(vendor: str) -> None:
    root = of(vendor, ALICE, BOB, **BETWEEN)
    assert root.tag == "AastraIPPhoneTextMenu"
    assert dict(root.attrib) == {"style": "none", "destroyOnExit": "yes"}
    assert text_of(root, "MenuItem", "Prompt") == [
        "Previous Page", "Alice Legros", "Bob & <Co>", "Next Page",
    ]  # fmt: skip
    uris = text_of(root, "MenuItem", "URI")
    assert uris[1:3] == ["Dial:1001", "Dial:0033123456789"]
    assert uris[3].endswith("&term=a&limit=16&offset=32")


def test_aastras_search_names_its_parameter() -> None:
    search = VENDORS["aastra"].search
    assert search
    root = strictly(search(Search(LINK, ENGLISH)))
    assert root.tag == "AastraIPPhoneInputScreen"
    assert dict(root.attrib) == {"type": "string", "editable": "yes"}
    assert [node.tag for node in root] == ["Title", "Prompt", "URL", "Parameter"]
    assert root.findtext("URL") == str(LINK)
    assert root.findtext("Parameter") == "term"


def test_cisco_gets_keys_only_when_there_are_pages() -> None:
    assert of("cisco", ALICE).find("SoftKeyItem") is None
    root = of("cisco", ALICE, **BETWEEN)
    assert root.tag == "CiscoIPPhoneDirectory"
    assert [
        (key.findtext("Name"), key.findtext("Position")) for key in root.iterfind("SoftKeyItem")
    ] == [("Dial", "1"), ("PrevPage", "2"), ("Exit", "3"), ("NextPage", "4")]
    assert text_of(root, "DirectoryEntry", "Telephone") == ["1001"]
    assert root.find("SoftKeyItem").findtext("URL") == "SoftKey:Dial"


def test_ciscos_menu_leads_to_its_search() -> None:
    cisco = VENDORS["cisco"]
    assert cisco.menu
    assert cisco.search
    menu = strictly(cisco.menu(Menu(LINK, ENGLISH)))
    assert (menu.tag, menu.findtext("MenuItem/URL")) == ("CiscoIPPhoneMenu", str(LINK))
    search = strictly(cisco.search(Search(LINK, ENGLISH)))
    assert [node.tag for node in search] == ["Title", "Prompt", "URL", "InputItem"]
    item = {node.tag: node.text or "" for node in search.find("InputItem")}
    assert item == {
        "DisplayName": "Name or number:",
        "QueryStringParam": "term",
        "DefaultValue": "",
        "InputFlags": "A",
    }


def test_polycom_gets_a_list_of_links_in_html() -> None:
    root = of("polycom", ALICE, BOB, **BETWEEN)
    links = [(link.text, link.get("href")) for link in root.iterfind("body/ol/li/a")]
    assert links[1:3] == [
        ("Alice Legros", "tel://1001"),
        ("Bob & <Co>", "tel://0033123456789"),
    ]
    assert links[0][0] == "[Previous Page]"
    assert links[-1] == ("[Next Page]", str(BETWEEN["next"]))


def test_polycoms_form_sends_the_user_and_the_term() -> None:
    search = VENDORS["polycom"].search
    assert search
    form = strictly(search(Search(LINK, ENGLISH))).find("body/form")
    assert (form.get("method"), form.get("action")) == ("GET", ADDRESS)
    fields = {
        field.get("name"): (field.get("type"), field.get("value"))
        for field in form.iter("input")
        if field.get("name")
    }
    assert fields == {
        "term": ("text", None),
        "xivo_user_uuid": ("hidden", "0b30a2a6-7d4c-4f3e-9e47-0b86c44d28e4"),
    }


def test_snom_gets_a_directory_with_keys_for_pages() -> None:
    root = of("snom", ALICE, **BETWEEN)
    assert root.tag == "SnomIPPhoneDirectory"
    assert text_of(root, "DirectoryEntry", "Name") == ["Alice Legros"]
    keys = [(key.findtext("Label"), key.findtext("Name")) for key in root.iterfind("SoftKeyItem")]
    assert keys == [("PrevPage", "F2"), ("NextPage", "F4")]


def test_snoms_newer_firmware_gets_a_menu_that_dials() -> None:
    root = of("snom-menu", ALICE, Entry("Code", "*10#"))
    assert root.tag == "SnomIPPhoneMenu"
    first, second = root.iterfind("MenuItem")
    assert (first.get("name"), first.findtext("ExtraText")) == ("Alice Legros", "1001")
    assert first.findtext("Url") == "snom://mb_nop#numberdial=1001"
    assert second.findtext("Url") == "snom://mb_nop#numberdial=*10%23"
    search = VENDORS["snom-menu"].search
    assert search
    url = strictly(search(Search(LINK, ENGLISH))).findtext("Url")
    assert url.endswith("&term=__X__")


@pytest.mark.parametrize(
    ("firmware", "form"),
    [
        ("Mozilla/4.0 (compatible; snom360-SIP 8.7.5.35 1.1.3-IFX)", "snom"),
        ("Mozilla/4.0 (compatible; snom821-SIP 8.9.3.80 1.1.4-IFX)", "snom"),
        ("Mozilla/4.0 (compatible; snomD765-SIP 10.1.64.14 2010.12-00004)", "snom-menu"),
        ("snomM700/05.10", "snom"),
    ],
)
def test_the_form_for_snom_follows_the_firmware(firmware: str, form: str) -> None:
    found = vendor_of(firmware)
    assert found is not None
    assert found.name == form


@pytest.mark.parametrize(
    ("vendor", "root", "numbers"),
    [
        ("thomson", "ThomsonPhoneBook", ["Dial:1001", "Dial:0033123456789"]),
        ("yealink", "YealinkIPPhoneDirectory", ["1001", "0033123456789"]),
        ("htek", "PhoneDirectory", ["1001", "0033123456789"]),
        ("fanvil-v2", "PhoneBook", ["1001", "0033123456789"]),
    ],
)
def test_plain_lists_have_an_entry_per_number_and_no_links(
    vendor: str, root: str, numbers: list[str]
) -> None:
    found = of(vendor, ALICE, BOB, **BETWEEN)
    assert found.tag == root
    assert {node.tag for node in found} == {"DirectoryEntry"}
    assert text_of(found, "DirectoryEntry", "Name") == ["Alice Legros", "Bob & <Co>"]
    assert text_of(found, "DirectoryEntry", "Telephone") == numbers


def test_fanvils_newer_series_get_all_their_fields() -> None:
    entry = {node.tag: node.text or "" for node in of("fanvil-v2", ALICE).find("DirectoryEntry")}
    assert entry == {
        "Name": "Alice Legros",
        "Telephone": "1001",
        "Mobile": "",
        "Other": "",
        "Ring": "Default",
        "Group": "",
    }


def test_fanvils_older_series_get_a_directory_with_keys() -> None:
    root = of("fanvil", ALICE, **BETWEEN)
    assert root.tag == "FanvilIPPhoneDirectory"
    assert text_of(root, "MenuItem", "URI") == ["1001"]
    assert text_of(root, "SoftKey", "Name") == ["Dial", "PrevPage", "Exit", "NextPage"]
    assert of("fanvil", ALICE).find("SoftKey") is None
    search = VENDORS["fanvil"].search
    assert search
    field = strictly(search(Search(LINK, ENGLISH))).find("InputField")
    assert [node.tag for node in field] == ["Prompt", "Parameter", "Default"]


def test_gigaset_is_told_where_in_the_whole_it_is() -> None:
    entries = [Entry(f"Marie Dupont {number}", f"10{number}") for number in range(10)]
    root = of("gigaset", *entries, offset=10, total=32, next=LINK)
    assert root.tag == "list"
    assert dict(root.attrib) == {
        "response": "get_list", "type": "pr", "total": "32", "first": "11", "last": "20",
    }  # fmt: skip
    first = root.find("entry")
    assert (first.get("id"), first.findtext("fn"), first.findtext("ln"), first.findtext("hm")) == (
        "100", "Marie", "Dupont 0", "100",
    )  # fmt: skip


def test_gigasets_last_page_ends_with_the_total() -> None:
    root = of("gigaset", Entry("Cher", "12"), offset=20, total=21)
    assert (root.get("first"), root.get("last")) == ("21", "21")
    assert (root.findtext("entry/fn"), root.findtext("entry/ln")) == ("Cher", "")


def test_grandstream_gets_a_phonebook_of_contacts() -> None:
    root = of("grandstream", ALICE, Entry("Cher", "12"))
    assert root.tag == "AddressBook"
    assert text_of(root, "Contact", "FirstName") == ["Alice", "Cher"]
    assert text_of(root, "Contact", "LastName") == ["Legros", ""]
    assert text_of(root, "Contact", "Phone", "phonenumber") == ["1001", "12"]
    assert len(of("grandstream")) == 0


@pytest.mark.parametrize(
    ("user_agent", "vendor"),
    [
        ("Aastra6757i MAC:00-08-5D-19-E4-01 V:2.6.0.2019-SIP", "aastra"),
        ("Mitel6930 MAC:00-08-5D-19-E4-01 V:6.0", "mitel"),
        ("Cisco-CP-7960G", "cisco"),
        ("Allegro-Software-WebClient/4.34", "cisco"),
        ("FileTransport PolycomSoundPointIP-SPIP_335-UA/4.0.4", "polycom"),
        ("THOMSON ST2022 hw5 fw2.68 00-18-F6-B5-1A-4E", "thomson"),
        ("yealink SIP-T21P 34.72.0.20", "yealink"),
        ("Grandstream Model HW GXP2160 SW 1.0.9.26", "grandstream"),
        ("curl/7", None),
        ("", None),
    ],
)
def test_the_vendor_is_known_by_the_user_agent(user_agent: str, vendor: str | None) -> None:
    found = vendor_of(user_agent)
    assert (found.name if found else None) == vendor
