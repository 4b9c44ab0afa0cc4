"""Passwords: their rules, their change, and their reset by e-mail."""
