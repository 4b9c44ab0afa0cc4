"""Settings that belong to one service."""

import pytest
from ovix_web import ServiceSettings, own


class Telephone(ServiceSettings):
    """Settings of a service of the tests."""

    port: int = own("telephone", "port", 1234, ge=0)


def test_a_service_reads_its_own_variable_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "port"):
        monkeypatch.setenv(name, "80")
        assert Telephone().port == 1234, name
        monkeypatch.delenv(name)
    monkeypatch.setenv("OVIX_TELEPHONE_PORT", "4321")
    assert Telephone().port == 4321


def test_code_gives_a_setting_by_its_plain_name() -> None:
    assert Telephone(port=99).port == 99
