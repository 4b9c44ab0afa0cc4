"""Every setting is in the operators' list."""

from pathlib import Path

import pytest
from ovix_auth.settings import AuthSettings

LIST = Path(__file__).parents[3] / "docs" / "operators" / "settings.md"


def _variable(name: str) -> str:
    alias = AuthSettings.model_fields[name].validation_alias
    if name in ("host", "port"):
        return f"OVIX_<SERVICE>_{name.upper()}"
    return alias if isinstance(alias, str) else f"OVIX_{name.upper()}"


@pytest.mark.parametrize("name", AuthSettings.model_fields)
def test_a_setting_is_documented(name: str) -> None:
    assert f"`{_variable(name)}`" in LIST.read_text()
