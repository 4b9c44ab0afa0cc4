"""How a URL names a row: by integer id, by uuid, by either, or by a text."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ovix_web.bodies import INT32_MAX


@dataclass(frozen=True)
class Key:
    """The columns that a URL may name a row by."""

    id: Any = None
    uuid: Any = None
    text: Any = None

    @property
    def convertor(self) -> str:
        """The path convertor; what it does not take is an unknown URL, hence 404."""
        if self.text is not None:
            return "str"
        if self.uuid is None:
            return "int"
        return "id_or_uuid" if self.id is not None else "uuid"

    @property
    def column(self) -> Any:
        """The column of what names the row in its own URL."""
        return next(each for each in (self.text, self.id, self.uuid) if each is not None)

    def named(self, given: object) -> tuple[Any, object] | None:
        """The column and the value to look for; None for an id that no row can have."""
        if self.text is not None:
            return (self.text, given) if "\0" not in str(given) else None
        if isinstance(given, UUID):
            return self.uuid, given
        number = str(given)
        if self.uuid is not None and not number.isdecimal():
            return self.uuid, UUID(number)
        return (self.id, int(number)) if len(number) < 12 and int(number) <= INT32_MAX else None

    def of(self, row: object) -> Any:
        """The value that names the row in its own URL."""
        return getattr(row, self.column.key)
