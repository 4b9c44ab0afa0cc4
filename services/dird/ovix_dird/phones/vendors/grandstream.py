"""Grandstream's phonebook file, which GXP, GRP, GXV and WP phones fetch now and then and keep.

Source: Grandstream, "XML Based Downloadable Phonebook Guide". The phone asks for ``phonebook.xml``
below the address that it was given. It keeps the last good file: no message may take its place.
"""

from xml.etree.ElementTree import Element

from ..markup import document, element
from ..screens import Entry, Results, Vendor

MOST_CONTACTS = 1000


def _contact(entry: Entry) -> Element:
    first, _, rest = entry.name.partition(" ")
    phone = element(
        "Phone",
        None,
        element("phonenumber", entry.number),
        element("accountindex", "0"),
        type="Work",
    )
    return element("Contact", None, element("FirstName", first), element("LastName", rest), phone)


def _results(page: Results) -> bytes:
    return document(element("AddressBook", None, *map(_contact, page.entries)))


GRANDSTREAM = Vendor("grandstream", _results, None, page_size=MOST_CONTACTS, linked=False)
