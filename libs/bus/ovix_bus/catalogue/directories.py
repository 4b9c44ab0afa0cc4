"""Directories: what users mark as their favorites.

Source: reference/dird.md, A12.
"""

from uuid import UUID

from pydantic import Field

from ..event import EventType
from ..shapes import UserResource


class FavoriteContact(UserResource):
    """A contact of a directory, and the user whose favorite it is."""

    xivo_uuid: UUID = Field(description="The installation.")
    source: str = Field(description="The name of the source.")
    source_entry_id: str = Field(description="The contact's id in the source.")


favorite_added = EventType(
    "favorite_added",
    "directory.{user_uuid}.favorite.created",
    FavoriteContact,
    "A user marked a contact as a favorite.",
)
favorite_deleted = EventType(
    "favorite_deleted",
    "directory.{user_uuid}.favorite.deleted",
    FavoriteContact,
    "A contact is no longer a user's favorite.",
)
