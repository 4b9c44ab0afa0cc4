"""Options of endpoints: pairs of a name and a value."""

from typing import Annotated

from pydantic import Field

from ...kit import Text

Option = Annotated[list[Text], Field(min_length=2, max_length=2)]
"""``[name, value]``."""
