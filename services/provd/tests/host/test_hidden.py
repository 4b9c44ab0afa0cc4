"""Secrets of configurations stay out of what is logged and told."""

from ovix_provd.host.inside.hidden import INSTEAD, hidden, remember


def test_values_of_secrets_names_are_hidden_however_deep_they_lie() -> None:
    remember(
        {
            "admin_password": "adm1n",
            "sip_lines": {"1": {"username": "zoe", "password": "p4ssw0rd"}},
            "XX_secrets": [{"any": "n0thing"}],
        }
    )
    told = "zoe, adm1n: no attribute 'p4ssw0rd'"
    assert hidden(told) == f"zoe, {INSTEAD}: no attribute '{INSTEAD}'"


def test_a_short_secret_leaves_messages_readable() -> None:
    remember({"admin_password": "1"})
    assert hidden("line 1 of 11") == "line 1 of 11"


def test_a_secret_that_holds_another_is_hidden_whole() -> None:
    remember({"password": "abcd", "user_password": "abcdefgh"})
    assert hidden("abcdefgh") == INSTEAD
