"""The rows of provd's acceptance scenarios, and which tests name them.

The letters are those of reference/provd/acceptance.md: first contact, DHCP, getting a line,
templates, plugins, REST, configs, addresses, HTTP and TFTP, synchronizing.
"""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
LAST = {"A": 14, "B": 5, "C": 9, "D": 9, "E": 21, "F": 16, "G": 7, "H": 7, "I": 21, "J": 7}
ROWS = tuple(f"{letter}{number}" for letter, last in LAST.items() for number in range(1, last + 1))
PLACES = (
    "services/provd/tests/**/test_*.py",
    "libs/tftp/tests/test_*.py",
    "services/agid/tests/test_provisioning.py",
    "services/confd/tests/test_phone_configurations.py",
    "tests/e2e/test_provisioning.py",
)
_IN_NAME = re.compile(r"(?<=_)[a-j]\d{1,2}(?=_)")
_IN_TEXT = re.compile(r"\b[A-J]\d{1,2}\b")


@cache
def written() -> tuple[tuple[str, str], ...]:
    """Name and docstring of each test that may name rows."""
    return tuple(
        (node.name, ast.get_docstring(node) or "")
        for place in PLACES
        for path in sorted(ROOT.glob(place))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    )


def named(name: str, docstring: str = "") -> set[str]:
    """The rows that a test names: ``test_a1_…``, or `A1` in its docstring."""
    found = {each.upper() for each in _IN_NAME.findall(name)} | set(_IN_TEXT.findall(docstring))
    return found & set(ROWS)
