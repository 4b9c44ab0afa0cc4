"""Pages show the project's own code, and show it as it is."""

import re
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"`([\w/]+\.py)`")


@pytest.mark.parametrize("page", ["adding-a-resource.md"])
def test_code_is_that_of_the_file_named_before_it(page: str) -> None:
    text = (ROOT / "docs" / page).read_text()
    blocks = list(_BLOCK.finditer(text))
    assert blocks
    for block in blocks:
        file = ROOT / _FILE.findall(text[: block.start()])[-1]
        lines = "\n".join(line.strip() for line in file.read_text().splitlines())
        shown = "\n".join(line.strip() for line in dedent(block[1]).splitlines())
        assert shown in lines, f"{file} has not: {block[1]}"
