"""The extension a function key dials and watches (reference/agid.md 3.6).

``fkey(prefix, parts)``: the parts are joined by ``*``, and a ``*`` inside part number i (from 1) is
written ``**i``, so that the lamp of *forward to 1002* of user 123 is ``*735123***221*1002``.
"""

from collections.abc import Sequence

from .patterns import clean_feature_code

MAX_PARTS = 9


class InvalidFunctionKey(ValueError):
    """A text that no function key of ours dials."""


def encode(prefix: str, parts: Sequence[str | int | None]) -> str:
    """The extension of a key; prefix and parts may be patterns, empty parts are left out."""
    texts = [clean_feature_code(str(part)) for part in parts if part is not None]
    kept = [text for text in texts if text]
    if len(kept) > MAX_PARTS:
        raise InvalidFunctionKey(f"more than {MAX_PARTS} parts")
    escaped = [text.replace("*", f"**{number}") for number, text in enumerate(kept, start=1)]
    return clean_feature_code(prefix) + "*".join(escaped)


def decode(text: str) -> tuple[str, ...]:
    """The parts behind the prefix; the inverse of ``encode``."""
    parts: list[str] = [""]
    position = 0
    while position < len(text):
        stars = len(text) - position - len(text[position:].lstrip("*"))
        if not stars:
            parts[-1] += text[position]
            position += 1
            continue
        if stars > 3:
            raise InvalidFunctionKey(f"{stars} stars in a row in '{text}'")
        if stars != 2:  # one star separates; three are a separator and then an escaped star
            parts.append("")
        if stars >= 2:
            if text[position + stars : position + stars + 1] != str(len(parts)):
                raise InvalidFunctionKey(f"'**' of '{text}' does not name part {len(parts)}")
            parts[-1] += "*"
            position += 1
        position += stars
    return tuple(parts)


__all__ = ["MAX_PARTS", "InvalidFunctionKey", "decode", "encode"]
