"""``phonebook``: contacts that are shared (type ``dird_phonebook`` of XiVO's files)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar
from uuid import UUID

from ovix_schema import Phonebook
from ovix_web.bodies import Id, text
from pydantic import model_validator
from sqlalchemy import select

from ..backend import Contact, Remembering, Resources, SourceFailed, SourceSettings, Viewer
from .stored_contacts import StoredContacts


class PhonebookSettings(SourceSettings):
    """Which phonebook: by uuid (2026.08), by id, or by tenant and name (16.16).

    Contacts are known by their ``id``, whatever ``unique_column`` says.
    """

    remembering: ClassVar[Remembering | None] = Remembering(by_user=False)

    phonebook_uuid: UUID | None = None
    phonebook_id: Id | None = None
    tenant: Annotated[str, text(255)] | None = None
    phonebook_name: Annotated[str, text(255)] | None = None

    @model_validator(mode="after")
    def _names_one(self) -> "PhonebookSettings":
        if (self.phonebook_uuid or self.phonebook_id or self.phonebook_name) is None:
            raise ValueError("phonebook_uuid, phonebook_id or phonebook_name is needed")
        return self


class PhonebookBackend:
    """Phonebooks lie in the database that dird itself uses."""

    settings = PhonebookSettings

    async def open(self, settings: PhonebookSettings, resources: Resources) -> "PhonebookSource":
        """Find the phonebook; raises `SourceFailed` where there is none."""
        wanted = select(Phonebook.id)
        if settings.phonebook_uuid is not None:
            wanted = wanted.where(Phonebook.uuid == settings.phonebook_uuid)
        elif settings.phonebook_id is not None:
            wanted = wanted.where(Phonebook.id == settings.phonebook_id)
        else:
            wanted = wanted.where(Phonebook.name == settings.phonebook_name)
        if settings.tenant is not None:
            wanted = wanted.where(Phonebook.tenant == settings.tenant)
        async with resources.sessions() as session:
            found = (await session.scalars(wanted.limit(2))).all()
        if len(found) != 1:
            problem = "several phonebooks are so named" if found else "there is no such phonebook"
            raise SourceFailed(problem)
        contacts = StoredContacts(
            resources.statements,
            "phonebook_contacts",
            "phonebook_id",
            settings,
            resources.results_max,
        )
        return PhonebookSource(contacts, found[0])


class PhonebookSource:
    """One phonebook."""

    def __init__(self, contacts: StoredContacts, phonebook_id: int) -> None:
        self._contacts, self._phonebook_id = contacts, phonebook_id

    async def search(self, term: str, viewer: Viewer) -> Sequence[Contact]:
        """Its contacts that match."""
        return await self._contacts.search(term, self._phonebook_id, viewer)

    async def first_match(self, number: str, viewer: Viewer) -> Contact | None:
        """Its contact with this number."""
        return (await self.first_matches([number], viewer)).get(number)

    async def first_matches(self, numbers: Sequence[str], viewer: Viewer) -> Mapping[str, Contact]:
        """Its contacts with these numbers."""
        return await self._contacts.first_matches(numbers, self._phonebook_id, viewer)

    async def contacts(self, entry_ids: Sequence[str], viewer: Viewer) -> Sequence[Contact]:
        """Its contacts of these ids."""
        return await self._contacts.contacts(entry_ids, self._phonebook_id)

    async def close(self) -> None:
        """Nothing to close."""
