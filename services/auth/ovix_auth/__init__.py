"""Tokens, accounts and back ends (port 9497)."""
