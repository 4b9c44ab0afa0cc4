"""Options of endpoints: pairs of a name and a value, some of which a channel driver knows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import func, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB

from ...kit import Text

Option = Annotated[list[Text], Field(min_length=2, max_length=2)]
"""``[name, value]``."""
Kind = Callable[[str], str]
"""Gives the stored spelling of a value, or raises ValueError."""

TRUE = frozenset({"1", "y", "yes", "t", "true", "on"})
FALSE = frozenset({"0", "n", "no", "f", "false", "off"})


def yes_or_no(value: str) -> str:
    """Many spellings, stored as one of two."""
    given = value.lower()
    if given in TRUE:
        return "yes"
    if given in FALSE:
        return "no"
    raise ValueError("must be yes or no")


def integer(value: str) -> str:
    """A whole number."""
    if not (value.isascii() and value.lstrip("-").isdecimal() and len(value) <= 10):
        raise ValueError("must be an integer")
    return value


def one_of(*choices: str) -> Kind:
    """One of these words."""

    def kind(value: str) -> str:
        if value not in choices:
            raise ValueError(f"must be one of ({', '.join(choices)})")
        return value

    return kind


def some_of(*choices: str) -> Kind:
    """These words, separated by commas."""

    def kind(value: str) -> str:
        if not set(value.split(",")) <= set(choices):
            raise ValueError(f"must be a list of ({', '.join(choices)})")
        return value

    return kind


def up_to(max_length: int | None) -> Kind:
    """Any text of at most that length."""

    def kind(value: str) -> str:
        if max_length is not None and len(value) > max_length:
            raise ValueError(f"must have a maximum length of {max_length}")
        return value

    return kind


@dataclass(frozen=True)
class NativeOptions:
    """The options that a channel driver had a column for; one of another name is kept as it is."""

    kinds: Mapping[str, Kind]
    own_fields: frozenset[str]
    """What has a field of its own, or follows from what the endpoint is linked to."""
    defaults: Mapping[str, str]
    """What an endpoint shows without having been told."""

    def sorted_out(self, pairs: list[list[str]]) -> tuple[dict[str, str], list[list[str]]]:
        """The native options, the last of a name winning, and the extra ones in order.

        Raises ValueError naming the option that can't be taken. An empty native value unsets it.
        """
        native: dict[str, str] = {}
        extra: list[list[str]] = []
        for given, value in pairs:
            # Asterisk's files have no place for outer blanks, and IAX's driver looks at no case.
            name = given.strip()
            if name.lower() in self.own_fields:
                raise ValueError(f"'{name}' is no option: it follows from another field")
            kind = self.kinds.get(name)
            if kind is None:
                extra.append([name, value])
            elif value == "":
                native[name] = ""
            else:
                try:
                    native[name] = kind(value)
                except ValueError as error:
                    raise ValueError(f"option '{name}' {error}") from error
        return native, extra

    def accepted(self, pairs: list[list[str]]) -> list[list[str]]:
        """The pairs as they are, if all can be taken."""
        self.sorted_out(pairs)
        return pairs

    def shown(self, model: Any) -> Any:
        """The expression of the pairs: native ones that have a value, then the extra in order."""
        defaults = ", ".join(f'"{name}": "{value}"' for name, value in self.defaults.items())
        known: Any = literal_column(f"'{{{defaults}}}'::jsonb", JSONB)
        each = func.jsonb_each_text(known.concat(model.native_options)).table_valued("key", "value")
        native = (
            select(func.jsonb_agg(func.jsonb_build_array(each.c.key, each.c.value), type_=JSONB))
            .where(each.c.value != literal_column("''"))
            .scalar_subquery()
        )
        return func.coalesce(native, literal_column("'[]'::jsonb"), type_=JSONB).concat(
            model.extra_options
        )
