"""Which test files may need an engine: a run of the engines' tests alone does not read the others.

Reading all of them takes every worker longer than many a test.
"""

import re
from functools import cache
from pathlib import Path

import pytest

ONLY_ENGINES = "rabbitmq or asterisk"
"""The expression of ``-m`` that `make test` runs the engines' tests with."""
_MARK = re.compile(rb"\bmark\.(?:rabbitmq|asterisk)\b")


@cache
def names_an_engine(file: Path) -> bool:
    """Whether a file, or the conftest.py of its folder, marks anything as needing one."""
    beside = file.with_name("conftest.py")
    return any(_MARK.search(each.read_bytes()) for each in (file, beside) if each.exists())


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Pass over what has no such test, where only such tests are asked for."""
    if config.option.markexpr != ONLY_ENGINES or not collection_path.name.startswith("test_"):
        return None
    return None if names_an_engine(collection_path) else True


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a marked test that a run of the engines' tests would not find."""
    for item in items:
        marked = any(item.get_closest_marker(name) for name in ("rabbitmq", "asterisk"))
        if marked and not names_an_engine(item.path):
            raise pytest.UsageError(
                f"{item.nodeid} needs an engine: mark it in its file, or in conftest.py beside it"
            )
