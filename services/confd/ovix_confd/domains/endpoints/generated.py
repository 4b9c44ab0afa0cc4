"""Names and secrets nobody has to type more than once."""

import secrets
import string

ALPHABET = string.ascii_lowercase + string.digits


def generated() -> str:
    """Eight letters and digits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(8))
