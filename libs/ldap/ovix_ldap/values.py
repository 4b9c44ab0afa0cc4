"""Values as parts of a text: whatever they hold, the text keeps its form."""


def dn_value(value: str) -> str:
    """A value for a distinguished name (RFC 4514, 2.4): all but letters and digits as hex pairs."""
    return _escaped(value)


def filter_value(value: str) -> str:
    """A value for the text of a filter (RFC 4515, 3), in the same way."""
    return _escaped(value)


def _escaped(value: str) -> str:
    return "".join(
        character
        if character.isascii() and character.isalnum()
        else "".join(f"\\{byte:02x}" for byte in character.encode(errors="replace"))
        for character in value
    )
