"""``personal``: the contacts that each user keeps for themselves."""

from collections.abc import Mapping, Sequence
from typing import ClassVar
from uuid import UUID

from ..backend import Contact, Remembering, Resources, SourceSettings, Viewer
from .stored_contacts import StoredContacts


class PersonalSettings(SourceSettings):
    """Contacts are known by their ``id``, whatever ``unique_column`` says."""

    remembering: ClassVar[Remembering | None] = Remembering()


class PersonalBackend:
    """Personal contacts lie in the database that dird itself uses."""

    settings = PersonalSettings

    async def open(self, settings: PersonalSettings, resources: Resources) -> "PersonalSource":
        """Nothing to open."""
        return PersonalSource(
            StoredContacts(
                resources.statements,
                "personal_contacts",
                "user_uuid",
                settings,
                resources.results_max,
            )
        )


class PersonalSource:
    """Finds nothing for who is no user."""

    def __init__(self, contacts: StoredContacts) -> None:
        self._contacts = contacts

    async def search(self, term: str, viewer: Viewer) -> Sequence[Contact]:
        """The viewer's own contacts that match."""
        if viewer.user_uuid is None:
            return []
        return await self._contacts.search(term, UUID(viewer.user_uuid), viewer)

    async def first_match(self, number: str, viewer: Viewer) -> Contact | None:
        """The viewer's own contact with this number."""
        return (await self.first_matches([number], viewer)).get(number)

    async def first_matches(self, numbers: Sequence[str], viewer: Viewer) -> Mapping[str, Contact]:
        """The viewer's own contacts with these numbers."""
        if viewer.user_uuid is None:
            return {}
        return await self._contacts.first_matches(numbers, UUID(viewer.user_uuid), viewer)

    async def contacts(self, entry_ids: Sequence[str], viewer: Viewer) -> Sequence[Contact]:
        """The viewer's own contacts of these ids."""
        if viewer.user_uuid is None:
            return []
        return await self._contacts.contacts(entry_ids, UUID(viewer.user_uuid))

    async def close(self) -> None:
        """Nothing to close."""
